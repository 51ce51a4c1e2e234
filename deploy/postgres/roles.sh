#!/bin/sh
# Four databases. Of each: a role that owns it and changes its tables, for migrations alone, and one
# that the service runs as, which only reads and writes rows. Runs once, when the server is new.
set -eu
psql() { command psql --quiet --no-psqlrc -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"; }

psql <<'SQL'
CREATE ROLE panel_draw NOLOGIN;
SQL

for service in registry campaigns responses feedback; do
  psql -v service="$service" -v migration="${service}_migration" \
    -v password="$(cat /keys/$service)" -v other="$(cat /keys/${service}_migration)" <<'SQL'
CREATE ROLE :"migration" LOGIN PASSWORD :'other';
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"migration";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"service" TO :"service";
SQL
  psql --dbname "$service" -v service="$service" -v migration="${service}_migration" <<'SQL'
GRANT USAGE ON SCHEMA public TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"migration" IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"migration" IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO :"service";
SQL
done

# The draw runs as a role that cannot read answers; campaigns may become it, and nobody else.
psql <<'SQL'
GRANT panel_draw TO campaigns_migration WITH ADMIN TRUE, INHERIT TRUE, SET TRUE;
GRANT panel_draw TO campaigns WITH INHERIT TRUE, SET TRUE;
SQL
