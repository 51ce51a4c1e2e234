-- insert_event: put one event on the outbox, in the caller's transaction.
INSERT INTO outbox (topic, key, version, kind, at, body)
VALUES (:topic, :key, :version, :kind, :at, :body);

-- insert_events: events of one type, in the order given.
INSERT INTO outbox (topic, key, version, kind, at, body)
SELECT :topic, e.key, e.version, :kind, :at, e.body
FROM unnest(:keys::text[], :versions::bigint[], :bodies::text[])
    WITH ORDINALITY AS e (key, version, body, place)
ORDER BY e.place;

-- insert_hint: tell the screens that something changed; a hint never leaves the service.
INSERT INTO outbox (key, kind, version, at) VALUES (:key, :kind, :version, :at);

-- list_outgoing: the oldest rows. No cursor: a late commit with a lower id comes in the next batch.
-- PostgreSQL makes the bytes, on its own core, because the relay's core is the busy one.
SELECT id, topic, convert_to(key, 'UTF8') AS key, version,
       convert_to(event_id::text, 'UTF8') AS event_id, kind, at,
       convert_to(body, 'UTF8') AS body, traceparent
FROM outbox ORDER BY id LIMIT :limit;

-- delete_sent: exactly the rows that were sent, never a range.
DELETE FROM outbox WHERE id = ANY (:ids::bigint[]);

-- notify: send hints to every process that listens.
SELECT pg_notify(:channel, :payload);

-- try_to_lead: become the relay that sends this service's events, unless another one leads.
SELECT pg_try_advisory_lock(:lock);

-- find_backlog: number of events on the outbox, and the age of the oldest in seconds.
SELECT count(*) AS waiting, coalesce(extract(epoch FROM :at - min(at)), 0)::float AS age
FROM outbox WHERE topic IS NOT NULL;
