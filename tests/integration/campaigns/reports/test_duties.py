"""Report duties: everybody who took part is owed the report, once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.campaigns.reports import store
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.events.registry import (
    MemberStatus,
)
from tests.support.campaigns import World
from tests.support.campaigns_reports import ReportedProject, collected, reporting


async def test_everybody_who_took_part_is_owed_the_report_as_a_notice(world: World) -> None:
    reported = await reporting(world)
    assert await reported.duties() == {invitation: "owed" for invitation, _ in reported.people}
    orders = await reported.reports_ordered()
    assert {(order.subject_id, order.member_id) for order in orders} == set(reported.people)
    project = (await world.published_projects())[-1]
    for order in orders:
        assert (order.order_class, order.report_version) == ("notice", 1)
        assert (order.project_id, order.project_version) == (reported.id, project.version)
        assert order.last_day == order.first_day + timedelta(days=1)
    assert project.state is ProjectPhase.REPORTING
    assert await world.value("SELECT count(*) FROM ledger") == 3, "a notice asks nothing"


async def test_duties_being_written_are_not_read_again_for_each_person(world: World) -> None:
    """Otherwise the cost of a report would be quadratic in the number of participants."""
    reported = await collected(world, 20)
    async with world.database.connection() as conn:
        # The planner takes reads of an empty table for free, however often they are repeated.
        await conn.execute("VACUUM ANALYZE report_duty, participation, member, credential")
    async with world.database.transaction() as conn:
        today = world.clock.today()
        plan = await conn.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {store.queries.insert_duties.text}",
            *store.queries.insert_duties.values(
                {
                    "project_id": reported.id,
                    "report_version": 1,
                    "project_version": 9,
                    "first_day": today,
                    "last_day": today,
                    "at": world.clock.now(),
                    "topic": "order.state",
                }
            ),
        )
    scans = [node for node in nodes(plan[0]["Plan"]) if node["Node Type"] != "ModifyTable"]
    duties = [scan["Actual Loops"] for scan in scans if scan.get("Relation Name") == "report_duty"]
    assert duties == [1]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_former_participants_who_may_have_contributed_are_owed_it_too(
    world: World,
) -> None:
    await world.members(4)
    project, _ = await world.launched(4, places=3)
    rows = await world.invitations(project)
    wrote, silent, stayed, waits = [(row["id"], row["member_id"]) for row in rows]
    for invitation, member_id in (wrote, silent, stayed):
        assert await world.accept(invitation, member_id) == "joined"
    assert await world.accept(*waits) == "waitlisted"
    await world.take_credential(project, *wrote)
    world.advance(days=61)
    await world.sweep()  # recruitment is over: nobody takes a freed place
    await world.leave(*wrote)
    await world.leave(*silent)
    world.advance(days=30)
    await world.sweep()
    await world.synthesised(project)
    await world.report(project)
    assert set(await ReportedProject(world, project, []).duties()) == {wrote[0], stayed[0]}


@pytest.mark.parametrize("status", [MemberStatus.LEFT, MemberStatus.ERASED])
async def test_former_and_erased_members_are_exempt_from_the_start(
    world: World, status: MemberStatus
) -> None:
    reported = await collected(world)
    await reported.leaves_panel(0, status)
    await world.synthesised(reported.id)
    await world.report(reported.id)
    assert await reported.duty(0) == f"exempt {status}"
    assert len(await reported.reports_ordered()) == 2
    await reported.all_sent()
    assert await reported.state() == "closed"


async def test_a_report_before_its_synthesis_is_known_waits_without_an_error(world: World) -> None:
    reported = await collected(world)
    await world.report(reported.id)
    assert await reported.state() == "collected"
    view = await world.view(reported.id)
    assert view.blocked_by == ["synthesis_awaited"]
    await world.synthesised(reported.id, version=3)
    assert await reported.state() == "collected", "the report answers a later version"
    await world.synthesised(reported.id, version=4)
    assert await reported.state() == "reporting"


async def test_a_report_before_the_end_of_collection_is_known_waits_for_the_sweep(
    world: World,
) -> None:
    await world.members(1)
    project, _ = await world.launched(1)
    (row,) = await world.invitations(project)
    await world.accept(row["id"], row["member_id"])
    await world.synthesised(project)
    await world.report(project)
    reported = ReportedProject(world, project, [(row["id"], row["member_id"])])
    assert await reported.state() == "open"
    world.advance(days=91)
    await world.sweep()
    assert await reported.state() == "reporting"
    assert await reported.duty(0) == "owed"


async def test_a_report_of_an_unknown_project_changes_nothing(world: World) -> None:
    await world.report(uuid4())
    await world.sweep()
    assert await world.published_projects() == []


async def test_repeated_and_older_reports_change_nothing(world: World) -> None:
    reported = await reporting(world)
    await world.report(reported.id, version=2)
    events, orders = await world.published_projects(), await world.orders()
    for version in (2, 1):
        await world.report(reported.id, version=version)
    await world.synthesised(reported.id)
    await world.sweep()
    assert (await world.published_projects(), await world.orders()) == (events, orders)


async def test_a_project_that_nobody_joined_is_reported_and_closed(world: World) -> None:
    reported = await collected(world, people=0)
    await world.synthesised(reported.id)
    await world.report(reported.id)
    assert await reported.state() == "closed"
    phases = [event.state for event in await world.published_projects()]
    assert phases[-2:] == [ProjectPhase.REPORTING, ProjectPhase.CLOSED]
