-- add_proposal: a draft.
INSERT INTO proposal (id, project_id, title, text, theme, drafted_by, drafted_on)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- hold_proposals: before they change, always in this order.
SELECT id, project_id, version, state, title FROM proposal WHERE id = ANY ($1::uuid[])
ORDER BY id FOR UPDATE;

-- hold_drafts: all of a project, in the same order.
SELECT FROM proposal WHERE project_id = $1 AND state = 'draft' ORDER BY id FOR UPDATE;

-- write_proposal: what a draft says now.
UPDATE proposal SET title = $2, text = $3, theme = $4, version = version + 1 WHERE id = $1;

-- merge_proposal: $1 into $2; both say so with a new version.
WITH merged AS (
    UPDATE proposal SET state = 'merged', merged_into = $2, version = version + 1 WHERE id = $1
)
UPDATE proposal SET version = version + 1 WHERE id = $2;

-- unmerge_proposal: $1 is a draft again; it and the survivor $2 say so with a new version.
WITH separated AS (
    UPDATE proposal SET state = 'draft', merged_into = NULL, version = version + 1 WHERE id = $1
)
UPDATE proposal SET version = version + 1 WHERE id = $2;

-- record_merge: who merged $1 into $3, or undid it; the next number under the proposal's lock.
INSERT INTO proposal_merge (proposal_id, number, merged, survivor_id, decided_by, decided_on)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM proposal_merge WHERE proposal_id = $1;

-- family_of: the project of a proposal, and what it ended in after all merges.
WITH RECURSIVE path AS (
    SELECT id, project_id, merged_into FROM proposal WHERE id = $1
    UNION ALL
    SELECT p.id, p.project_id, p.merged_into FROM path JOIN proposal p ON p.id = path.merged_into
)
SELECT project_id, id AS survivor FROM path WHERE merged_into IS NULL;

-- submit_proposals: every draft of a project, at the version that was listed.
UPDATE proposal SET state = 'submitted' WHERE project_id = $1 AND state = 'draft';

-- linkable: proposals of a project, and what those that were merged ended in.
WITH RECURSIVE path AS (
    SELECT id, id AS reached FROM proposal WHERE id = ANY ($2::uuid[]) AND project_id = $1
    UNION ALL
    SELECT path.id, p.merged_into FROM path JOIN proposal p ON p.id = path.reached
    WHERE p.merged_into IS NOT NULL
)
SELECT p.id, p.state, p.title, s.title AS survivor
FROM proposal p
JOIN path ON path.id = p.id
JOIN proposal s ON s.id = path.reached AND s.merged_into IS NULL;

-- proposals: of projects, with what was merged into each in the end, and how many contributions
-- support all of that, each counted once.
WITH RECURSIVE family AS (
    SELECT id AS survivor, id FROM proposal
    WHERE project_id = ANY ($1::uuid[]) AND merged_into IS NULL
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
WHERE p.project_id = ANY ($1::uuid[])
ORDER BY p.theme NULLS LAST, coalesce(c.support, 0) DESC, p.title, p.id;

-- near_proposals: drafts that look alike by their trigrams, most alike first.
SELECT a.id AS first, b.id AS second, s.similarity
FROM proposal a
JOIN proposal b ON b.project_id = a.project_id AND b.state = 'draft' AND b.id > a.id
CROSS JOIN LATERAL (
    SELECT similarity(left(a.title || ' ' || a.text, 1000), left(b.title || ' ' || b.text, 1000))
        AS similarity
) s
WHERE a.project_id = $1 AND a.state = 'draft' AND s.similarity >= $2
ORDER BY s.similarity DESC, a.id, b.id LIMIT 20;

-- count_marks: contributions that some reading marked, and those without suggestion, which no
-- reading links to a proposal.
SELECT count(DISTINCT r.contribution_id) FILTER (WHERE r.mark = 'personal_case')::int
           AS personal_cases,
       count(DISTINCT r.contribution_id) FILTER (WHERE r.mark = 'no_suggestion' AND NOT EXISTS (
           SELECT FROM reading_link l WHERE l.contribution_id = r.contribution_id))::int
           AS no_suggestion
FROM reading r WHERE r.project_id = $1;

-- supporters: contributions linked to a proposal or to what was merged into it, a page by id.
WITH RECURSIVE family AS (
    SELECT id FROM proposal WHERE id = $1
    UNION ALL
    SELECT p.id FROM family f JOIN proposal p ON p.merged_into = f.id
)
SELECT DISTINCT l.contribution_id AS id FROM reading_link l JOIN family f ON f.id = l.proposal_id
WHERE l.contribution_id > $2 ORDER BY id LIMIT $3;
