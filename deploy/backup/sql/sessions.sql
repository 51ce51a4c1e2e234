-- Who else is connected to this database. What a session is may only be seen by its own role, and
-- null otherwise; background work has no role.
SELECT DISTINCT coalesce(nullif(application_name, ''), usename::text) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL
    AND coalesce(backend_type, 'client backend') = 'client backend';
