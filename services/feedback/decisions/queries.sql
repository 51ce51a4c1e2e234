-- answers: the listed proposals of a project, each with the decision being written or written last,
-- when it was last published, and what became of it. $2: one of them, or all.
SELECT l.proposal_id, l.project_id, l.version AS proposal_version, p.title, p.text, p.theme,
    p.support, coalesce(d.version, 0) AS version, coalesce(d.state, 'awaiting') AS state,
    d.proposal_version AS decided_version, d.outcome, d.reason, d.next_step, d.due_on, d.owner,
    d.drafted_by, d.signed_by_name, d.signed_by_role, d.signed_on,
    (SELECT max(e.published_on) FROM published_decision e WHERE e.proposal_id = l.proposal_id)
        AS published_on,
    coalesce((SELECT jsonb_agg(jsonb_build_object('progress', f.progress, 'note', f.note,
            'on', f.recorded_on) ORDER BY f.number)
        FROM follow_up f WHERE f.proposal_id = l.proposal_id), '[]') AS follow_up
FROM listed_proposal l
JOIN collection c ON c.project_id = l.project_id AND c.state = 'synthesised'
JOIN proposal p ON p.proposal_id = l.proposal_id AND p.version = l.version
LEFT JOIN decision d ON d.proposal_id = l.proposal_id
WHERE l.project_id = $1 AND ($2::uuid IS NULL OR l.proposal_id = $2)
ORDER BY p.support DESC, p.title, p.proposal_id;

-- hold_listed: the listed version of a proposal and who decides; the list cannot change until the
-- transaction ends.
SELECT l.project_id, l.version, p.decision_maker AS name, p.decision_maker_role AS role,
    p.decision_maker_account AS account
FROM listed_proposal l
JOIN collection c ON c.project_id = l.project_id AND c.state = 'synthesised'
JOIN proposal h ON h.proposal_id = l.proposal_id AND h.version = l.version
JOIN project p ON p.project_id = l.project_id
WHERE l.proposal_id = $1 FOR SHARE OF c, p;

-- lock_decision: the answer being written.
SELECT proposal_id, project_id, version, state, proposal_version, outcome, reason, next_step,
    due_on, owner, drafter, drafted_by, drafted_on, signer, signed_by_name, signed_by_role,
    signed_on, signer_account
FROM decision WHERE proposal_id = $1 FOR UPDATE;

-- begin_decision: the first draft; none if somebody else wrote it at the same moment. Its version is
-- later than any that was told of a decision which a restored database does not know. $13 topic
INSERT INTO decision (proposal_id, project_id, version, state, proposal_version, outcome, reason,
    next_step, due_on, owner, drafter, drafted_by, drafted_on)
VALUES ($1, $2,
    greatest($3, (SELECT version + 1 FROM told WHERE topic = $13 AND key = $1::uuid::text)),
    'drafted', $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (proposal_id) DO NOTHING RETURNING 1;

-- save_decision: under its lock.
UPDATE decision SET version = $2, state = $3, proposal_version = $4, outcome = $5, reason = $6,
    next_step = $7, due_on = $8, owner = $9, drafter = $10, drafted_by = $11, drafted_on = $12,
    signer = $13, signed_by_name = $14, signed_by_role = $15, signed_on = $16,
    signer_account = $17
WHERE proposal_id = $1;

-- publish_decisions: all that are signed for the listed versions, in one report. $3 the day
WITH signed AS (
    UPDATE decision d SET state = 'published', version = d.version + 1
    FROM listed_proposal l
    WHERE l.project_id = $1 AND d.proposal_id = l.proposal_id AND d.state = 'signed'
        AND d.proposal_version = l.version
    RETURNING d.*
)
INSERT INTO published_decision (proposal_id, version, project_id, report_version,
    proposal_version, outcome, reason, next_step, due_on, owner, decided_by_name,
    decided_by_role, decided_on, published_on)
SELECT proposal_id, version, project_id, $2, proposal_version, outcome, reason, next_step, due_on,
    owner, signed_by_name, signed_by_role, signed_on, $3
FROM signed RETURNING proposal_id;

-- published_states: what is public of decisions, in force, with follow-up; the version of the
-- decision itself, which grows with each step. $1: these proposals, or all.
SELECT DISTINCT ON (e.proposal_id) e.proposal_id, e.project_id, d.version, e.proposal_version,
    e.outcome, e.reason, e.next_step, e.due_on, e.owner, e.decided_by_name, e.decided_by_role,
    e.decided_on,
    coalesce((SELECT jsonb_agg(jsonb_build_object('progress', f.progress, 'note', f.note,
            'on', f.recorded_on) ORDER BY f.number)
        FROM follow_up f WHERE f.proposal_id = e.proposal_id), '[]') AS follow_up
FROM published_decision e JOIN decision d USING (proposal_id)
WHERE $1::uuid[] IS NULL OR e.proposal_id = ANY ($1)
ORDER BY e.proposal_id, e.version DESC;

-- lock_all_decisions: so that what is republished is not older than what is told meanwhile.
SELECT 1 FROM decision ORDER BY proposal_id FOR NO KEY UPDATE;

-- steps: the published outcome in force and the steps taken since, oldest first.
SELECT (SELECT e.outcome FROM published_decision e
        WHERE e.proposal_id = $1 ORDER BY e.version DESC LIMIT 1) AS outcome,
    ARRAY(SELECT f.progress FROM follow_up f WHERE f.proposal_id = $1 ORDER BY f.number) AS steps;

-- add_follow_up: one dated step.
INSERT INTO follow_up (proposal_id, number, progress, note, recorded_on, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6);

-- touch_decision: a version more, for what is told beside the text.
UPDATE decision SET version = version + 1 WHERE proposal_id = $1;

-- outgrow_decisions: what is told from now on is newer than what was told before the restore. $1 topic
UPDATE decision d SET version = t.version + 1
FROM told t WHERE t.topic = $1 AND t.key = d.proposal_id::text AND d.version < t.version;
