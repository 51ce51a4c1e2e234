-- waiting_events: written to the outbox and not yet handed to Kafka.
SELECT count(*) FROM outbox WHERE topic IS NOT NULL;

-- orders_without_answer: messages ordered that registry has not answered for, as campaigns knows.
SELECT count(*) FROM send_order WHERE answer IS NULL;

-- memberships_over: who should have been let go by now.
SELECT count(*) FROM member
WHERE status IN ('active', 'paused', 'suspended') AND ends_on <= (:instant::timestamptz AT TIME ZONE zone)::date;

-- orders_by_answer: send orders as campaigns has them, by registry's answer.
SELECT coalesce(answer, 'unanswered') AS answer, count(*) AS orders
FROM send_order GROUP BY 1 ORDER BY 1;

-- deliveries_by_state: as registry has them; those pending outside of the member's sending hours or
-- window apart, as they wait for a day rather than for a process.
SELECT CASE
        WHEN d.state <> 'pending' THEN d.state
        WHEN m.member_id IS NULL THEN 'pending without a member'
        WHEN (:instant::timestamptz AT TIME ZONE m.zone)::time NOT BETWEEN time '08:00' AND time '19:59:59'
            THEN 'pending until sending hours'
        WHEN (:instant::timestamptz AT TIME ZONE m.zone)::date < d.first_day THEN 'pending until its first day'
        WHEN d.retry_at > :instant THEN 'pending until its next attempt'
        ELSE 'pending' END AS state,
    count(*) AS deliveries
FROM delivery d LEFT JOIN member m USING (member_id) GROUP BY 1 ORDER BY 1;
