-- Tables that every service needs to publish events, to receive them, and to catch up after a restore.

-- Outgoing: a row with a topic is an event; a row without one is a hint, which only screens receive.
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text,
    key         text NOT NULL,
    version     bigint,
    event_id    uuid NOT NULL DEFAULT gen_random_uuid(),
    kind        text NOT NULL,
    at          timestamptz NOT NULL,
    body        text,
    -- The trace that the event is part of, where there is one. The transaction that writes the event
    -- sets it once (services/runtime/postgres/database.py), so that no statement needs to.
    traceparent text DEFAULT nullif(current_setting('panel.traceparent', true), ''),
    CONSTRAINT outbox_event_has_body CHECK ((topic IS NULL) = (body IS NULL))
);

-- Incoming records that cannot be applied, until somebody replays them.
CREATE TABLE dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL,
    partition   int NOT NULL,
    "offset"    bigint NOT NULL,
    headers     jsonb NOT NULL,
    key         bytea,
    value       bytea,
    error       text NOT NULL,
    stored_at   timestamptz NOT NULL,
    replayed_at timestamptz,
    -- A batch that is delivered again stores the same record again.
    CONSTRAINT dead_letter_once UNIQUE (topic, partition, "offset")
);

-- A database restored from a backup lacks what its service published after that backup. The restore
-- inserts a row in the same commit as the tables; the service catches up before it does anything else
-- and then completes the row.
CREATE TABLE recovery (
    restored_at timestamptz PRIMARY KEY,
    -- The moment that the backup shows.
    saved_at    timestamptz NOT NULL,
    done_at     timestamptz
);

CREATE FUNCTION recovering() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM recovery WHERE done_at IS NULL)
$$;

-- Events that the service published, read again from its own topics: the newest version of each key.
CREATE TABLE told (
    topic   text,
    key     text,
    version bigint NOT NULL,
    body    jsonb NOT NULL,
    PRIMARY KEY (topic, key)
);

-- The newest backup of this database, for monitoring: one row.
CREATE TABLE backup_made (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    saved_at timestamptz NOT NULL
);
