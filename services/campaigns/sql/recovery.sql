-- recover_new_projects: published since the backup, as far as everybody could read them. Their
-- private key is lost. They are taken as far as collected here: reporting and closing follow from
-- what feedback and registry tell. $1 topic, $2 the instant
INSERT INTO project (id, version, state, title, nature, why, stakes, objectives, purpose,
    decision_maker_name, decision_maker_role, who, how, compensation_terms, compensation_reference,
    recruitment_ends_on, collection_ends_on, anonymity_floor, asked, joined, ended_early_reason,
    credential_key, credentials_issued, created_at, published_at, decision_maker_account)
SELECT key::uuid, version,
    CASE WHEN body ->> 'state' IN ('reporting', 'closed') THEN 'collected' ELSE body ->> 'state' END,
    m ->> 'title', m ->> 'nature', m ->> 'why', m ->> 'stakes', m ->> 'objectives', m ->> 'purpose',
    m #>> '{decision_maker,name}', m #>> '{decision_maker,role}', m ->> 'who', m ->> 'how',
    m #>> '{compensation,terms}', m #>> '{compensation,reference}',
    (body ->> 'recruitment_ends_on')::date, (body ->> 'collection_ends_on')::date,
    (body ->> 'anonymity_floor')::int, (body ->> 'asked')::int, (body ->> 'joined')::int,
    body ->> 'ended_early_reason', body -> 'credential_key', (body ->> 'credentials_issued')::int,
    $2, $2, coalesce(m #>> '{decision_maker,account}', '')
FROM told CROSS JOIN LATERAL (SELECT body -> 'mandate' AS m) mandate
WHERE topic = $1 AND NOT EXISTS (SELECT FROM project p WHERE p.id = key::uuid)
ORDER BY key;

-- recover_mandate_changes: who decides, since when and why; who made the change is not told. $1 topic
INSERT INTO mandate_change (project_id, version, name_before, role_before, name, role, reason,
    changed_by, changed_at, account_before, account)
SELECT t.key::uuid, (c ->> 'version')::bigint, c ->> 'name_before', c ->> 'role_before',
    c ->> 'name', c ->> 'role', c ->> 'reason', 'lost with the database',
    (c ->> 'changed_on')::date + time '12:00' AT TIME ZONE 'Europe/Paris',
    coalesce(c ->> 'account_before', ''), coalesce(c ->> 'account', '')
FROM told t CROSS JOIN LATERAL
    jsonb_array_elements(coalesce(t.body -> 'decision_maker_changes', '[]')) c
WHERE t.topic = $1
ORDER BY 1, 2
ON CONFLICT ON CONSTRAINT mandate_change_once DO NOTHING;

-- recover_decision_makers: by the last of these changes; at the version that it made, as the rule that
-- watches such changes asks. $1 topic
UPDATE project p SET version = c.version, decision_maker_name = c.name,
    decision_maker_role = c.role, decision_maker_account = c.account
FROM told t CROSS JOIN LATERAL (
    SELECT version, name, role, account FROM mandate_change WHERE project_id = t.key::uuid
    ORDER BY version DESC LIMIT 1) c
WHERE t.topic = $1 AND p.id = t.key::uuid AND p.version < t.version
    AND (p.decision_maker_name, p.decision_maker_role, p.decision_maker_account)
        IS DISTINCT FROM (c.name, c.role, c.account);

-- recover_projects: what was told of those that the backup knows; a draft has been published since.
-- $1 topic, $2 the instant
UPDATE project p SET version = t.version, title = m ->> 'title', nature = m ->> 'nature',
    why = m ->> 'why', stakes = m ->> 'stakes', objectives = m ->> 'objectives',
    purpose = m ->> 'purpose', decision_maker_name = m #>> '{decision_maker,name}',
    decision_maker_role = m #>> '{decision_maker,role}',
    decision_maker_account = coalesce(m #>> '{decision_maker,account}', ''), who = m ->> 'who', how = m ->> 'how',
    compensation_terms = m #>> '{compensation,terms}',
    compensation_reference = m #>> '{compensation,reference}',
    recruitment_ends_on = (body ->> 'recruitment_ends_on')::date,
    collection_ends_on = (body ->> 'collection_ends_on')::date,
    anonymity_floor = (body ->> 'anonymity_floor')::int, asked = (body ->> 'asked')::int,
    joined = (body ->> 'joined')::int, ended_early_reason = body ->> 'ended_early_reason',
    credential_key = coalesce(p.credential_key, body -> 'credential_key'),
    credentials_issued = (body ->> 'credentials_issued')::int,
    published_at = coalesce(published_at, $2)
FROM told t CROSS JOIN LATERAL (SELECT t.body -> 'mandate' AS m) mandate
WHERE t.topic = $1 AND p.id = t.key::uuid AND p.version <= t.version;

-- projects_unheard: whether the topic lacks a project that this database had told, beside what waits in
-- the outbox: then it has lost what was told since, too. $1 topic
SELECT EXISTS (SELECT FROM project p WHERE p.published_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM told t WHERE t.topic = $1 AND t.key = p.id::text)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.topic = $1 AND o.key = p.id::text));

-- outgrow_projects: versions beyond any that were told and lost, as registry's. $1 the instant
UPDATE project SET version = greatest(version + 1, extract(epoch FROM $1::timestamptz)::bigint)
WHERE published_at IS NOT NULL;

-- step_projects: one step on the way to the state that was told; the machine allows no leap. $1 topic,
-- $2 from, $3 to, $4 the states beyond
UPDATE project p SET state = $3
FROM told t
WHERE t.topic = $1 AND p.id = t.key::uuid AND p.state = $2
    AND t.body ->> 'state' = ANY ($4::text[] || $3::text);

-- stop_issuing: in projects that were giving credentials out, or may have been: nothing is known of
-- where they came to. $1 topic
UPDATE project p SET issuing_stopped = true
WHERE state IN ('open', 'recruited') OR (state = 'published' AND (
    NOT EXISTS (SELECT FROM told t WHERE t.topic = $1 AND t.key = p.id::text)
    -- Published since the backup: its private key is lost.
    OR NOT EXISTS (SELECT FROM project_key k WHERE k.project_id = p.id)))
RETURNING id;

-- recover_orders: those that were given since the backup; of which campaign they were is not told:
-- the project's last. $1 topic, $2 the instant
INSERT INTO send_order AS held (order_id, version, state, class, kind, member_id, subject_id,
    project_id, project_version, report_version, campaign_id, first_day, last_day, details,
    ordered_at)
SELECT t.key::uuid, t.version, t.body ->> 'state', t.body ->> 'class', t.body ->> 'kind',
    (t.body ->> 'member_id')::uuid, (t.body ->> 'subject_id')::uuid,
    (t.body ->> 'project_id')::uuid, (t.body ->> 'project_version')::bigint,
    (t.body ->> 'report_version')::bigint,
    CASE WHEN t.body ->> 'class' = 'solicitation'
        THEN coalesce(c.id, (t.body ->> 'project_id')::uuid) END,
    (t.body ->> 'first_day')::date, (t.body ->> 'last_day')::date,
    coalesce(t.body -> 'details', '{}'), $2
FROM told t LEFT JOIN (
    SELECT DISTINCT ON (project_id) project_id, id FROM campaign WHERE state = 'launched'
    ORDER BY project_id, launched_at DESC, id) c ON c.project_id = (t.body ->> 'project_id')::uuid
WHERE t.topic = $1 AND t.body ? 'project_id'
ORDER BY t.key
ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, state = excluded.state
WHERE held.version < excluded.version;

-- recover_invitations: whom these orders invited.
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
SELECT DISTINCT ON (subject_id) subject_id, project_id, member_id, campaign_id, order_id, 'ordered'
FROM send_order o
WHERE kind = 'invitation' AND NOT EXISTS (SELECT FROM invitation i WHERE i.id = o.subject_id)
ORDER BY subject_id, first_day DESC, order_id
ON CONFLICT ON CONSTRAINT invitation_once_per_project DO NOTHING;

-- recover_acceptances: an invitation whose confirmation was ordered had been accepted.
UPDATE invitation i SET state = 'accepted', answered_at = o.at
FROM (
    SELECT subject_id, min(first_day) AT TIME ZONE 'Europe/Paris' AS at FROM send_order
    WHERE kind = 'confirmation' GROUP BY subject_id) o
WHERE i.id = o.subject_id AND i.state IN ('ordered', 'sent');

-- recover_participations: with what the last confirmation says, the day it was ordered for as the day.
INSERT INTO participation (invitation_id, project_id, member_id, state, since)
SELECT DISTINCT ON (i.id) i.id, i.project_id, i.member_id,
    CASE o.details ->> 'participation' WHEN 'waitlisted' THEN 'waitlisted' ELSE 'joined' END,
    o.first_day AT TIME ZONE 'Europe/Paris'
FROM send_order o JOIN invitation i ON i.id = o.subject_id AND i.state = 'accepted'
WHERE o.kind = 'confirmation'
    AND NOT EXISTS (SELECT FROM participation a WHERE a.invitation_id = i.id)
ORDER BY i.id, (o.details ->> 'participation' IN ('joined', 'promoted')) DESC, o.first_day
ON CONFLICT ON CONSTRAINT participation_once DO NOTHING;

-- recover_promotions: who waited when the backup was made and was told since that they take part.
UPDATE participation a SET state = 'joined'
FROM send_order o
WHERE a.state = 'waitlisted' AND o.subject_id = a.invitation_id AND o.kind = 'confirmation'
    AND o.details ->> 'participation' IN ('joined', 'promoted');

-- recover_places: what is left of them.
UPDATE project p SET free_places = greatest(0, p.places - (SELECT count(*) FROM participation a
    WHERE a.project_id = p.id AND a.state = 'joined'))
WHERE p.places IS NOT NULL;

-- begin_reporting: where reports were ordered.
UPDATE project p SET state = 'reporting', report_version = o.report_version
FROM (SELECT project_id, max(report_version) AS report_version FROM send_order
    WHERE kind = 'report' GROUP BY 1) o
WHERE p.id = o.project_id AND p.state IN ('collected', 'reporting', 'closed')
    AND o.report_version > coalesce(p.report_version, 0);

-- recover_duties: one for each participant to whom a report was ordered, with its last order.
INSERT INTO report_duty AS held (project_id, report_version, invitation_id, state, order_id)
SELECT DISTINCT ON (o.project_id, o.report_version, o.subject_id)
    o.project_id, o.report_version, o.subject_id, 'owed', o.order_id
FROM send_order o JOIN project p ON p.id = o.project_id
WHERE o.kind = 'report' AND o.answer IS NULL
    AND (p.state = 'reporting' OR o.report_version < p.report_version)
ORDER BY o.project_id, o.report_version, o.subject_id, o.first_day DESC, o.order_id
ON CONFLICT ON CONSTRAINT report_duty_once DO UPDATE SET order_id = excluded.order_id
WHERE held.state = 'owed';

-- recover_ledger: an entry for each solicitation that has none, as registry has answered it. What
-- cannot stand beside what is there already does not: the contact lock holds it all the same.
INSERT INTO ledger (order_id, member_id, first_day, last_day, state)
SELECT o.order_id, o.member_id,
    CASE WHEN o.answer_day BETWEEN o.first_day AND o.last_day THEN o.answer_day ELSE o.first_day END,
    CASE WHEN o.answer_day BETWEEN o.first_day AND o.last_day THEN o.answer_day ELSE o.last_day END,
    CASE WHEN o.answer IS NULL THEN 'reserved' WHEN o.answer = 'refused' THEN 'released'
        ELSE 'consumed' END
FROM send_order o
WHERE o.class = 'solicitation' AND NOT EXISTS (SELECT FROM ledger l WHERE l.order_id = o.order_id)
ORDER BY (o.answer IS NULL), o.first_day, o.order_id
ON CONFLICT DO NOTHING;

-- reorder_invitations: those that were ordered anew since the backup, by their last order.
UPDATE invitation i SET order_id = o.order_id, state = 'ordered'
FROM (SELECT DISTINCT ON (subject_id) subject_id, order_id FROM send_order WHERE kind = 'invitation'
    ORDER BY subject_id, first_day DESC, order_id) o
WHERE i.id = o.subject_id AND i.order_id <> o.order_id AND i.state = 'not_sent';

-- settle_invitations: by the answers to their orders.
UPDATE invitation i SET state = CASE o.answer WHEN 'refused' THEN 'not_sent' ELSE 'sent' END
FROM send_order o WHERE o.order_id = i.order_id AND i.state = 'ordered' AND o.answer IS NOT NULL;

-- reporting_projects: which owe a report.
SELECT id, report_version, version FROM project WHERE state = 'reporting' ORDER BY id
FOR NO KEY UPDATE;

-- expire_unanswered: of projects that recruit no more.
UPDATE invitation i SET state = 'expired' FROM project p
WHERE p.id = i.project_id AND i.state IN ('ordered', 'sent')
    AND p.state IN ('recruited', 'collected', 'reporting', 'closed');
