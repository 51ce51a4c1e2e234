-- acquire_allocation_lock: one allocation or end of recruitment at a time; released with the
-- transaction.
SELECT pg_advisory_xact_lock(:number);

-- insert_project: a new draft.
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, decision_maker_account, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places,
    anonymity_floor, created_at)
VALUES (:id, :version, :state, :title, :nature, :why, :stakes, :objectives, :purpose,
    :decision_maker_name, :decision_maker_role, :decision_maker_account, :who, :how,
    :compensation_terms, :compensation_reference, :recruitment_ends_on, :collection_ends_on,
    :places, :free_places, :anonymity_floor, :created_at);

-- update_project: under its lock. Without places, which set_places and acceptances change.
UPDATE project SET version = :version, state = :state, title = :title, nature = :nature, why = :why,
    stakes = :stakes, objectives = :objectives, purpose = :purpose,
    decision_maker_name = :decision_maker_name, decision_maker_role = :decision_maker_role,
    decision_maker_account = :decision_maker_account, who = :who, how = :how,
    compensation_terms = :compensation_terms, compensation_reference = :compensation_reference,
    recruitment_ends_on = :recruitment_ends_on, collection_ends_on = :collection_ends_on,
    anonymity_floor = :anonymity_floor, asked = :asked, joined = :joined,
    ended_early_reason = :ended_early_reason, credential_key = :credential_key,
    credentials_issued = :credentials_issued, report_version = :report_version,
    report_duties = :report_duties, published_at = coalesce(published_at, :published_at)
WHERE id = :id;

-- update_places: of a draft, of which nobody has a place yet.
UPDATE project SET places = :places, free_places = :places WHERE id = :id AND state = 'draft';

-- list_projects: the one row shape of a project, for these ids.
SELECT id, version, state, title, nature, why, stakes, objectives, purpose, decision_maker_name,
    decision_maker_role, decision_maker_account, who, how, compensation_terms,
    compensation_reference, recruitment_ends_on, collection_ends_on, places, free_places,
    anonymity_floor, asked, joined, ended_early_reason, credential_key, credentials_issued,
    report_version, report_duties
FROM project WHERE id = ANY (:ids::uuid[]) ORDER BY id;

-- lock_project: NO KEY, so that a draw whose rows reference the project does not wait. Read with
-- list_projects afterwards: a statement that begins after the lock wait sees the current row.
SELECT id FROM project WHERE id = :id FOR NO KEY UPDATE;

-- lock_published_projects: every project that is public.
SELECT id FROM project WHERE published_at IS NOT NULL ORDER BY id FOR NO KEY UPDATE;

-- list_commitments: seed and hash of each launched campaign of these projects, in launch order.
SELECT project_id, commitment, encode(seed, 'hex') AS seed FROM campaign
WHERE project_id = ANY (:project_ids::uuid[]) AND state = 'launched' ORDER BY launched_at, id;

-- insert_mandate_change: the decision maker from this version on, and the one before.
INSERT INTO mandate_change (project_id, version, name_before, role_before, account_before, name,
    role, account, reason, changed_by, changed_at)
VALUES (:project_id, :version, :name_before, :role_before, :account_before, :name, :role, :account,
    :reason, :changed_by, :changed_at);

-- list_mandate_changes: of these projects, with the civil day.
SELECT project_id, version, name, role, account, name_before, role_before, account_before, reason,
    (changed_at AT TIME ZONE 'Europe/Paris')::date AS changed_on
FROM mandate_change WHERE project_id = ANY (:project_ids::uuid[]) ORDER BY version;

-- find_collection_state: the state that responses last published.
SELECT state FROM collection WHERE project_id = :project_id;

-- upsert_collections: newer versions only; returns the projects concerned.
INSERT INTO collection AS c (project_id, version, state)
SELECT * FROM unnest(:project_ids::uuid[], :versions::bigint[], :states::text[])
    AS n (project_id, version, state)
ORDER BY n.project_id
ON CONFLICT (project_id) DO UPDATE SET version = excluded.version, state = excluded.state
WHERE c.version < excluded.version
RETURNING project_id;

-- is_issuing_stopped: whether the project issues no credential any more.
SELECT issuing_stopped FROM project WHERE id = :project_id;

-- insert_project_key: the encrypted private key of a project being published.
INSERT INTO project_key (project_id, key_id, sealed) VALUES (:project_id, :key_id, :sealed);

-- find_project_key: the encrypted private key, for signing.
SELECT project_id, key_id, sealed FROM project_key WHERE project_id = :project_id;

-- list_past_recruitment: open projects whose last day of recruitment has passed.
SELECT id FROM project WHERE state = 'open' AND recruitment_ends_on < :today ORDER BY id;

-- list_past_collection: recruited projects whose last day of collection has passed.
SELECT id FROM project WHERE state = 'recruited' AND collection_ends_on < :today ORDER BY id;

-- find_roster: numbers of people asked (a message left or may have left) and taking part.
SELECT (SELECT count(*) FROM send_order o JOIN ledger l ON l.order_id = o.order_id
        WHERE o.project_id = :project_id AND o.kind = 'invitation'
            AND l.state = 'consumed')::int AS asked,
    (SELECT count(*) FROM participation
        WHERE project_id = :project_id AND state = 'joined')::int AS joined;

-- count_credentials: also of participants who left since; NULL where a restored database cannot know
-- how many there were.
SELECT CASE WHEN NOT p.issuing_stopped THEN (
    SELECT count(*) FROM credential JOIN participation USING (invitation_id)
    WHERE project_id = p.id)::int END
FROM project p WHERE p.id = :project_id;

-- expire_invitations: those without a reply when recruitment ends.
UPDATE invitation SET state = 'expired' WHERE project_id = :project_id AND state IN ('ordered', 'sent');

-- list_progress: live counts of one project, or of all (null), newest first; one pass per table.
WITH shown AS (
    SELECT * FROM project WHERE :project_id::uuid IS NULL OR id = :project_id
), launched AS (
    SELECT project_id, sum(wanted)::bigint AS wanted FROM campaign
    WHERE state = 'launched' AND (:project_id::uuid IS NULL OR project_id = :project_id) GROUP BY 1
), orders AS (
    SELECT project_id, count(*) FILTER (WHERE answer IS DISTINCT FROM 'refused')::int AS ordered,
        count(*) FILTER (WHERE answer <> 'refused')::int AS sent
    FROM send_order
    WHERE kind = 'invitation' AND (:project_id::uuid IS NULL OR project_id = :project_id) GROUP BY 1
), refused AS (
    SELECT project_id, jsonb_object_agg(answer_reason, n) AS by_reason FROM (
        SELECT project_id, answer_reason, count(*)::int AS n FROM send_order
        WHERE kind = 'invitation' AND answer = 'refused'
            AND (:project_id::uuid IS NULL OR project_id = :project_id)
        GROUP BY 1, 2) r GROUP BY 1
), replies AS (
    SELECT project_id, count(*) FILTER (WHERE state = 'accepted')::int AS accepted,
        count(*) FILTER (WHERE state = 'declined')::int AS declined
    FROM invitation
    WHERE answered_at IS NOT NULL AND (:project_id::uuid IS NULL OR project_id = :project_id)
    GROUP BY 1
), participations AS (
    SELECT project_id, count(*) FILTER (WHERE state = 'waitlisted')::int AS waitlisted,
        count(*) FILTER (WHERE state = 'left')::int AS left
    FROM participation WHERE :project_id::uuid IS NULL OR project_id = :project_id GROUP BY 1
), duties AS (
    SELECT d.project_id, jsonb_object_agg(d.state, d.n) AS by_state FROM (
        SELECT t.project_id, t.state, count(*)::int AS n FROM report_duty t
        JOIN shown p ON p.id = t.project_id AND p.report_version = t.report_version
        GROUP BY 1, 2) d GROUP BY 1
)
SELECT p.id, k.state AS collection, h.version AS known_report, d.by_state AS duties,
    coalesce(l.wanted, 0) AS wanted, coalesce(o.ordered, 0) AS ordered,
    coalesce(o.sent, 0) AS sent, coalesce(y.accepted, 0) AS accepted,
    coalesce(y.declined, 0) AS declined, coalesce(a.waitlisted, 0) AS waitlisted,
    coalesce(a.left, 0) AS "left", coalesce(r.by_reason, '{}') AS refused_by_reason
FROM shown p
LEFT JOIN collection k ON k.project_id = p.id
LEFT JOIN report h ON h.project_id = p.id
LEFT JOIN duties d ON d.project_id = p.id
LEFT JOIN launched l ON l.project_id = p.id
LEFT JOIN orders o ON o.project_id = p.id
LEFT JOIN refused r ON r.project_id = p.id
LEFT JOIN replies y ON y.project_id = p.id
LEFT JOIN participations a ON a.project_id = p.id
ORDER BY p.created_at DESC, p.id;
