"""Every rule and right of every service that is disabled, removed or added is reported."""

import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.backup.postgres_tools import tool
from deploy.charter_check import catalogs
from deploy.charter_check.catalogs import Difference
from deploy.charter_check.database import fetch_row
from deploy.charter_check.promises import STORED
from deploy.local.charter_check import migrate
from deploy.local.endpoints import SERVICES
from tests.support import databases
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.timeout(120)

_TRIGGERS = """
SELECT c.relname AS relation, t.tgname AS name
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal ORDER BY 1, 2"""
_CONSTRAINTS = """
SELECT r.relname AS relation, c.conname AS name FROM pg_constraint c
JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE n.nspname = 'public' AND c.contype <> 't'
    AND NOT (c.contype = 'n' AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid
        AND a.attnum = ANY (c.conkey) AND a.attidentity <> ''))
ORDER BY c.contype = 'f' DESC, c.contype = 'n', 1, 2"""
_FUNCTIONS = """
SELECT p.oid::regprocedure::text AS name, p.oid::regproc::text AS short FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' AND NOT EXISTS
    (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


@dataclass(frozen=True)
class Broken:
    """A service's database, to be changed by hand."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    migrated: catalogs.Catalog

    async def by(self, *statements: str) -> list[Difference]:
        """Differences after these statements, which are rolled back."""
        change = self.connection.transaction()
        await change.start()
        try:
            for statement in statements:
                await self.connection.execute(statement)
            return catalogs.differences(self.migrated, await catalogs.listed(self.connection))
        finally:
            await change.rollback()


async def names(broken: Broken, *statements: str) -> set[str]:
    return {str(difference) for difference in await broken.by(*statements)}


@pytest.mark.parametrize("service", SERVICES)
async def test_each_rule_that_is_switched_off_is_named(
    postgres_server: PostgresServer, service: str
) -> None:
    async with (
        databases.clone(postgres_server, service) as (_, database),
        database.connection() as connection,
    ):
        migrated = await catalogs.listed(connection)
        broken = Broken(connection, migrated)
        assert await broken.by() == []

        triggers = await connection.fetch(_TRIGGERS)
        assert triggers
        off = await names(
            broken,
            *(
                f'ALTER TABLE "{row["relation"]}" DISABLE TRIGGER "{row["name"]}"'
                for row in triggers
            ),
        )
        assert off == {
            f"changed: trigger public.{row['relation']}.{row['name']}" for row in triggers
        }

        constraints = await connection.fetch(_CONSTRAINTS)
        dropped = await names(
            broken,
            *(
                f'ALTER TABLE "{row["relation"]}" DROP CONSTRAINT "{row["name"]}"'
                for row in constraints
            ),
        )
        assert dropped >= {
            f"missing: constraint public.{row['relation']}.{row['name']}" for row in constraints
        }

        functions = await connection.fetch(_FUNCTIONS)
        assert functions
        loosened = await broken.by(
            *(f"ALTER FUNCTION {row['name']} SECURITY DEFINER" for row in functions)
        )
        assert len(loosened) == len(functions)
        assert {difference.kind for difference in loosened} == {"function"}


async def test_keys_that_the_server_no_longer_looks_at_are_named(
    postgres_server: PostgresServer,
) -> None:
    async with (
        databases.clone(postgres_server, "registry") as (_, database),
        database.connection() as connection,
    ):
        broken = Broken(connection, await catalogs.listed(connection))
        off = await names(broken, "ALTER TABLE contact DISABLE TRIGGER ALL")
        assert "changed: trigger public.contact.contact_member_id_fkey (the server's)" in off


@pytest.mark.parametrize(
    ("statements", "difference"),
    [
        (
            (
                "CREATE VIEW answers AS SELECT member_id, state FROM invitation",
                "GRANT SELECT ON answers TO panel_draw",
            ),
            "added: right public.answers: panel_draw SELECT",
        ),
        (
            (
                "CREATE SCHEMA aside",
                "CREATE VIEW aside.answers AS SELECT member_id, state FROM invitation",
            ),
            "added: view aside.answers",
        ),
        (
            ("GRANT SELECT (state) ON invitation TO panel_draw",),
            "added: right public.invitation (state): panel_draw SELECT",
        ),
        (
            ("GRANT SELECT ON participation TO PUBLIC",),
            "added: right public.participation: PUBLIC SELECT",
        ),
        (
            ("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO panel_draw",),
            "added: right later tables of owner public: panel_draw SELECT",
        ),
        (
            ("ALTER TABLE ledger OWNER TO panel_draw",),
            "changed: right public.ledger: owner",
        ),
        (
            ("REVOKE SELECT ON ledger FROM panel_draw",),
            "missing: right public.ledger: panel_draw SELECT",
        ),
        (
            ("GRANT CREATE ON SCHEMA public TO panel_draw",),
            "added: right schema public: panel_draw CREATE",
        ),
        (
            (
                "CREATE FUNCTION answers_of(uuid) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER"
                " AS 'SELECT state FROM invitation WHERE member_id = $1'",
            ),
            "added: function public.answers_of(uuid)",
        ),
        (
            ("CREATE RULE quiet AS ON DELETE TO ledger DO INSTEAD NOTHING",),
            "added: rule public.ledger.quiet",
        ),
        (
            ("ALTER TABLE ledger ENABLE ROW LEVEL SECURITY",),
            "changed: relation public.ledger",
        ),
        (
            ("ALTER TABLE send_order SET UNLOGGED",),
            "changed: relation public.send_order",
        ),
        (
            ("ALTER TABLE ledger ALTER state SET DEFAULT 'released'",),
            "changed: column public.ledger.state",
        ),
    ],
)
async def test_a_right_or_a_rule_that_no_migration_made_is_named(
    postgres_server: PostgresServer, statements: tuple[str, ...], difference: str
) -> None:
    async with (
        databases.clone(postgres_server, "campaigns") as (_, database),
        database.connection() as connection,
    ):
        broken = Broken(connection, await catalogs.listed(connection))
        assert difference in await names(broken, *statements)


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_compared_is_made_anew_from_the_migrations_and_dropped(
    postgres_server: PostgresServer, service: str
) -> None:
    async with (
        databases.clone(postgres_server, service) as (dsn, database),
        database.connection() as connection,
    ):
        if service == "campaigns":
            # A copied database has none of the rights on the database that it was copied from.
            copied = dsn.rpartition("/")[2].partition("?")[0]
            await connection.execute(f'GRANT TEMPORARY ON DATABASE "{copied}" TO panel_draw')
        databases_before = await connection.fetch("SELECT datname FROM pg_database")
        compared = await catalogs.compare(dsn, service, connection, migrate)
        assert compared.differences == []
        assert compared.rules > 50
        assert compared.rights > 50
        assert await connection.fetch("SELECT datname FROM pg_database") == databases_before


@pytest.mark.parametrize(
    ("promise", "statement"),
    [
        ("draw_role_apart", "GRANT pg_read_all_data TO panel_draw"),
        ("draw_role_apart", "ALTER ROLE panel_draw BYPASSRLS"),
        ("draw_role_apart", "ALTER ROLE panel_draw LOGIN"),
        ("triggers_fire", "ALTER ROLE panel_draw SET session_replication_role = 'replica'"),
    ],
)
async def test_a_role_or_a_setting_of_the_whole_server_is_seen(
    postgres_server: PostgresServer, promise: str, statement: str
) -> None:
    assert promise in {stored.query for stored in STORED}
    async with (
        databases.clone(postgres_server, "campaigns") as (_, database),
        database.connection() as connection,
    ):
        row = await fetch_row(connection, promise)
        assert (row["wrong"], row["looked_at"] > 0) == (0, True)
        change = connection.transaction()
        await change.start()
        try:
            await connection.execute(statement)
            row = await fetch_row(connection, promise)
            assert row["wrong"] == 1
        finally:
            await change.rollback()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_database_that_was_put_back_from_a_backup_has_every_rule(
    postgres_server: PostgresServer, service: str
) -> None:
    """PostgreSQL prints some trigger conditions with fewer brackets after a restore."""
    async with databases.clone(postgres_server, service) as (dsn, database):
        dump = subprocess.run([tool("pg_dump"), dsn], capture_output=True, check=True).stdout
        async with database.connection() as connection:
            restored = f"restored_{service}"
            await connection.execute(f'CREATE DATABASE "{restored}" TEMPLATE template0')
        other = urlsplit(dsn)._replace(path=f"/{restored}").geturl()
        command = [tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", other]
        subprocess.run(command, input=dump, capture_output=True, check=True)
        connection = await asyncpg.connect(other)
        try:
            compared = await catalogs.compare(other, service, connection, migrate)
        finally:
            await connection.close()
    assert compared.rules > 100
    assert not compared.other_rules
