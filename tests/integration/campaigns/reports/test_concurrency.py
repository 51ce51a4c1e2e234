"""Reports, outcomes and departures that arrive at the same moment."""

import asyncio
from collections.abc import Awaitable

import pytest

from services.contracts.events.campaigns import ProjectPhase
from services.contracts.events.registry import (
    DeliveryOutcome,
)
from tests.support.campaigns import World
from tests.support.campaigns_reports import collected, reporting
from tests.support.servers import eventually

SENT = DeliveryOutcome.SENT
BOUNCED = DeliveryOutcome.BOUNCED


async def meanwhile(world: World, first: Awaitable[None], second: Awaitable[None]) -> None:
    """Both begin while somebody holds the project; `first` is first in the queue for it."""
    conn = await world.database.dedicated("held")
    try:
        async with conn.transaction():
            await conn.execute("SELECT FROM project FOR NO KEY UPDATE")
            begun = asyncio.ensure_future(first)
            await eventually(lambda: waiting(world, 1), "the first waits for the project")
            then = asyncio.ensure_future(second)
            await eventually(lambda: waiting(world, 2), "the second waits behind it")
        await asyncio.gather(begun, then)
    finally:
        await conn.close()


async def waiting(world: World, number: int) -> bool:
    count: int = await world.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    return count == number


@pytest.mark.parametrize("turned", [False, True])
async def test_a_revision_that_arrives_as_the_last_report_is_sent_is_owed(
    world: World, turned: bool
) -> None:
    reported = await reporting(world, people=2)
    await reported.settle(0, SENT)
    concurrent = [reported.settle(1, SENT), world.report(reported.id, version=2)]
    await meanwhile(world, *(concurrent[::-1] if turned else concurrent))
    assert await reported.state() == "reporting"
    assert set((await reported.duties(2)).values()) == {"owed"}
    await reported.all_sent(version=2)
    assert await reported.state() == "closed"


@pytest.mark.parametrize("turned", [False, True])
async def test_a_member_who_leaves_as_the_report_arrives_is_exempt(
    world: World, turned: bool
) -> None:
    reported = await collected(world, people=2)
    await world.synthesised(reported.id)
    concurrent = [world.report(reported.id), reported.leaves_panel(0)]
    await meanwhile(world, *(concurrent[::-1] if turned else concurrent))
    await world.sweep()
    assert (await reported.duty(0), await reported.duty(1)) == ("exempt left", "owed")
    await reported.settle(1, SENT)
    assert await reported.state() == "closed"


@pytest.mark.parametrize("turned", [False, True])
async def test_the_last_outcomes_of_two_consumers_close_the_project_once(
    world: World, turned: bool
) -> None:
    reported = await reporting(world, people=2)
    concurrent = [reported.settle(0, SENT), reported.settle(1, BOUNCED)]
    await meanwhile(world, *(concurrent[::-1] if turned else concurrent))
    phases = [event.state for event in await world.published_projects()]
    assert (phases[-1], phases.count(ProjectPhase.CLOSED)) == (ProjectPhase.CLOSED, 1)
