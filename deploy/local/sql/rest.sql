-- waiting_events: written to the outbox and not yet handed to Kafka.
SELECT count(*) FROM outbox WHERE topic IS NOT NULL;

-- orders_without_answer: messages ordered that registry has not answered for, as campaigns knows.
SELECT count(*) FROM send_order WHERE answer IS NULL;

-- memberships_over: who should have been let go by now. $1 the instant
SELECT count(*) FROM member
WHERE status IN ('active', 'paused', 'suspended') AND ends_on <= ($1::timestamptz AT TIME ZONE zone)::date;
