-- recover_contacts: of those who had left or been erased since the backup, as if they left now: the
-- address goes and its keyed hash stays. Erased people count as solicited today, as their messages
-- since the backup lead to nobody any more. $1 topic, $2 the latest civil day on Earth
WITH gone AS MATERIALIZED (
    SELECT m.member_id, m.person_id, t.body ->> 'status' = 'erased' AS erased
    FROM told t JOIN member m ON m.member_id = t.key::uuid AND m.version < t.version
    WHERE t.topic = $1 AND t.body ->> 'status' IN ('left', 'erased')
), forgotten AS (
    DELETE FROM contact c USING gone g WHERE c.member_id = g.member_id
    RETURNING c.email_hash, c.mailbox_hash, g.person_id, g.erased
), kept AS (
    UPDATE suppression s SET until = $2::date + 31, since = greatest(s.since, $2::date)
    FROM gone g WHERE g.erased AND s.person_id = g.person_id
), locked AS (
    INSERT INTO contact_lock AS held (person_id, last_day)
    SELECT DISTINCT person_id, $2::date FROM gone WHERE erased ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
    WHERE held.last_day < excluded.last_day
)
INSERT INTO suppression AS s (email_hash, mailbox_hash, person_id, since, until)
SELECT email_hash, mailbox_hash, person_id, $2, CASE WHEN erased THEN $2::date + 31 END
FROM forgotten
ON CONFLICT (email_hash) DO UPDATE SET person_id = excluded.person_id, until = excluded.until,
    since = greatest(s.since, excluded.since),
    mailbox_hash = coalesce(excluded.mailbox_hash, s.mailbox_hash);

-- recover_erased: forgotten again, also those whom the backup never knew: the list that a later
-- restore needs. $1 topic, $2 the latest civil day on Earth
WITH erased AS (
    INSERT INTO member AS m (member_id, version, status)
    SELECT key::uuid, version, 'erased' FROM told WHERE topic = $1 AND body ->> 'status' = 'erased'
    ORDER BY key
    ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, status = 'erased',
        merged_into = NULL, person_id = NULL, language = NULL, zone = NULL, attributes = '{}',
        accepted_on = NULL, ends_on = NULL, consent_on = NULL, consent_proof = NULL
    WHERE m.status <> 'erased'
    RETURNING m.member_id
)
INSERT INTO erasure (member_id, erased_on) SELECT member_id, $2 FROM erased
ON CONFLICT (member_id) DO NOTHING;

-- recover_members: everything else that was told of whom the backup knows.
UPDATE member m SET version = t.version, status = t.body ->> 'status',
    merged_into = s.member_id, zone = coalesce(t.body ->> 'zone', m.zone),
    attributes = coalesce(t.body -> 'attributes', m.attributes),
    ends_on = coalesce((t.body ->> 'ends_on')::date, m.ends_on),
    accepted_on = CASE WHEN (t.body ->> 'ends_on')::date <> m.ends_on
        THEN ((t.body ->> 'ends_on')::date - interval '3 years')::date ELSE m.accepted_on END
FROM told t LEFT JOIN member s ON s.member_id = (t.body ->> 'merged_into')::uuid
WHERE t.topic = $1 AND m.member_id = t.key::uuid AND m.version < t.version
    AND (t.body ->> 'status' <> 'merged' OR s.member_id IS NOT NULL);

-- recover_unknown: who joined since the backup. Their address is lost with the database: suspended,
-- so that nobody draws them, until they come again.
INSERT INTO member (member_id, version, status, person_id, language, zone, attributes, accepted_on,
    ends_on, consent_on, consent_proof)
SELECT key::uuid, version + 1, 'suspended', gen_random_uuid(), 'fr', body ->> 'zone',
    coalesce(body -> 'attributes', '{}'), d.accepted_on, (body ->> 'ends_on')::date, d.accepted_on,
    'lost with the database; known from ' || topic
FROM told CROSS JOIN LATERAL (
    SELECT ((body ->> 'ends_on')::date - interval '3 years')::date AS accepted_on) d
WHERE topic = $1 AND body ->> 'status' IN ('active', 'paused', 'suspended')
    AND NOT EXISTS (SELECT FROM member m WHERE m.member_id = key::uuid)
ORDER BY key;

-- recover_figures: each month at least at the version that was told, months that are not held included.
INSERT INTO figures AS f (month, version, body)
SELECT (key || '-01')::date, version, body - 'version' FROM told WHERE topic = $1
ON CONFLICT (month) DO UPDATE SET version = excluded.version + 1,
    body = coalesce(f.body, excluded.body)
WHERE f.version < excluded.version;

-- lacks_told_events: whether the topics lack something that this database had told, beside what
-- waits in the outbox, or the order of a message that was told as sent: then nobody knows what else
-- they have lost. $1 members', $2 deliveries', $3 the earliest civil day on Earth
SELECT EXISTS (
    SELECT FROM told t
    WHERE t.topic = $2 AND t.body ->> 'state' IN ('sent', 'unknown', 'bounced')
        AND (t.body ->> 'day')::date > $3::date - 31
        AND NOT EXISTS (SELECT FROM delivery d WHERE d.order_id = t.key::uuid)
) OR EXISTS (
    SELECT key FROM (
        SELECT $1 AS topic, member_id::text AS key FROM member
        UNION ALL
        SELECT $2, order_id::text FROM delivery
        WHERE state IN ('sent', 'unknown', 'bounced') AND day > $3::date - 31
    ) held
    WHERE NOT EXISTS (SELECT FROM told t WHERE t.topic = held.topic AND t.key = held.key)
        AND NOT EXISTS (SELECT FROM outbox o WHERE o.topic = held.topic AND o.key = held.key));

-- recover_deliveries: the answers that were given since the backup. $1 topic
UPDATE delivery d SET version = t.version, state = t.body ->> 'state',
    day = (t.body ->> 'day')::date, reason = t.body ->> 'reason', retry_at = NULL
FROM told t WHERE t.topic = $1 AND d.order_id = t.key::uuid AND d.version < t.version;

-- mark_doubtful_solicitations: what is not settled though its days had come may have left: nobody can know.
-- $1 the instant
UPDATE delivery d SET state = 'unknown', version = d.version + 1, retry_at = NULL, reason = NULL,
    day = least(d.last_day, ($1::timestamptz AT TIME ZONE m.zone)::date)
FROM member m
WHERE m.member_id = d.member_id AND d.class = 'solicitation' AND d.state IN ('pending', 'attempting')
    AND d.first_day <= ($1::timestamptz AT TIME ZONE m.zone)::date;

-- recover_contact_locks: each person's last solicitation, by what is known of messages now, and by what was
-- told of them. $1 members' topic
INSERT INTO contact_lock AS held (person_id, last_day, order_id)
SELECT DISTINCT ON (person_id) person_id, day, order_id FROM (
    SELECT m.person_id, d.day, d.order_id FROM delivery d JOIN member m USING (member_id)
    WHERE d.class = 'solicitation' AND d.state IN ('sent', 'unknown', 'bounced')
    UNION ALL
    SELECT m.person_id, (t.body ->> 'not_before')::date - 31, NULL
    FROM told t JOIN member m ON m.member_id = t.key::uuid
    WHERE t.topic = $1 AND t.body ? 'not_before'
) known
WHERE person_id IS NOT NULL ORDER BY person_id, day DESC, order_id
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE held.last_day < excluded.last_day;

-- recover_notice_locks: each person's last notice of each kind, by what is known of messages now.
INSERT INTO notice_lock AS held (person_id, kind, about, last_day, order_id)
SELECT DISTINCT ON (1, 2, 3) m.person_id, d.kind,
    coalesce(d.project_id, '00000000-0000-0000-0000-000000000000'), d.day, d.order_id
FROM delivery d JOIN member m USING (member_id)
WHERE d.class = 'notice' AND d.state IN ('sent', 'unknown', 'bounced') AND m.person_id IS NOT NULL
ORDER BY 1, 2, 3, d.day DESC, d.order_id
ON CONFLICT ON CONSTRAINT notice_lock_one_per_kind DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE held.last_day < excluded.last_day;

-- lock_everybody: as if each had been solicited today, which is all that can be promised. $1 the
-- latest civil day on Earth
INSERT INTO contact_lock AS held (person_id, last_day)
SELECT DISTINCT person_id, $1::date FROM member WHERE person_id IS NOT NULL ORDER BY person_id
ON CONFLICT (person_id) DO UPDATE SET last_day = excluded.last_day, order_id = NULL
WHERE held.last_day < excluded.last_day;

-- raise_versions: versions beyond any that were told and lost: those who hear of it go by the newest, and
-- seconds pass faster than anything here changes. $1 the instant
WITH members AS (
    UPDATE member SET version = greatest(version + 1, extract(epoch FROM $1::timestamptz)::bigint)
    WHERE status <> 'erased'
), months AS (
    UPDATE figures SET version = greatest(version + 1, extract(epoch FROM $1::timestamptz)::bigint)
    WHERE body IS NOT NULL
)
SELECT 1;
