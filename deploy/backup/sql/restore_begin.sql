-- One transaction: until its end the database is as it was, and whoever reads it waits.
BEGIN;
SET client_min_messages = warning;
-- Of what migrations make, the part that is the server's and in no database's dump.
DO $$
BEGIN
    IF current_database() = 'campaigns' THEN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'panel_draw') THEN
            CREATE ROLE panel_draw NOLOGIN;
        END IF;
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO panel_draw', current_database());
    END IF;
END
$$;
DROP SCHEMA public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
