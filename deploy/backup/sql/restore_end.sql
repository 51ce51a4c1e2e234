-- A service that began meanwhile has not seen that it must catch up; see sessions.sql.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND usename IS NOT NULL
        AND coalesce(backend_type, 'client backend') = 'client backend') THEN
        RAISE EXCEPTION 'somebody uses this database';
    END IF;
END
$$;
-- From now on the service catches up before it does anything else.
INSERT INTO public.recovery (restored_at, saved_at) VALUES (clock_timestamp(), :'saved_at');
COMMIT;
ANALYZE;
