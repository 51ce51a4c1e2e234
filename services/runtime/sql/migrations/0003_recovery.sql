-- A database that was put back from a backup knows less than its service has said since. Whoever puts
-- it back writes so here, in the same commit as the tables; the service catches up before it does
-- anything else, and then says that it has.
CREATE TABLE recovery (
    restored_at timestamptz PRIMARY KEY,
    -- The moment that the backup shows.
    saved_at    timestamptz NOT NULL,
    done_at     timestamptz
);

CREATE FUNCTION recovering() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM recovery WHERE done_at IS NULL)
$$;

-- What the service had said, read again from its own topics: the newest version of each key.
CREATE TABLE told (
    topic   text,
    key     text,
    version bigint NOT NULL,
    body    jsonb NOT NULL,
    PRIMARY KEY (topic, key)
);

-- When this database was last backed up, for whoever watches.
CREATE TABLE backup_made (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    saved_at timestamptz NOT NULL
);
