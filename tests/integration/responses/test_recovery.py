"""Recovery from a backup: consumers drop a synthesis that is lost."""

import pytest

from services.contracts.events.responses import CollectionState, ProposalState
from services.contracts.topics import topic_of
from services.responses.proposals import use_cases_synthesis as synthesis
from services.responses.recovery import recovery
from tests.support.reading_room import Room

pytestmark = pytest.mark.servers


async def test_events_after_a_restore_are_newer_than_those_before(
    room: Room,
) -> None:
    draft = await room.draft("Une")
    world = room.world
    published = [
        (topic_of(CollectionState).name, world.project_id, 40),
        (topic_of(ProposalState).name, draft.id, 50),
    ]
    async with world.service.database.transaction() as conn:
        for topic, key, version in published:
            await conn.execute(
                "INSERT INTO told VALUES ($1, $2, $3, '{}')", topic, str(key), version
            )
        await recovery(world.service.clock).after_replay(conn)
        await synthesis.republish(conn, world.service.clock)
        collection = await conn.fetchval(
            "SELECT max(version) FROM outbox WHERE topic = $1", topic_of(CollectionState).name
        )
        proposal = await conn.fetchval("SELECT version FROM proposal WHERE id = $1", draft.id)
    assert (collection, proposal) == (41, 51)
