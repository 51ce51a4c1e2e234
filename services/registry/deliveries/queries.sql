-- insert_orders: each order once; a rewound or repeated topic changes nothing.
INSERT INTO delivery (order_id, class, kind, member_id, subject_id, project_id, project_version,
    report_version, first_day, last_day, details, cancelled)
SELECT * FROM unnest(:order_ids::uuid[], :classes::text[], :kinds::text[], :member_ids::uuid[],
    :subject_ids::uuid[], :project_ids::uuid[], :project_versions::bigint[],
    :report_versions::bigint[], :first_days::date[], :last_days::date[], :details::jsonb[],
    :cancelled::boolean[])
ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING;

-- update_cancelled_orders: request the cancellation of orders; an attempt that is running decides
-- by its own outcome.
UPDATE delivery SET cancelled = true
WHERE order_id IN (
    SELECT order_id FROM delivery
    WHERE order_id = ANY (:order_ids::uuid[]) AND state IN ('pending', 'attempting')
        AND NOT cancelled
    ORDER BY order_id FOR UPDATE);

-- list_unsendable_orders: pending orders that can no longer be sent.
SELECT order_id FROM order_refusals(:now) WHERE reason IS NOT NULL;

-- list_pending_orders: pending orders of one member.
SELECT order_id FROM delivery WHERE member_id = :member_id AND state = 'pending';

-- update_unsendable_orders: refuse those of the given orders that can no longer be sent, and
-- publish it.
WITH unsendable AS MATERIALIZED (
    SELECT d.order_id, r.reason
    FROM delivery d JOIN order_refusals(:now) r USING (order_id)
    WHERE d.order_id = ANY (:order_ids::uuid[]) AND d.state = 'pending' AND r.reason IS NOT NULL
    ORDER BY d.order_id FOR UPDATE OF d
), refused AS (
    UPDATE delivery d SET state = 'refused', reason = u.reason, day = NULL, version = version + 1
    FROM unsendable u WHERE u.order_id = d.order_id
    RETURNING d.order_id, d.version, delivery_body(d) AS body
), published AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT :topic, order_id, version, :kind, :now, body FROM refused
)
SELECT count(*) FROM refused;

-- list_due_orders: a page of pending orders from an id on, each with whether it could be sent now.
WITH page AS MATERIALIZED (
    SELECT order_id, member_id, class, kind, project_id, project_version, report_version,
        first_day, last_day, retry_at
    FROM delivery WHERE state = 'pending' AND order_id > :after ORDER BY order_id LIMIT :limit
)
SELECT d.order_id, d.member_id,
    (d.retry_at IS NULL OR d.retry_at <= :now)
    AND (:now::timestamptz AT TIME ZONE m.zone)::date BETWEEN d.first_day AND d.last_day
    AND (:now::timestamptz AT TIME ZONE m.zone)::time >= time '08:00'
    AND (:now::timestamptz AT TIME ZONE m.zone)::time < time '20:00'
    AND (d.project_id IS NULL OR coalesce(p.version >= coalesce(d.project_version, 1), false))
    AND (d.report_version IS NULL OR coalesce(r.version >= d.report_version, false))
    AND (d.class = 'notice' OR l.last_day IS NULL
        OR l.last_day + 31 <= (:now::timestamptz AT TIME ZONE m.zone)::date
        OR coalesce(l.order_id = d.order_id, false))
    AND (d.class = 'solicitation' OR n.last_day IS NULL OR n.order_id = d.order_id
        OR n.last_day + notice_spacing(d.kind) <= (:now::timestamptz AT TIME ZONE m.zone)::date)
    AND (d.class = 'solicitation' OR (SELECT count(*) FROM notice_place t
        WHERE t.person_id = m.person_id AND t.order_id <> d.order_id
            AND t.day = (:now::timestamptz AT TIME ZONE m.zone)::date) < :max_notices_per_day
    ) AS due
FROM page d
LEFT JOIN member m USING (member_id)
LEFT JOIN project p USING (project_id)
LEFT JOIN report r USING (project_id)
LEFT JOIN contact_lock l USING (person_id)
LEFT JOIN notice_lock n ON d.class = 'notice' AND n.person_id = m.person_id AND n.kind = d.kind
    AND n.about = coalesce(d.project_id, '00000000-0000-0000-0000-000000000000')
ORDER BY d.order_id;

-- acquire_member_shared: session lock on the member, shared among senders, from the check to the
-- end of SMTP; never waits.
SELECT pg_try_advisory_lock_shared(hashtextextended(:member_id::uuid::text, 0));

-- release_member: end the session lock on the member.
SELECT pg_advisory_unlock_shared(hashtextextended(:member_id::uuid::text, 0));

-- lock_pending_order: one pending order with everything that its message needs, unless another
-- sender has it.
SELECT d.order_id, d.class, d.kind, d.member_id, d.subject_id, d.project_version, d.project_id,
    d.report_version, d.first_day, d.last_day, d.details, d.cancelled, d.attempt, d.unknowns,
    d.handovers, d.retry_at,
    m.person_id, m.status, m.language, m.zone, m.ends_on,
    c.key_id, c.sealed, p.version AS known_project_version, p.mandate, p.recruitment_ends_on,
    p.collection_ends_on, r.version AS known_report_version, r.url AS report_url,
    r.summary AS report_summary
FROM delivery d
LEFT JOIN member m USING (member_id)
LEFT JOIN contact c USING (member_id)
LEFT JOIN project p USING (project_id)
LEFT JOIN report r USING (project_id)
WHERE d.order_id = :order_id AND d.state = 'pending'
FOR UPDATE OF d SKIP LOCKED;

-- lock_contact_lock: the person's contact lock before it is taken, to be put back after a refusal.
SELECT last_day, order_id FROM contact_lock WHERE person_id = :person_id FOR UPDATE;

-- upsert_contact_lock: take the contact lock: the promise of a month, held by one row per person
-- (docs/design.md, Contact lock). No row: the last solicitation is less than 31 civil days ago.
INSERT INTO contact_lock AS current (person_id, last_day, order_id)
VALUES (:person_id, :today, :order_id) ON CONFLICT (person_id) DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE current.last_day + 31 <= excluded.last_day OR current.order_id = excluded.order_id
RETURNING 1;

-- lock_notice_lock: the lock of a person's notices of one kind before it is taken.
SELECT last_day, order_id FROM notice_lock
WHERE person_id = :person_id AND kind = :kind AND about = :about FOR UPDATE;

-- upsert_notice_lock: take the lock of one kind of notice about one project; no row: the last one
-- is too recent.
INSERT INTO notice_lock AS current (person_id, kind, about, last_day, order_id)
VALUES (:person_id, :kind, :about, :today, :order_id)
ON CONFLICT ON CONSTRAINT notice_lock_one_per_kind DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE current.last_day + notice_spacing(current.kind) <= excluded.last_day
    OR current.order_id = excluded.order_id RETURNING 1;

-- insert_notice_place: take one of the day's places for notices, which the order may have already.
WITH present AS (
    SELECT place FROM notice_place
    WHERE person_id = :person_id AND day = :today AND order_id = :order_id
), taken AS (
    INSERT INTO notice_place (person_id, day, place, order_id)
    SELECT :person_id, :today, min(free.place), :order_id
    FROM generate_series(1, :max_notices_per_day::int) AS free (place)
    WHERE NOT EXISTS (SELECT FROM present) AND NOT EXISTS (SELECT FROM notice_place t
        WHERE t.person_id = :person_id AND t.day = :today AND t.place = free.place)
    HAVING min(free.place) IS NOT NULL
    ON CONFLICT ON CONSTRAINT notice_place_taken_once DO NOTHING RETURNING place
)
SELECT place FROM present UNION ALL SELECT place FROM taken;

-- delete_notice_place: give back the place of an order that cannot be sent after all.
DELETE FROM notice_place WHERE person_id = :person_id AND day = :today AND order_id = :order_id;

-- delete_expired_notice_locks: delete locks and places that hold no notice back any more.
-- :earliest_day is the earliest civil day on Earth.
WITH places AS (DELETE FROM notice_place WHERE day < :earliest_day::date)
DELETE FROM notice_lock WHERE last_day + 31 <= :earliest_day::date;

-- update_attempting: record an attempt; committed before SMTP starts.
UPDATE delivery SET state = 'attempting', attempt = attempt + 1, version = version + 1, day = :day,
    retry_at = NULL, locked_person = :locked_person, lock_before_day = :previous_day,
    lock_before_order = :previous_order_id
WHERE order_id = :order_id AND state = 'pending' RETURNING attempt;

-- is_attempt_open: whether the attempt is still this sender's: its session lives, hence the lock on
-- the member, and no other process has settled the attempt.
SELECT EXISTS (
    SELECT FROM delivery
    WHERE order_id = :order_id AND state = 'attempting' AND attempt = :attempt);

-- update_outcome: record how an attempt ended, and publish it. :restore_lock puts the person's
-- locks back as they were before; :handed_over: the mail server had the content when it refused.
WITH settled AS (
    UPDATE delivery SET state = :state, reason = :reason, retry_at = :retry_at,
        version = version + 1, reply = :reply, handovers = handovers + :handed_over::boolean::int,
        day = CASE WHEN :state IN ('sent', 'unknown') THEN day END
    WHERE order_id = :order_id AND state = 'attempting' AND attempt = :attempt
    RETURNING order_id, version, state, locked_person, lock_before_day, lock_before_order,
        delivery_body(delivery) AS body
), notice_lock_restored AS (
    UPDATE notice_lock l SET last_day = d.lock_before_day, order_id = d.lock_before_order
    FROM settled d WHERE :restore_lock AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NOT NULL
), notice_lock_deleted AS (
    DELETE FROM notice_lock l USING settled d
    WHERE :restore_lock AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NULL
), notice_place_deleted AS (
    DELETE FROM notice_place p USING settled d
    WHERE :restore_lock AND p.person_id = d.locked_person AND p.order_id = d.order_id
      AND d.lock_before_order IS DISTINCT FROM d.order_id
), contact_lock_restored AS (
    UPDATE contact_lock l SET last_day = d.lock_before_day, order_id = d.lock_before_order
    FROM settled d WHERE :restore_lock AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NOT NULL
), contact_lock_deleted AS (
    DELETE FROM contact_lock l USING settled d
    WHERE :restore_lock AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NULL
), published AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT :topic, order_id, version, :kind, :now, body FROM settled WHERE state <> 'pending'
)
SELECT count(*) FROM settled;

-- publish_kept_locks: of these orders, publish the members of refused solicitations whose contact
-- lock stays, as the content was handed over. campaigns, which frees the days of a refused order,
-- learns the day from which the person may be solicited.
WITH still_locked AS (
    UPDATE member m SET version = m.version + 1
    FROM delivery d JOIN contact_lock l USING (order_id)
    WHERE d.order_id = ANY (:order_ids::uuid[]) AND d.state = 'refused'
        AND d.class = 'solicitation' AND d.handovers > 0 AND m.person_id = l.person_id
        AND m.status IN ('active', 'paused', 'suspended')
    RETURNING m.member_id, m.version, member_body(m, l.last_day) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, member_id, version, :kind, :now, body FROM still_locked;

-- list_open_attempts: open attempts: a sender is at work on each, or died.
SELECT order_id, member_id FROM delivery WHERE state = 'attempting' ORDER BY order_id;

-- acquire_member_exclusive: exclude senders of this member until the transaction ends; false: one
-- is at work.
SELECT pg_try_advisory_xact_lock(hashtextextended(:member_id::uuid::text, 0));

-- lock_open_attempt: an attempt to settle, if it is still open.
SELECT attempt, class, unknowns FROM delivery WHERE order_id = :order_id AND state = 'attempting'
FOR UPDATE;

-- update_unknown: record that the fate of a message is unknown; a solicitation stays so for good.
UPDATE delivery SET state = 'unknown', retry_at = NULL, version = version + 1
WHERE order_id = :order_id AND attempt = :attempt AND state = 'attempting' RETURNING version;

-- update_pending_again: repeat a notice of unknown fate, three times at most: twice is better than
-- never.
UPDATE delivery SET state = 'pending', day = NULL, retry_at = :retry_at, unknowns = unknowns + 1,
    version = version + 1
WHERE order_id = :order_id AND state = 'unknown' AND class = 'notice' AND unknowns < 3
RETURNING version;

-- publish_delivery: publish the outcome of one order.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id, version, :kind, :now, delivery_body(delivery) FROM delivery
WHERE order_id = :order_id;

-- republish_deliveries: insert every outcome into the outbox again.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, order_id, version, :kind, :now, delivery_body(delivery) FROM delivery
WHERE state IN ('sent', 'unknown', 'refused', 'bounced') ORDER BY order_id;

-- count_deliveries: orders by class, state and reason of refusal.
SELECT class, state, reason, count(*) AS orders FROM delivery GROUP BY class, state, reason;

-- count_replies: the mail server's replies on refusals, the most frequent first; no order and no
-- person.
SELECT reply, count(*)::int AS orders,
    (count(*) FILTER (WHERE state IN ('pending', 'attempting')))::int AS waiting,
    max(last_day) AS until
FROM delivery WHERE reply IS NOT NULL GROUP BY reply ORDER BY orders DESC, reply LIMIT 50;
