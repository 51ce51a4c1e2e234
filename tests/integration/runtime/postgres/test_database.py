"""Migrations go forward only; sessions of vanished clients end."""

from dataclasses import replace

import asyncpg
import pytest
from pydantic import SecretStr

from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from services.runtime.postgres.migrations import MigrationConflict
from tests.support.servers import PostgresServer


@pytest.fixture
async def empty(postgres_server: PostgresServer):  # type: ignore[no-untyped-def]
    await postgres_server.create_database("empty")
    conn = await db.connect(postgres_server.dsn("empty"))
    yield conn
    await conn.close()
    await postgres_server.drop_database("empty")


SERVICES = ("registry", "campaigns", "responses", "feedback")


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_apply_once(empty: db.Connection, service: str) -> None:
    steps = migrations.for_service(f"services.{service}")
    assert len(await migrations.migrate(empty, steps)) == len(steps)
    assert await migrations.migrate(empty, steps) == []


async def test_a_migration_that_was_changed_after_it_was_applied_stops_the_start(
    empty: db.Connection,
) -> None:
    steps = migrations.for_service("services.feedback")
    await migrations.migrate(empty, steps)
    changed = [replace(steps[0], sql=steps[0].sql + "\n-- later"), *steps[1:]]
    with pytest.raises(MigrationConflict, match="was changed"):
        await migrations.migrate(empty, changed)


async def test_the_version_before_starts_on_tables_to_which_a_newer_one_only_added(
    empty: db.Connection,
) -> None:
    first = migrations.Migration("test", "0001_first.sql", "CREATE TABLE first ()")
    adds = migrations.Migration("test", "0002_adds.sql", "CREATE TABLE more ()")
    takes = migrations.Migration("test", "0003_contract_first.sql", "DROP TABLE first")
    between = migrations.Migration("test", "0000_between.sql", "SELECT 1")
    await migrations.migrate(empty, [first, adds])
    assert await migrations.migrate(empty, [first]) == []
    with pytest.raises(MigrationConflict, match="newer version"):
        await migrations.missing(empty, [first])
    # Of another history, not of a newer version.
    await migrations.migrate(empty, [between, first, adds])
    with pytest.raises(MigrationConflict, match="0000_between"):
        await migrations.migrate(empty, [first, adds])
    await migrations.migrate(empty, [between, first, adds, takes])
    with pytest.raises(MigrationConflict, match="0003_contract"):
        await migrations.migrate(empty, [between, first, adds])


async def test_a_failed_migration_leaves_nothing_behind(empty: db.Connection) -> None:
    broken = migrations.Migration("test", "0001_broken.sql", "CREATE TABLE half (); SELECT 1/0;")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrations.migrate(empty, [broken])
    assert await empty.fetchval("SELECT to_regclass('half')") is None


async def test_a_reading_transaction_cannot_write(database) -> None:  # type: ignore[no-untyped-def]
    feedback = await database("feedback")
    async with feedback.read_only() as conn:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await conn.execute("DELETE FROM outbox")


async def test_a_client_whose_machine_vanished_is_given_up_within_two_minutes(
    postgres_server: PostgresServer,
) -> None:
    """Its session holds locks that others wait for: on a member, or on leading the relay."""
    await postgres_server.create_database("vanished")
    dsn = postgres_server.dsn("vanished")
    database = db.Database(SecretStr(dsn))
    await database.start()
    alone = await database.dedicated("sender")
    for conn in (alone, database.pool):
        settings = [
            int(await conn.fetchval(f"SELECT setting FROM pg_settings WHERE name = '{name}'"))
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        ]
        idle, interval, count = settings
        assert 0 < idle + interval * count <= 120
    await alone.close()
    await database.stop()
    await postgres_server.drop_database("vanished")
