"""A database from before reports: nothing is answered by what was not told yet."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.feedback.app import build
from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from tests.support.feedback import (
    COLLECTION_ENDED,
    TODAY,
    World,
    collection,
    project,
    proposal,
    settings,
)
from tests.support.running import signing_in
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.servers


@pytest.fixture
async def upgraded(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[World]:
    """It knew a synthesised project when its only migration was the first."""
    name, project_id = f"feedback_{uuid4().hex[:8]}", uuid4()
    await postgres_server.create_database(name)
    dsn = postgres_server.dsn(name)
    conn = await db.connect(dsn)
    steps = migrations.for_service("services.feedback")
    first = next(n for n, one in enumerate(steps) if one.name == "0001_projects.sql") + 1
    await migrations.migrate(conn, steps[:first])
    await conn.execute(
        "INSERT INTO project VALUES ($1, 5, 'collected', 'La lettre', 'M. Bernard', $2)",
        project_id,
        COLLECTION_ENDED,
    )
    await conn.execute("INSERT INTO collection VALUES ($1, 9, 'synthesised')", project_id)
    await migrations.migrate(conn, steps)
    await conn.close()
    async with signing_in() as issuer:
        service = build(settings(dsn, tmp_path / "clock.json", issuer.url))
        await service.database.start()
        transport = httpx.ASGITransport(
            service.api, raise_app_exceptions=False, client=("192.0.2.7", 1)
        )
        async with httpx.AsyncClient(
            transport=transport,
            base_url="http://feedback.test",
            headers={"Accept": "application/json", "Accept-Language": "en"},
        ) as client:
            world = World(service, client, issuer, project_id)
            world.on(TODAY)
            yield world
        await service.database.stop()
    await postgres_server.drop_database(name)


async def test_no_report_is_published_from_a_synthesis_whose_list_was_not_told_yet(
    upgraded: World,
) -> None:
    assert (await upgraded.summarise()).is_success
    refused = await upgraded.publish()
    assert (refused.status_code, refused.json()["title"]) == (409, "ReportBlocked")
    assert not await upgraded.events("report.state")


async def test_what_is_republished_fills_in_what_was_known_before(upgraded: World) -> None:
    id = upgraded.project_id
    one = proposal(id, "Un résumé")
    await upgraded.hear(project(id), one, collection(id, [one]))
    await upgraded.decide(one.proposal_id)
    assert (await upgraded.summarise()).is_success
    assert (await upgraded.publish()).is_success


async def test_the_database_refuses_a_report_on_a_list_that_was_not_told(upgraded: World) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await upgraded.execute(
            "INSERT INTO published_report VALUES"
            f" ('{upgraded.project_id}', 1, 0, 1, 'Fait.', '{{}}', 'x', '2027-01-12')"
        )
    assert violated.value.constraint_name == "report_answers_every_proposal"
