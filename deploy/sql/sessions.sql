-- Who else is connected to this database.
SELECT DISTINCT coalesce(nullif(application_name, ''), usename::text) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
