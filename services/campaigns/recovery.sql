-- insert_missing_projects: published since the backup, with what was public of them. Their private key is
-- lost. They are taken up to collected here: reporting and closing follow from the events of feedback
-- and registry.
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
    :now, :now, coalesce(m #>> '{decision_maker,account}', '')
FROM told CROSS JOIN LATERAL (SELECT body -> 'mandate' AS m) mandate
WHERE topic = :topic AND NOT EXISTS (SELECT FROM project p WHERE p.id = key::uuid)
ORDER BY key;

-- insert_mandate_changes: the decision maker of each version, since when and why; the author of a change is
-- not published.
INSERT INTO mandate_change (project_id, version, name_before, role_before, name, role, reason,
    changed_by, changed_at, account_before, account)
SELECT t.key::uuid, (c ->> 'version')::bigint, c ->> 'name_before', c ->> 'role_before',
    c ->> 'name', c ->> 'role', c ->> 'reason', 'lost with the database',
    (c ->> 'changed_on')::date + time '12:00' AT TIME ZONE 'Europe/Paris',
    coalesce(c ->> 'account_before', ''), coalesce(c ->> 'account', '')
FROM told t CROSS JOIN LATERAL
    jsonb_array_elements(coalesce(t.body -> 'decision_maker_changes', '[]')) c
WHERE t.topic = :topic
ORDER BY 1, 2
ON CONFLICT ON CONSTRAINT mandate_change_once DO NOTHING;

-- update_decision_makers: by the last of these changes, at the version that it made, as the trigger that
-- checks such changes requires.
UPDATE project p SET version = c.version, decision_maker_name = c.name,
    decision_maker_role = c.role, decision_maker_account = c.account
FROM told t CROSS JOIN LATERAL (
    SELECT version, name, role, account FROM mandate_change WHERE project_id = t.key::uuid
    ORDER BY version DESC LIMIT 1) c
WHERE t.topic = :topic AND p.id = t.key::uuid AND p.version < t.version
    AND (p.decision_maker_name, p.decision_maker_role, p.decision_maker_account)
        IS DISTINCT FROM (c.name, c.role, c.account);

-- update_projects: published content of projects that the backup has; a draft was published since.
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
    published_at = coalesce(published_at, :now)
FROM told t CROSS JOIN LATERAL (SELECT t.body -> 'mandate' AS m) mandate
WHERE t.topic = :topic AND p.id = t.key::uuid AND p.version <= t.version;

-- is_topic_incomplete: whether the topic lacks a project that this database had published, apart from the
-- events in the outbox: then it has also lost later events.
SELECT EXISTS (SELECT FROM project p WHERE p.published_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM told t WHERE t.topic = :topic AND t.key = p.id::text)
    AND NOT EXISTS (SELECT FROM outbox o WHERE o.topic = :topic AND o.key = p.id::text));

-- outgrow_versions: versions above any that were published and lost, as registry's.
UPDATE project SET version = greatest(version + 1, extract(epoch FROM :now::timestamptz)::bigint)
WHERE published_at IS NOT NULL;

-- step_projects: one step towards the published phase; the state machine allows no leap.
UPDATE project p SET state = :after
FROM told t
WHERE t.topic = :topic AND p.id = t.key::uuid AND p.state = :before
    AND t.body ->> 'state' = ANY (:beyond::text[] || :after::text);

-- stop_issuing: in projects that were issuing credentials, or may have been: how far they got is
-- unknown. Returns them.
UPDATE project p SET issuing_stopped = true
WHERE state IN ('open', 'recruited') OR (state = 'published' AND (
    NOT EXISTS (SELECT FROM told t WHERE t.topic = :topic AND t.key = p.id::text)
    -- Published since the backup: its private key is lost.
    OR NOT EXISTS (SELECT FROM project_key k WHERE k.project_id = p.id)))
RETURNING id;

-- upsert_orders: orders since the backup. Their campaign is not published: the project's last one.
INSERT INTO send_order AS stored (order_id, version, state, class, kind, member_id, subject_id,
    project_id, project_version, report_version, campaign_id, first_day, last_day, details,
    ordered_at)
SELECT t.key::uuid, t.version, t.body ->> 'state', t.body ->> 'class', t.body ->> 'kind',
    (t.body ->> 'member_id')::uuid, (t.body ->> 'subject_id')::uuid,
    (t.body ->> 'project_id')::uuid, (t.body ->> 'project_version')::bigint,
    (t.body ->> 'report_version')::bigint,
    CASE WHEN t.body ->> 'class' = 'solicitation'
        THEN coalesce(c.id, (t.body ->> 'project_id')::uuid) END,
    (t.body ->> 'first_day')::date, (t.body ->> 'last_day')::date,
    coalesce(t.body -> 'details', '{}'), :now
FROM told t LEFT JOIN (
    SELECT DISTINCT ON (project_id) project_id, id FROM campaign WHERE state = 'launched'
    ORDER BY project_id, launched_at DESC, id) c ON c.project_id = (t.body ->> 'project_id')::uuid
WHERE t.topic = :topic AND t.body ? 'project_id'
ORDER BY t.key
ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, state = excluded.state
WHERE stored.version < excluded.version;

-- insert_invitations: the members whom these orders invited.
INSERT INTO invitation (id, project_id, member_id, campaign_id, order_id, state)
SELECT DISTINCT ON (subject_id) subject_id, project_id, member_id, campaign_id, order_id, 'ordered'
FROM send_order o
WHERE kind = 'invitation' AND NOT EXISTS (SELECT FROM invitation i WHERE i.id = o.subject_id)
ORDER BY subject_id, first_day DESC, order_id
ON CONFLICT ON CONSTRAINT invitation_once_per_project DO NOTHING;

-- update_acceptances: an invitation whose confirmation was ordered had been accepted.
UPDATE invitation i SET state = 'accepted', answered_at = o.at
FROM (
    SELECT subject_id, min(first_day) AT TIME ZONE 'Europe/Paris' AS at FROM send_order
    WHERE kind = 'confirmation' GROUP BY subject_id) o
WHERE i.id = o.subject_id AND i.state IN ('ordered', 'sent');

-- insert_participations: as the last confirmation states, with the first day of its window as the day.
INSERT INTO participation (invitation_id, project_id, member_id, state, since)
SELECT DISTINCT ON (i.id) i.id, i.project_id, i.member_id,
    CASE o.details ->> 'participation' WHEN 'waitlisted' THEN 'waitlisted' ELSE 'joined' END,
    o.first_day AT TIME ZONE 'Europe/Paris'
FROM send_order o JOIN invitation i ON i.id = o.subject_id AND i.state = 'accepted'
WHERE o.kind = 'confirmation'
    AND NOT EXISTS (SELECT FROM participation a WHERE a.invitation_id = i.id)
ORDER BY i.id, (o.details ->> 'participation' IN ('joined', 'promoted')) DESC, o.first_day
ON CONFLICT ON CONSTRAINT participation_once DO NOTHING;

-- update_promotions: members who waited at the time of the backup and were promoted since.
UPDATE participation a SET state = 'joined'
FROM send_order o
WHERE a.state = 'waitlisted' AND o.subject_id = a.invitation_id AND o.kind = 'confirmation'
    AND o.details ->> 'participation' IN ('joined', 'promoted');

-- update_places: the places that are left.
UPDATE project p SET free_places = greatest(0, p.places - (SELECT count(*) FROM participation a
    WHERE a.project_id = p.id AND a.state = 'joined'))
WHERE p.places IS NOT NULL;

-- begin_reporting: projects whose reports were ordered.
UPDATE project p SET state = 'reporting', report_version = o.report_version
FROM (SELECT project_id, max(report_version) AS report_version FROM send_order
    WHERE kind = 'report' GROUP BY 1) o
WHERE p.id = o.project_id AND p.state IN ('collected', 'reporting', 'closed')
    AND o.report_version > coalesce(p.report_version, 0);

-- upsert_duties: one for each participant to whom a report was ordered, with its last order.
INSERT INTO report_duty AS stored (project_id, report_version, invitation_id, state, order_id)
SELECT DISTINCT ON (o.project_id, o.report_version, o.subject_id)
    o.project_id, o.report_version, o.subject_id, 'owed', o.order_id
FROM send_order o JOIN project p ON p.id = o.project_id
WHERE o.kind = 'report' AND o.answer IS NULL
    AND (p.state = 'reporting' OR o.report_version < p.report_version)
ORDER BY o.project_id, o.report_version, o.subject_id, o.first_day DESC, o.order_id
ON CONFLICT ON CONSTRAINT report_duty_once DO UPDATE SET order_id = excluded.order_id
WHERE stored.state = 'owed';

-- insert_ledger_entries: one for each solicitation without an entry, by registry's delivery outcome. An
-- entry that conflicts with an existing one is skipped: the contact lock holds the promise all the same.
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

-- update_reordered_invitations: ordered anew since the backup; by their last order.
UPDATE invitation i SET order_id = o.order_id, state = 'ordered'
FROM (SELECT DISTINCT ON (subject_id) subject_id, order_id FROM send_order WHERE kind = 'invitation'
    ORDER BY subject_id, first_day DESC, order_id) o
WHERE i.id = o.subject_id AND i.order_id <> o.order_id AND i.state = 'not_sent';

-- settle_invitations: by the delivery outcomes of their orders.
UPDATE invitation i SET state = CASE o.answer WHEN 'refused' THEN 'not_sent' ELSE 'sent' END
FROM send_order o WHERE o.order_id = i.order_id AND i.state = 'ordered' AND o.answer IS NOT NULL;

-- list_reporting_projects: projects that owe a report.
SELECT id, report_version, version FROM project WHERE state = 'reporting' ORDER BY id
FOR NO KEY UPDATE;

-- expire_invitations: without a reply, of projects that no longer recruit.
UPDATE invitation i SET state = 'expired' FROM project p
WHERE p.id = i.project_id AND i.state IN ('ordered', 'sent')
    AND p.state IN ('recruited', 'collected', 'reporting', 'closed');
