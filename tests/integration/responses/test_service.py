"""The whole service on real servers: it consumes a project and publishes its collection."""

from pathlib import Path

import httpx

from services.contracts.envelope import decode
from services.contracts.events.responses import CollectionState
from services.contracts.topics import topic_of
from services.responses.app import build
from tests.support import databases
from tests.support.events import committed, produce
from tests.support.responses import FIRST_DAY, World, project, settings
from tests.support.running import serving
from tests.support.servers import PostgresServer, eventually


async def test_a_project_is_followed_from_its_publication_to_the_end_of_its_collection(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> None:
    async with databases.clone(postgres_server, "responses") as (dsn, _):
        service = build(settings(dsn, tmp_path / "clock.json", kafka=kafka))
        async with serving(service) as client:
            world = World(service, client)
            world.on(FIRST_DAY)
            await produce(kafka, project(project_id=world.project_id))

            async def project_is_known() -> bool:
                return await world.count("collection") == 1

            await eventually(project_is_known, "the project is known")
            await world.make_ready()
            await produce(kafka, project("open", 2, world.project_id))

            async def is_open() -> bool:
                return bool((await fetch_page_content(world)).json().get("state") == "open")

            await eventually(is_open, "answers are taken")
            await world.send_many(6)
            assert await world.count("contribution") == 0
            await produce(kafka, project("collected", 3, world.project_id, issued=6))

            async def ended() -> bool:
                return await world.count("contribution WHERE on_day = '2026-11-24'") == 6

            await eventually(ended, "the job opened what was sealed")
        records = await committed(
            kafka, topic_of(CollectionState).name, lambda records: len(records) == 3
        )
    states = [decode(CollectionState, record.headers, record.value) for record in records]
    assert [state.state for state in states] == ["preparing", "ready", "ended"]
    assert states[-1].contributions == 6


async def fetch_page_content(world: World) -> httpx.Response:
    return await world.client.get(f"/answer/{world.project_id}/about.json")
