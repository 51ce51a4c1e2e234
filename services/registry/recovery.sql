-- recover_contacts: delete the addresses of members who left or were erased since the backup, as if
-- they left now; their keyed hashes stay. Erased people count as solicited today, as their messages
-- since the backup lead to nobody any more. :today is the latest civil day on Earth.
WITH departed AS MATERIALIZED (
    SELECT m.member_id, m.person_id, t.body ->> 'status' = 'erased' AS erased
    FROM told t JOIN member m ON m.member_id = t.key::uuid AND m.version < t.version
    WHERE t.topic = :topic AND t.body ->> 'status' IN ('left', 'erased')
), deleted AS (
    DELETE FROM contact c USING departed g WHERE c.member_id = g.member_id
    RETURNING c.email_hash, c.mailbox_hash, g.person_id, g.erased
), updated AS (
    UPDATE suppression s SET until = :today::date + 31, since = greatest(s.since, :today::date)
    FROM departed g WHERE g.erased AND s.person_id = g.person_id
), locked AS (
    INSERT INTO contact_lock AS current (person_id, last_day)
    SELECT DISTINCT person_id, :today::date FROM departed WHERE erased ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
    WHERE current.last_day < excluded.last_day
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since, until)
SELECT email_hash, mailbox_hash, person_id, :today, CASE WHEN erased THEN :today::date + 31 END
FROM deleted
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = excluded.until,
    since = greatest(s.since, excluded.since),
    mailbox_hash = excluded.mailbox_hash;

-- recover_erased: erase again, also members whom the backup never knew: a later restore needs the
-- list. :today is the latest civil day on Earth.
WITH erased AS (
    INSERT INTO member AS m (member_id, version, status)
    SELECT key::uuid, version, 'erased' FROM told
    WHERE topic = :topic AND body ->> 'status' = 'erased'
    ORDER BY key
    ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, status = 'erased',
        merged_into = NULL, person_id = NULL, language = NULL, zone = NULL, attributes = '{}',
        accepted_on = NULL, ends_on = NULL, consent_on = NULL, consent_proof = NULL
    WHERE m.status <> 'erased'
    RETURNING m.member_id
)
INSERT INTO erasure (member_id, erased_on) SELECT member_id, :today FROM erased
ON CONFLICT (member_id) DO NOTHING;

-- recover_members: take over every other published change of members whom the backup knows.
UPDATE member m SET version = t.version, status = t.body ->> 'status',
    merged_into = s.member_id, zone = coalesce(t.body ->> 'zone', m.zone),
    attributes = coalesce(t.body -> 'attributes', m.attributes),
    ends_on = coalesce((t.body ->> 'ends_on')::date, m.ends_on),
    accepted_on = CASE WHEN (t.body ->> 'ends_on')::date <> m.ends_on
        THEN ((t.body ->> 'ends_on')::date - interval '3 years')::date ELSE m.accepted_on END
FROM told t LEFT JOIN member s ON s.member_id = (t.body ->> 'merged_into')::uuid
WHERE t.topic = :topic AND m.member_id = t.key::uuid AND m.version < t.version
    AND (t.body ->> 'status' <> 'merged' OR s.member_id IS NOT NULL);

-- recover_unknown: members who joined since the backup. Their address is lost with the database:
-- suspended, so that no draw takes them, until they join again.
INSERT INTO member (member_id, version, status, person_id, language, zone, attributes, accepted_on,
    ends_on, consent_on, consent_proof)
SELECT key::uuid, version + 1, 'suspended', gen_random_uuid(), 'fr', body ->> 'zone',
    coalesce(body -> 'attributes', '{}'), d.accepted_on, (body ->> 'ends_on')::date, d.accepted_on,
    'lost with the database; known from ' || topic
FROM told CROSS JOIN LATERAL (
    SELECT ((body ->> 'ends_on')::date - interval '3 years')::date AS accepted_on) d
WHERE topic = :topic AND body ->> 'status' IN ('active', 'paused', 'suspended')
    AND NOT EXISTS (SELECT FROM member m WHERE m.member_id = key::uuid)
ORDER BY key;

-- recover_figures: each month at least at its published version, months that the backup lacks
-- included.
INSERT INTO figures AS f (month, version, body)
SELECT (key || '-01')::date, version, body - 'version' FROM told WHERE topic = :topic
ON CONFLICT (month) DO UPDATE SET version = excluded.version + 1,
    body = coalesce(f.body, excluded.body)
WHERE f.version < excluded.version;

-- lacks_told_events: whether the topics lack an event that this database had published, other than
-- those that wait in the outbox, or the order of a message that was published as sent: then it is
-- unknown what else the topics have lost. :earliest_day is the earliest civil day on Earth.
SELECT EXISTS (
    SELECT FROM told t
    WHERE t.topic = :deliveries_topic AND t.body ->> 'state' IN ('sent', 'unknown', 'bounced')
        AND (t.body ->> 'day')::date > :earliest_day::date - 31
        AND NOT EXISTS (SELECT FROM delivery d WHERE d.order_id = t.key::uuid)
) OR EXISTS (
    SELECT key FROM (
        SELECT :members_topic AS topic, member_id::text AS key FROM member
        UNION ALL
        SELECT :deliveries_topic, order_id::text FROM delivery
        WHERE state IN ('sent', 'unknown', 'bounced') AND day > :earliest_day::date - 31
    ) published
    WHERE NOT EXISTS (SELECT FROM told t WHERE t.topic = published.topic AND t.key = published.key)
        AND NOT EXISTS (
            SELECT FROM outbox o WHERE o.topic = published.topic AND o.key = published.key));

-- recover_deliveries: take over outcomes that were published since the backup.
UPDATE delivery d SET version = t.version, state = t.body ->> 'state',
    day = (t.body ->> 'day')::date, reason = t.body ->> 'reason', retry_at = NULL
FROM told t WHERE t.topic = :topic AND d.order_id = t.key::uuid AND d.version < t.version;

-- mark_doubtful_solicitations: solicitations that are not settled though their days had come may
-- have left: unknown.
UPDATE delivery d SET state = 'unknown', version = d.version + 1, retry_at = NULL, reason = NULL,
    day = least(d.last_day, (:now::timestamptz AT TIME ZONE m.zone)::date)
FROM member m
WHERE m.member_id = d.member_id AND d.class = 'solicitation'
    AND d.state IN ('pending', 'attempting')
    AND d.first_day <= (:now::timestamptz AT TIME ZONE m.zone)::date;

-- recover_contact_locks: each person's last solicitation, by the deliveries and by the published
-- `not_before`.
INSERT INTO contact_lock AS current (person_id, last_day, order_id)
SELECT DISTINCT ON (person_id) person_id, day, order_id FROM (
    SELECT m.person_id, d.day, d.order_id FROM delivery d JOIN member m USING (member_id)
    WHERE d.class = 'solicitation' AND d.state IN ('sent', 'unknown', 'bounced')
    UNION ALL
    SELECT m.person_id, (t.body ->> 'not_before')::date - 31, NULL
    FROM told t JOIN member m ON m.member_id = t.key::uuid
    WHERE t.topic = :topic AND t.body ? 'not_before'
) contacts
WHERE person_id IS NOT NULL ORDER BY person_id, day DESC, order_id
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE current.last_day < excluded.last_day;

-- recover_notice_locks: each person's last notice of each kind, by the deliveries.
INSERT INTO notice_lock AS current (person_id, kind, about, last_day, order_id)
SELECT DISTINCT ON (1, 2, 3) m.person_id, d.kind,
    coalesce(d.project_id, '00000000-0000-0000-0000-000000000000'), d.day, d.order_id
FROM delivery d JOIN member m USING (member_id)
WHERE d.class = 'notice' AND d.state IN ('sent', 'unknown', 'bounced') AND m.person_id IS NOT NULL
ORDER BY 1, 2, 3, d.day DESC, d.order_id
ON CONFLICT ON CONSTRAINT notice_lock_one_per_kind DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE current.last_day < excluded.last_day;

-- lock_everybody: as if every person had been solicited today, which is all that can be promised.
-- :today is the latest civil day on Earth.
INSERT INTO contact_lock AS current (person_id, last_day)
SELECT DISTINCT person_id, :today::date FROM member WHERE person_id IS NOT NULL ORDER BY person_id
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
WHERE current.last_day < excluded.last_day;

-- raise_versions: versions beyond any that were published and lost: consumers go by the newest, and
-- seconds pass faster than anything here changes.
WITH members AS (
    UPDATE member SET version = greatest(version + 1, extract(epoch FROM :now::timestamptz)::bigint)
    WHERE status <> 'erased'
), months AS (
    UPDATE figures
    SET version = greatest(version + 1, extract(epoch FROM :now::timestamptz)::bigint)
    WHERE body IS NOT NULL
)
SELECT 1;
