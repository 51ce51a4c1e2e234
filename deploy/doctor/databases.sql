-- looked_at: what one row tells of the server and of who looks
SELECT current_setting('server_version_num')::int / 10000 AS version,
    current_setting('server_version') AS said_version,
    clock_timestamp() AS now,
    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted,
    current_user AS role,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
    (SELECT rolcreaterole OR rolbypassrls OR rolcreatedb FROM pg_roles
        WHERE rolname = current_user) AS privileged,
    has_schema_privilege(current_user, 'public', 'CREATE') AS may_create,
    has_database_privilege(current_user, current_database(), 'CREATE') AS may_create_schemas,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - current_setting('reserved_connections')::int AS places;

-- owned: what the role owns, by itself or as a member of the owner
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
    AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_has_role(current_user, c.relowner, 'MEMBER')
ORDER BY 1;

-- draw_reads: every column of what holds answers that the draw may read
SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ('invitation', 'participation')
    AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege('panel_draw', a.attrelid, a.attnum, 'SELECT')
ORDER BY 1;

-- minutes_ahead: of UTC in a zone at a moment
SELECT extract(epoch FROM (:instant::timestamptz AT TIME ZONE :zone) AT TIME ZONE 'UTC' - :instant)::int / 60;

-- lock: one of the session's own, which ends with it
SELECT pg_advisory_lock(:lock_key);

-- holds_lock: in the session that now answers
SELECT pg_backend_pid() AS pid, EXISTS (SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) + objid::bigint = :lock_key AND objsubid = 1) AS held;

-- unlock: if it is still there
SELECT pg_advisory_unlock(:lock_key);
