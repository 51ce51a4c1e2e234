-- insert_proposal: a draft.
INSERT INTO proposal (id, project_id, title, text, theme, drafted_by, drafted_on)
VALUES (:id, :project_id, :title, :text, :theme, :drafted_by, :drafted_on);

-- lock_proposals: before they change, always in this order.
SELECT id, project_id, version, state, title FROM proposal WHERE id = ANY (:ids::uuid[])
ORDER BY id FOR UPDATE;

-- lock_drafts: all of a project, in the same order.
SELECT FROM proposal WHERE project_id = :project_id AND state = 'draft' ORDER BY id FOR UPDATE;

-- update_proposal: the text of a draft.
UPDATE proposal SET title = :title, text = :text, theme = :theme, version = version + 1
WHERE id = :id;

-- merge_proposal: both proposals get a new version.
WITH merged AS (
    UPDATE proposal SET state = 'merged', merged_into = :survivor_id, version = version + 1
    WHERE id = :id
)
UPDATE proposal SET version = version + 1 WHERE id = :survivor_id;

-- unmerge_proposal: the proposal is a draft again; it and its survivor get a new version.
WITH separated AS (
    UPDATE proposal SET state = 'draft', merged_into = NULL, version = version + 1 WHERE id = :id
)
UPDATE proposal SET version = version + 1 WHERE id = :survivor_id;

-- insert_proposal_merge: who merged a proposal, or undid it; the next number under the proposal's lock.
INSERT INTO proposal_merge (proposal_id, number, merged, survivor_id, decided_by, decided_on)
SELECT :proposal_id, coalesce(max(number), 0) + 1, :merged, :survivor_id, :decided_by, :decided_on
FROM proposal_merge WHERE proposal_id = :proposal_id;

-- find_family: the project of a proposal, and what it ended in after all merges.
WITH RECURSIVE path AS (
    SELECT id, project_id, merged_into FROM proposal WHERE id = :id
    UNION ALL
    SELECT p.id, p.project_id, p.merged_into FROM path JOIN proposal p ON p.id = path.merged_into
)
SELECT project_id, id AS survivor_id FROM path WHERE merged_into IS NULL;

-- submit_drafts: every draft of a project, at the version that was listed.
UPDATE proposal SET state = 'submitted' WHERE project_id = :project_id AND state = 'draft';

-- list_proposals: of projects, with what was merged into each in the end, and how many contributions
-- support all of that, each counted once.
WITH RECURSIVE family AS (
    SELECT id AS survivor, id FROM proposal
    WHERE project_id = ANY (:project_ids::uuid[]) AND merged_into IS NULL
    UNION ALL
    SELECT f.survivor, p.id FROM family f JOIN proposal p ON p.merged_into = f.id
), counted AS (
    SELECT f.survivor, count(DISTINCT l.contribution_id)::int AS support,
           array_agg(DISTINCT f.id ORDER BY f.id) FILTER (WHERE f.id <> f.survivor) AS merged_ids
    FROM family f LEFT JOIN reading_link l ON l.proposal_id = f.id
    GROUP BY f.survivor
)
SELECT p.id, p.project_id, p.version, p.state, p.title, p.text, p.theme, p.merged_into,
       coalesce(c.support, 0) AS support, coalesce(c.merged_ids, '{}') AS merged_ids,
       p.drafted_by, p.drafted_on
FROM proposal p LEFT JOIN counted c ON c.survivor = p.id
WHERE p.project_id = ANY (:project_ids::uuid[])
ORDER BY p.theme NULLS LAST, coalesce(c.support, 0) DESC, p.title, p.id;

-- list_similar_drafts: pairs of drafts whose trigrams resemble each other, most similar first.
SELECT a.id AS first, b.id AS second, s.similarity
FROM proposal a
JOIN proposal b ON b.project_id = a.project_id AND b.state = 'draft' AND b.id > a.id
CROSS JOIN LATERAL (
    SELECT similarity(left(a.title || ' ' || a.text, 1000), left(b.title || ' ' || b.text, 1000))
        AS similarity
) s
WHERE a.project_id = :project_id AND a.state = 'draft' AND s.similarity >= :least_similarity
ORDER BY s.similarity DESC, a.id, b.id LIMIT 20;

-- count_marks: contributions that a reading marked; those without suggestion count only while no
-- reading links them to a proposal.
SELECT count(DISTINCT r.contribution_id) FILTER (WHERE r.mark = 'personal_case')::int
           AS personal_cases,
       count(DISTINCT r.contribution_id) FILTER (WHERE r.mark = 'no_suggestion' AND NOT EXISTS (
           SELECT FROM reading_link l WHERE l.contribution_id = r.contribution_id))::int
           AS no_suggestion
FROM reading r WHERE r.project_id = :project_id;

-- list_supporting_ids: contributions linked to a proposal or to what was merged into it, by id.
WITH RECURSIVE family AS (
    SELECT id FROM proposal WHERE id = :proposal_id
    UNION ALL
    SELECT p.id FROM family f JOIN proposal p ON p.merged_into = f.id
)
SELECT DISTINCT l.contribution_id AS id FROM reading_link l JOIN family f ON f.id = l.proposal_id
WHERE l.contribution_id > :after_id ORDER BY id LIMIT :page_length;
