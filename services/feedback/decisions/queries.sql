-- list_decisions: the listed proposals of a project, or one of them (`proposal_id`), each with its
-- current decision, the day of the latest publication and the follow-up; most supported first.
SELECT l.proposal_id, l.project_id, l.version AS proposal_version, p.title, p.text, p.theme,
    p.support, coalesce(d.version, 0) AS version, coalesce(d.state, 'awaiting') AS state,
    d.proposal_version AS decided_version, d.outcome, d.reason, d.next_step, d.due_on, d.owner,
    d.drafted_by, d.signed_by_name, d.signed_by_role, d.signed_on,
    (SELECT max(e.published_on) FROM published_decision e WHERE e.proposal_id = l.proposal_id)
        AS published_on,
    coalesce((SELECT f.steps FROM follow_up_steps f WHERE f.proposal_id = l.proposal_id), '[]')
        AS follow_up
FROM listed_proposal l
JOIN collection c ON c.project_id = l.project_id AND c.state = 'synthesised'
JOIN proposal p ON p.proposal_id = l.proposal_id AND p.version = l.version
LEFT JOIN decision d ON d.proposal_id = l.proposal_id
WHERE l.project_id = :project_id AND (:proposal_id::uuid IS NULL OR l.proposal_id = :proposal_id)
ORDER BY p.support DESC, p.title, p.proposal_id;

-- find_listed_proposal: the listed version and the decision maker. FOR SHARE: neither the list nor
-- the mandate changes until the transaction ends.
SELECT l.project_id, l.version, p.decision_maker AS name, p.decision_maker_role AS role,
    p.decision_maker_account AS account
FROM listed_proposal l
JOIN collection c ON c.project_id = l.project_id AND c.state = 'synthesised'
JOIN proposal h ON h.proposal_id = l.proposal_id AND h.version = l.version
JOIN project p ON p.project_id = l.project_id
WHERE l.proposal_id = :proposal_id FOR SHARE OF c, p;

-- lock_decision: the current decision.
SELECT * FROM decision WHERE proposal_id = :proposal_id FOR UPDATE;

-- insert_decision: the first draft; nothing if another one was inserted at the same moment. Its
-- version follows those that were published before this database was restored from a backup.
INSERT INTO decision (proposal_id, project_id, version, state, proposal_version, outcome, reason,
    next_step, due_on, owner, drafter, drafted_by, drafted_on, signer, signed_by_name,
    signed_by_role, signed_on, signer_account)
VALUES (:proposal_id, :project_id,
    greatest(:version::bigint,
        (SELECT version + 1 FROM told WHERE topic = :topic AND key = :proposal_id::uuid::text)),
    :state, :proposal_version, :outcome, :reason, :next_step, :due_on, :owner, :drafter,
    :drafted_by, :drafted_on, :signer, :signed_by_name, :signed_by_role, :signed_on,
    :signer_account)
ON CONFLICT (proposal_id) DO NOTHING RETURNING 1;

-- update_decision: all of it, under its lock.
UPDATE decision SET project_id = :project_id, version = :version, state = :state,
    proposal_version = :proposal_version, outcome = :outcome, reason = :reason,
    next_step = :next_step, due_on = :due_on, owner = :owner, drafter = :drafter,
    drafted_by = :drafted_by, drafted_on = :drafted_on, signer = :signer,
    signed_by_name = :signed_by_name, signed_by_role = :signed_by_role, signed_on = :signed_on,
    signer_account = :signer_account
WHERE proposal_id = :proposal_id;

-- update_decision_version: the next one, as the follow-up is part of the published state.
UPDATE decision SET version = version + 1 WHERE proposal_id = :proposal_id;

-- insert_published_decisions: all that are signed for the listed versions, in one report.
WITH signed AS (
    UPDATE decision d SET state = 'published', version = d.version + 1
    FROM listed_proposal l
    WHERE l.project_id = :project_id AND d.proposal_id = l.proposal_id AND d.state = 'signed'
        AND d.proposal_version = l.version
    RETURNING d.*
)
INSERT INTO published_decision (proposal_id, version, project_id, report_version,
    proposal_version, outcome, reason, next_step, due_on, owner, decided_by_name,
    decided_by_role, decided_on, published_on)
SELECT proposal_id, version, project_id, :report_version, proposal_version, outcome, reason,
    next_step, due_on, owner, signed_by_name, signed_by_role, signed_on, :today
FROM signed RETURNING proposal_id;

-- list_published_decisions: those in force, of some proposals or of all, with their follow-up and
-- the version of the decision, which each step increments.
SELECT DISTINCT ON (e.proposal_id) e.proposal_id, e.project_id, d.version, e.proposal_version,
    e.outcome, e.reason, e.next_step, e.due_on, e.owner, e.decided_by_name, e.decided_by_role,
    e.decided_on,
    coalesce((SELECT f.steps FROM follow_up_steps f WHERE f.proposal_id = e.proposal_id), '[]')
        AS follow_up
FROM published_decision e JOIN decision d USING (proposal_id)
WHERE :proposal_ids::uuid[] IS NULL OR e.proposal_id = ANY (:proposal_ids)
ORDER BY e.proposal_id, e.version DESC;

-- lock_all_decisions: no decision changes while all are republished.
SELECT 1 FROM decision ORDER BY proposal_id FOR NO KEY UPDATE;

-- update_restored_versions: after a restore, versions follow those that were published before it.
UPDATE decision d SET version = t.version + 1
FROM told t WHERE t.topic = :topic AND t.key = d.proposal_id::text AND d.version < t.version;
