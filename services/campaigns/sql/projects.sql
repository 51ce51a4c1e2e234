-- insert_project: a new draft.
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places,
    anonymity_floor, asked, joined, ended_early_reason, created_at, decision_maker_account)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    $21, $22, $23, $24, $25);

-- lock_project: NO KEY, so that a draw that points at the project is not kept waiting.
SELECT id, version, state, title, nature, why, stakes, objectives, purpose, decision_maker_name,
    decision_maker_role, decision_maker_account, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places, anonymity_floor, asked, joined, ended_early_reason,
    credential_key, credentials_issued, report_version, report_duties
FROM project WHERE id = $1 FOR NO KEY UPDATE;

-- save_project: under its lock; free_places is not in here, as answers move it.
UPDATE project SET version = $2, state = $3, title = $4, nature = $5, why = $6, stakes = $7,
    objectives = $8, purpose = $9, decision_maker_name = $10, decision_maker_role = $11, who = $12,
    how = $13, compensation_terms = $14, compensation_reference = $15, recruitment_ends_on = $16,
    collection_ends_on = $17, anonymity_floor = $18, asked = $19, joined = $20,
    ended_early_reason = $21, credential_key = $22, credentials_issued = $23,
    report_version = $24, report_duties = $25, published_at = coalesce(published_at, $26),
    decision_maker_account = $27
WHERE id = $1;

-- set_places: while a draft nobody has one yet.
UPDATE project SET places = $2, free_places = $2 WHERE id = $1 AND state = 'draft';

-- launches: each launched campaign's seed and its hash, in the order of the launches.
SELECT commitment, encode(seed, 'hex') AS seed FROM campaign WHERE project_id = $1 AND state = 'launched'
ORDER BY launched_at, id;

-- collection_state: where responses stands.
SELECT state FROM collection WHERE project_id = $1;

-- issuing_stopped: whether nobody gets a credential of it any more.
SELECT issuing_stopped FROM project WHERE id = $1;

-- insert_campaign: a campaign being prepared.
INSERT INTO campaign (id, project_id, title, audience, quotas, wanted, first_day, window_days,
    state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'draft', $9);

-- lock_campaigns: in one order for everybody, so that two launches cannot wait for each other.
SELECT id, project_id, title, audience, quotas, wanted, first_day, window_days, state, seed,
    commitment, launched_at
FROM campaign WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE;

-- read_campaign: one of them, unlocked.
SELECT id, project_id, title, audience, quotas, wanted, first_day, window_days, state, seed,
    commitment, launched_at
FROM campaign WHERE id = $1;

-- commit_launch: the seed and its hash, before anybody knows who can be asked.
UPDATE campaign SET state = 'launched', seed = $2, commitment = $3, launched_at = $4 WHERE id = $1;

-- over_recruitment: open projects whose last day of recruitment has passed.
SELECT id FROM project WHERE state = 'open' AND recruitment_ends_on < $1 ORDER BY id;

-- over_collection: recruited projects whose last day of collection has passed.
SELECT id FROM project WHERE state = 'recruited' AND collection_ends_on < $1 ORDER BY id;

-- roster: how many were asked (a message left or may have left), and how many take part.
SELECT (SELECT count(*) FROM send_order o JOIN ledger l ON l.order_id = o.order_id
        WHERE o.project_id = $1 AND o.kind = 'invitation' AND l.state = 'consumed')::int AS asked,
    (SELECT count(*) FROM participation
        WHERE project_id = $1 AND state = 'joined')::int AS joined;

-- credentials_issued: also to participants who left since; NULL where a restored database cannot
-- know how many there were.
SELECT CASE WHEN NOT p.issuing_stopped THEN (
    SELECT count(*) FROM credential JOIN participation USING (invitation_id)
    WHERE project_id = p.id)::int END
FROM project p WHERE p.id = $1;

-- expire_invitations: what was not answered by the end of recruitment.
UPDATE invitation SET state = 'expired' WHERE project_id = $1 AND state IN ('ordered', 'sent');

-- published_projects: every project that others know of.
SELECT id, version, state, title, nature, why, stakes, objectives, purpose, decision_maker_name,
    decision_maker_role, decision_maker_account, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places, anonymity_floor, asked, joined, ended_early_reason,
    credential_key, credentials_issued, report_version, report_duties
FROM project
WHERE published_at IS NOT NULL
ORDER BY id FOR NO KEY UPDATE;

-- all_launches: of all of them at once.
SELECT project_id, commitment, encode(seed, 'hex') AS seed FROM campaign WHERE state = 'launched'
ORDER BY launched_at, id;

-- keep_mandate_change: who decides from this version on, and who did.
INSERT INTO mandate_change (project_id, version, name_before, role_before, name, role, reason,
    changed_by, changed_at, account_before, account)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- mandate_changes: of one project, oldest first; who made the change is nobody else's business.
SELECT version, name, role, account, name_before, role_before, account_before, reason,
    (changed_at AT TIME ZONE 'Europe/Paris')::date AS changed_on
FROM mandate_change WHERE project_id = $1 ORDER BY version;

-- all_mandate_changes: of all of them at once.
SELECT project_id, version, name, role, account, name_before, role_before, account_before, reason,
    (changed_at AT TIME ZONE 'Europe/Paris')::date AS changed_on
FROM mandate_change ORDER BY version;

-- read_project: one of them, unlocked.
SELECT id, version, state, title, nature, why, stakes, objectives, purpose, decision_maker_name,
    decision_maker_role, decision_maker_account, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places, anonymity_floor, asked, joined, ended_early_reason,
    credential_key, credentials_issued, report_version, report_duties
FROM project WHERE id = $1;
