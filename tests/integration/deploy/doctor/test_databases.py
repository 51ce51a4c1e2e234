"""The databases: encryption, migrations, rights, connections and poolers."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from deploy.doctor import Verdict
from deploy.doctor.databases import databases, keeps_its_session
from services.runtime.postgres import migrations
from tests.support.installation import (
    Installation,
    amiss,
    changed,
    summary,
    with_database,
)

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="package"),
]

NEWEST = migrations.for_service("services.feedback")[-1].name
BROKEN, LOOK = Verdict.BROKEN, Verdict.LOOK


async def test_a_database_in_clear_is_broken_outside_a_local_panel(
    installation: Installation,
) -> None:
    for local, verdict in ((False, BROKEN), (True, Verdict.WELL)):
        findings = databases(replace(installation.deployment, local=local))
        assert {
            finding.verdict async for finding in findings if finding.check == "databases.tls"
        } == {verdict}


@pytest.mark.parametrize(
    ("change", "back", "sentence"),
    [
        (
            f"UPDATE schema_migration SET name = 'x' || name WHERE name = '{NEWEST}'",
            f"UPDATE schema_migration SET name = '{NEWEST}' WHERE name LIKE 'x%'",
            f"feedback/x{NEWEST} was applied by a newer version",
        ),
        (
            f"UPDATE schema_migration SET checksum = 'x' || checksum WHERE name = '{NEWEST}'",
            f"UPDATE schema_migration SET checksum = substr(checksum, 2) WHERE name = '{NEWEST}'",
            f"feedback/{NEWEST} was changed after it was applied",
        ),
        (
            "CREATE TABLE kept AS SELECT * FROM schema_migration;"
            f"DELETE FROM schema_migration WHERE name = '{NEWEST}'",
            "INSERT INTO schema_migration SELECT * FROM kept ON CONFLICT DO NOTHING;"
            "DROP TABLE kept",
            f"Migrations are missing: feedback/{NEWEST}",
        ),
    ],
)
async def test_tables_of_another_version_are_broken(
    installation: Installation, change: str, back: str, sentence: str
) -> None:
    deployment = with_database(
        installation, feedback=installation.deployment.databases["feedback"].get_secret_value()
    )
    async with changed(installation.owner("feedback"), change, back):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.migrations", BROKEN)
    assert sentence in finding.message("en")
    assert await amiss(databases(deployment)) == []


@pytest.mark.parametrize(
    ("change", "back", "sentence"),
    [
        (
            "CREATE TABLE public.mine (); ALTER TABLE mine OWNER TO feedback",
            "DROP TABLE mine",
            "owns tables (public.mine)",
        ),
        (
            "GRANT feedback_migration TO feedback",
            "REVOKE feedback_migration FROM feedback",
            "owns tables",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO feedback",
            "REVOKE CREATE ON SCHEMA public FROM feedback",
            "can create objects",
        ),
        ("ALTER ROLE feedback CREATEROLE", "ALTER ROLE feedback NOCREATEROLE", "or roles"),
    ],
)
async def test_a_service_that_can_lift_constraints_is_broken(
    installation: Installation, change: str, back: str, sentence: str
) -> None:
    deployment = with_database(
        installation, feedback=installation.deployment.databases["feedback"].get_secret_value()
    )
    async with changed(installation.owner("feedback"), change, back):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.role", BROKEN)
    assert sentence in finding.message("en")


async def test_a_draw_that_can_read_answers_is_broken(installation: Installation) -> None:
    deployment = with_database(
        installation, campaigns=installation.deployment.databases["campaigns"].get_secret_value()
    )
    async with changed(
        installation.owner("campaigns"),
        "GRANT SELECT (state) ON invitation TO panel_draw",
        "REVOKE SELECT (state) ON invitation FROM panel_draw",
    ):
        (finding,) = await amiss(databases(deployment))
    assert (finding.check, finding.verdict) == ("databases.draw", BROKEN)
    assert "(invitation.state)" in finding.message("en")
    assert await amiss(databases(deployment)) == []


async def test_too_few_connections_are_to_be_looked_at(installation: Installation) -> None:
    many = replace(installation.deployment, database_connections=100)
    assert summary(await amiss(databases(many))) == {
        ("databases.connections", name, LOOK) for name in installation.deployment.databases
    }


class Pooled:
    """A connection through a pooler in transaction mode: after each transaction it continues in any
    free session, here always in another one."""

    def __init__(self, *sessions: Any) -> None:
        self._sessions = sessions
        self._turn = 0

    def __getattr__(self, name: str) -> Any:
        self._turn += 1
        return getattr(self._sessions[self._turn % len(self._sessions)], name)


async def test_a_pooler_in_transaction_mode_is_broken(installation: Installation) -> None:
    dsn = installation.owner("feedback")
    sessions = [await asyncpg.connect(dsn) for _ in range(3)]
    try:
        first, second, third = sessions
        pooled: Any = Pooled(first, second)
        assert (await keeps_its_session("feedback", pooled, third)).verdict is BROKEN
        await first.execute("SELECT pg_advisory_unlock_all()")
        assert (await keeps_its_session("feedback", first, third)).verdict is Verdict.WELL
    finally:
        for session in sessions:
            await session.close()
