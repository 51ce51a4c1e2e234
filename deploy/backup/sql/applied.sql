-- The migrations that made this database.
SELECT origin || '/' || name FROM schema_migration ORDER BY 1;
