-- write_event: put one event on the outbox, in the caller's transaction.
INSERT INTO outbox (topic, key, version, kind, at, body) VALUES ($1, $2, $3, $4, $5, $6);

-- write_events: the same for many, in the order given.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT $1, e.key, e.version, $2, $3, e.body
FROM unnest($4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY AS e (key, version, body, place)
ORDER BY e.place;

-- write_hint: tell the screens that something changed; never leaves the service.
INSERT INTO outbox (key, kind, version, at) VALUES ($1, $2, $3, $4);

-- next_batch: the oldest rows. No cursor: a late commit with a lower id is simply picked up next.
-- Bytes are made here, on the server's core, because the relay's is the one that is busy.
SELECT id, topic, convert_to(key, 'UTF8') AS key, version,
       convert_to(event_id::text, 'UTF8') AS event_id, kind, at,
       convert_to(body, 'UTF8') AS body, traceparent
FROM outbox ORDER BY id LIMIT $1;

-- sent: exactly the rows that were sent, never a range.
DELETE FROM outbox WHERE id = ANY ($1::bigint[]);

-- backlog: how many events wait, and the age of the oldest in seconds.
SELECT count(*) AS waiting, coalesce(extract(epoch FROM $1 - min(at)), 0)::float AS age
FROM outbox WHERE topic IS NOT NULL;

-- bury: store a record that could not be applied; the same record again changes nothing.
INSERT INTO dead_letter (topic, partition, "offset", headers, key, value, error, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT ON CONSTRAINT dead_letter_once DO NOTHING;

-- dead_letters: what waits for a person, oldest first.
SELECT id, topic, partition, "offset", error, stored_at, replayed_at FROM dead_letter
WHERE replayed_at IS NULL ORDER BY id LIMIT $1;

-- lock_dead_letter: one of them, to be replayed.
SELECT id, topic, headers, key, value FROM dead_letter WHERE id = $1 AND replayed_at IS NULL
FOR UPDATE;

-- mark_replayed: it was applied.
UPDATE dead_letter SET replayed_at = $2 WHERE id = $1;

-- forget_dead_letters: they live 30 days.
DELETE FROM dead_letter WHERE stored_at < $1;

-- count_dead_letters: what waits for a person, per topic.
SELECT topic, count(*) AS waiting FROM dead_letter WHERE replayed_at IS NULL GROUP BY topic;
