-- insert_orders: each once; a rewound or repeated topic changes nothing.
INSERT INTO delivery (order_id, class, kind, member_id, subject_id, project_id, project_version,
    report_version, first_day, last_day, details, cancelled)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[],
    $7::bigint[], $8::bigint[], $9::date[], $10::date[], $11::jsonb[], $12::boolean[])
ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING;

-- update_cancelled_orders: a request; what is being sent at this moment is answered by how that ends.
UPDATE delivery SET cancelled = true
WHERE order_id IN (
    SELECT order_id FROM delivery
    WHERE order_id = ANY ($1::uuid[]) AND state IN ('pending', 'attempting') AND NOT cancelled
    ORDER BY order_id FOR UPDATE);

-- list_unsendable_orders: the pending orders that can no longer be sent.
SELECT order_id FROM order_refusals($1) WHERE reason IS NOT NULL;

-- list_pending_orders: one member's.
SELECT order_id FROM delivery WHERE member_id = $1 AND state = 'pending';

-- update_unsendable_orders: answer those of the given orders that can no longer be sent.
WITH hopeless AS MATERIALIZED (
    SELECT d.order_id, r.reason
    FROM delivery d JOIN order_refusals($1) r USING (order_id)
    WHERE d.order_id = ANY ($2::uuid[]) AND d.state = 'pending' AND r.reason IS NOT NULL
    ORDER BY d.order_id FOR UPDATE OF d
), answered AS (
    UPDATE delivery d SET state = 'refused', reason = h.reason, day = NULL, version = version + 1
    FROM hopeless h WHERE h.order_id = d.order_id
    RETURNING d.order_id, d.version, delivery_body(d) AS body
), told AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT $3, order_id, version, $4, $1, body FROM answered
)
SELECT count(*) FROM answered;

-- list_due_orders: a page of pending orders from an id on, each with whether it could be sent now. $4 the
-- notices of one person in a day
WITH page AS MATERIALIZED (
    SELECT order_id, member_id, class, kind, project_id, project_version, report_version,
        first_day, last_day, retry_at
    FROM delivery WHERE state = 'pending' AND order_id > $2 ORDER BY order_id LIMIT $3
)
SELECT d.order_id, d.member_id,
    (d.retry_at IS NULL OR d.retry_at <= $1)
    AND ($1::timestamptz AT TIME ZONE m.zone)::date BETWEEN d.first_day AND d.last_day
    AND ($1::timestamptz AT TIME ZONE m.zone)::time >= time '08:00'
    AND ($1::timestamptz AT TIME ZONE m.zone)::time < time '20:00'
    AND (d.project_id IS NULL OR coalesce(p.version >= coalesce(d.project_version, 1), false))
    AND (d.report_version IS NULL OR coalesce(r.version >= d.report_version, false))
    AND (d.class = 'notice' OR l.last_day IS NULL
        OR l.last_day + 31 <= ($1::timestamptz AT TIME ZONE m.zone)::date
        OR coalesce(l.order_id = d.order_id, false))
    AND (d.class = 'solicitation' OR n.last_day IS NULL OR n.order_id = d.order_id
        OR n.last_day + notice_spacing(d.kind) <= ($1::timestamptz AT TIME ZONE m.zone)::date)
    AND (d.class = 'solicitation' OR (SELECT count(*) FROM notice_place t
        WHERE t.person_id = m.person_id AND t.order_id <> d.order_id
            AND t.day = ($1::timestamptz AT TIME ZONE m.zone)::date) < $4) AS due
FROM page d
LEFT JOIN member m USING (member_id)
LEFT JOIN project p USING (project_id)
LEFT JOIN report r USING (project_id)
LEFT JOIN contact_lock l USING (person_id)
LEFT JOIN notice_lock n ON d.class = 'notice' AND n.person_id = m.person_id AND n.kind = d.kind
    AND n.about = coalesce(d.project_id, '00000000-0000-0000-0000-000000000000')
ORDER BY d.order_id;

-- acquire_member_shared: shared, for the session, from the check to the end of SMTP; never waits.
SELECT pg_try_advisory_lock_shared(hashtextextended($1::uuid::text, 0));

-- release_member: the message is over.
SELECT pg_advisory_unlock_shared(hashtextextended($1::uuid::text, 0));

-- lock_pending_order: one pending order with all that its message needs, unless somebody else has it.
SELECT d.order_id, d.class, d.kind, d.member_id, d.subject_id, d.project_version, d.project_id,
    d.report_version, d.first_day, d.last_day, d.details, d.cancelled, d.attempt, d.unknowns,
    d.handovers, d.retry_at,
    m.person_id, m.status, m.language, m.zone, m.ends_on,
    c.key_id, c.sealed, p.version AS held_version, p.mandate, p.recruitment_ends_on,
    p.collection_ends_on, r.version AS held_report, r.url AS report_url, r.summary AS report_summary
FROM delivery d
LEFT JOIN member m USING (member_id)
LEFT JOIN contact c USING (member_id)
LEFT JOIN project p USING (project_id)
LEFT JOIN report r USING (project_id)
WHERE d.order_id = $1 AND d.state = 'pending'
FOR UPDATE OF d SKIP LOCKED;

-- lock_contact_lock: what the person's lock says before it is taken, to be put back after a refusal.
SELECT last_day, order_id FROM contact_lock WHERE person_id = $1 FOR UPDATE;

-- upsert_contact_lock: the promise of a month, held by one row per person
-- (docs/design.md, Contact lock).
INSERT INTO contact_lock AS held VALUES ($1, $2, $3) ON CONFLICT (person_id) DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE held.last_day + 31 <= excluded.last_day OR held.order_id = excluded.order_id RETURNING 1;

-- lock_notice_lock: what the lock of a person's notices of a kind says before it is taken.
SELECT last_day, order_id FROM notice_lock WHERE person_id = $1 AND kind = $2 AND about = $3
FOR UPDATE;

-- upsert_notice_lock: the distance between two notices of one kind about one project.
INSERT INTO notice_lock AS held (person_id, kind, about, last_day, order_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT notice_lock_one_per_kind DO UPDATE
SET last_day = excluded.last_day, order_id = excluded.order_id
WHERE held.last_day + notice_spacing(held.kind) <= excluded.last_day
    OR held.order_id = excluded.order_id RETURNING 1;

-- insert_notice_place: one of the $4 places of the day, which the order may hold already.
WITH present AS (
    SELECT place FROM notice_place WHERE person_id = $1 AND day = $2 AND order_id = $3
), taken AS (
    INSERT INTO notice_place (person_id, day, place, order_id)
    SELECT $1, $2, min(free.place), $3 FROM generate_series(1, $4::int) AS free (place)
    WHERE NOT EXISTS (SELECT FROM present) AND NOT EXISTS (SELECT FROM notice_place t
        WHERE t.person_id = $1 AND t.day = $2 AND t.place = free.place)
    HAVING min(free.place) IS NOT NULL
    ON CONFLICT ON CONSTRAINT notice_place_taken_once DO NOTHING RETURNING place
)
SELECT place FROM present UNION ALL SELECT place FROM taken;

-- delete_notice_place: the place of an order that cannot be sent after all.
DELETE FROM notice_place WHERE person_id = $1 AND day = $2 AND order_id = $3;

-- delete_expired_notice_locks: what keeps no notice back any more. $1 the earliest civil day on Earth
WITH places AS (DELETE FROM notice_place WHERE day < $1::date)
DELETE FROM notice_lock WHERE last_day + 31 <= $1::date;

-- update_attempting: committed before SMTP starts.
UPDATE delivery SET state = 'attempting', attempt = attempt + 1, version = version + 1, day = $2,
    retry_at = NULL, locked_person = $3, lock_before_day = $4, lock_before_order = $5
WHERE order_id = $1 AND state = 'pending' RETURNING attempt;

-- is_attempt_open: the session lives, hence the lock on the member, and nobody judged the attempt.
SELECT EXISTS (
    SELECT FROM delivery WHERE order_id = $1 AND state = 'attempting' AND attempt = $2);

-- update_outcome: how attempt $2 ended; $6 puts the person's lock back as it was before. $10 the mail
-- server's words on a refusal, $11 whether it had the content by then
WITH done AS (
    UPDATE delivery SET state = $3, reason = $4, retry_at = $5, version = version + 1,
        reply = $10, handovers = handovers + $11::boolean::int,
        day = CASE WHEN $3 IN ('sent', 'unknown') THEN day END
    WHERE order_id = $1 AND state = 'attempting' AND attempt = $2
    RETURNING order_id, version, state, locked_person, lock_before_day, lock_before_order,
        delivery_body(delivery) AS body
), notice_put_back AS (
    UPDATE notice_lock l SET last_day = d.lock_before_day, order_id = d.lock_before_order
    FROM done d WHERE $6 AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NOT NULL
), notice_removed AS (
    DELETE FROM notice_lock l USING done d
    WHERE $6 AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NULL
), place_left AS (
    DELETE FROM notice_place p USING done d
    WHERE $6 AND p.person_id = d.locked_person AND p.order_id = d.order_id
      AND d.lock_before_order IS DISTINCT FROM d.order_id
), put_back AS (
    UPDATE contact_lock l SET last_day = d.lock_before_day, order_id = d.lock_before_order
    FROM done d WHERE $6 AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NOT NULL
), removed AS (
    DELETE FROM contact_lock l USING done d
    WHERE $6 AND l.person_id = d.locked_person AND l.order_id = d.order_id
      AND d.lock_before_day IS NULL
), told AS (
    INSERT INTO outbox (topic, key, version, kind, at, body)
    SELECT $7, order_id, version, $8, $9, body FROM done WHERE state <> 'pending'
)
SELECT count(*) FROM done;

-- publish_kept_locks: of these orders, the refused solicitations whose contact lock stays, as their content
-- was handed over. Campaigns, which frees the days of a refused order, learns when the person is free.
WITH locked AS (
    UPDATE member m SET version = m.version + 1
    FROM delivery d JOIN contact_lock l USING (order_id)
    WHERE d.order_id = ANY ($1::uuid[]) AND d.state = 'refused' AND d.class = 'solicitation'
        AND d.handovers > 0 AND m.person_id = l.person_id
        AND m.status IN ('active', 'paused', 'suspended')
    RETURNING m.member_id, m.version, member_body(m, l.last_day) AS body
)
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, member_id, version, $3, $4, body FROM locked;

-- list_open_attempts: each has a sender at work, or had one that died.
SELECT order_id, member_id FROM delivery WHERE state = 'attempting' ORDER BY order_id;

-- acquire_member_exclusive: whether no sender holds the member; keeps it so until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- lock_open_attempt: the attempt to judge, if it is still open.
SELECT attempt, class, unknowns FROM delivery WHERE order_id = $1 AND state = 'attempting'
FOR UPDATE;

-- update_unknown: nobody can know whether the message left; a solicitation stays so for good.
UPDATE delivery SET state = 'unknown', retry_at = NULL, version = version + 1
WHERE order_id = $1 AND attempt = $2 AND state = 'attempting' RETURNING version;

-- update_pending_again: a notice may come twice rather than never, three times at most.
UPDATE delivery SET state = 'pending', day = NULL, retry_at = $2, unknowns = unknowns + 1,
    version = version + 1
WHERE order_id = $1 AND state = 'unknown' AND class = 'notice' AND unknowns < 3 RETURNING version;

-- publish_delivery: the answer to one order.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $2, order_id, version, $3, $4, delivery_body(delivery) FROM delivery WHERE order_id = $1;

-- republish_deliveries: every answer once more.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, order_id, version, $2, $3, delivery_body(delivery) FROM delivery
WHERE state IN ('sent', 'unknown', 'refused', 'bounced') ORDER BY order_id;

-- count_deliveries: by class, by where they stand, and why refused.
SELECT class, state, reason, count(*) AS orders FROM delivery GROUP BY class, state, reason;

-- count_replies: the mail server's words on refusals, the most frequent first; no order and no person.
SELECT reply, count(*)::int AS orders,
    (count(*) FILTER (WHERE state IN ('pending', 'attempting')))::int AS waiting,
    max(last_day) AS until
FROM delivery WHERE reply IS NOT NULL GROUP BY reply ORDER BY orders DESC, reply LIMIT 50;
