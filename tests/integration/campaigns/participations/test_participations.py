"""Participations: places, the waiting list, leaving a project, leaving the panel."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.campaigns.invitations.rules import (
    AlreadyAccepted,
    AlreadyDeclined,
    InvitationClosed,
    RecruitmentIsOver,
)
from services.campaigns.participations.rules import AlreadyLeft, NotParticipating
from services.campaigns.projects.use_cases import end_due_phases
from services.contracts.events.registry import MemberStatus
from services.runtime.refusal import NotFound
from tests.support.campaigns import World, gone, member


async def invited(world: World, count: int, **changes: Any) -> tuple[UUID, list[dict[str, Any]]]:
    await world.members(count)
    project, _ = await world.launched(count, **changes)
    await world.deliver_all()
    return project, await world.invitations(project)


async def participations(world: World) -> dict[UUID, str]:
    rows = await world.rows("SELECT invitation_id, state FROM participation")
    return {row["invitation_id"]: row["state"] for row in rows}


async def confirmations(world: World) -> list[tuple[UUID, str]]:
    return [
        (order.subject_id, order.details["participation"])
        for order in await world.orders()
        if order.kind == "confirmation" and order.state == "ordered"
    ]


async def test_members_wait_when_places_are_taken_and_are_promoted_in_turn(world: World) -> None:
    project, people = await invited(world, 4, places=2)
    for number, row in enumerate(people):
        world.advance(days=1)
        joined = await world.accept(row["id"], row["member_id"])
        assert joined == ("joined" if number < 2 else "waitlisted")
    a, b, c, d = people
    await world.leave(a["id"], a["member_id"])
    assert await participations(world) == {
        a["id"]: "left",
        b["id"]: "joined",
        c["id"]: "joined",
        d["id"]: "waitlisted",
    }
    # A waiting member who leaves frees no place.
    await world.leave(d["id"], d["member_id"])
    assert await world.value("SELECT free_places FROM project WHERE id = $1", project) == 0
    assert (await confirmations(world))[-1] == (c["id"], "promoted")
    assert len(await confirmations(world)) == 5
    counts = (await world.view(project)).counts
    assert (counts.accepted, counts.waitlisted, counts.left) == (4, 0, 2)


async def test_a_confirmation_sent_in_the_morning_states_the_current_participation(
    world: World,
) -> None:
    """A member who left at night receives no confirmation, and a member who was promoted at night
    receives no message about the waiting list afterwards."""
    _, (a, b) = await invited(world, 2, places=1)
    await world.accept(a["id"], a["member_id"])
    assert await world.accept(b["id"], b["member_id"]) == "waitlisted"
    await world.leave(a["id"], a["member_id"])
    orders = {o.order_id: o for o in await world.orders() if o.kind == "confirmation"}
    assert sorted((o.subject_id, o.details["participation"], o.state) for o in orders.values()) == (
        sorted(
            [
                (a["id"], "joined", "cancelled"),
                (b["id"], "waitlisted", "cancelled"),
                (b["id"], "promoted", "ordered"),
            ]
        )
    )
    assert (
        await world.value(
            "SELECT count(*) FROM send_order WHERE kind = 'confirmation' AND state = 'ordered'"
        )
        == 1
    )


async def test_concurrent_acceptances_never_oversell_the_places(world: World) -> None:
    _, people = await invited(world, 8, places=3)
    answers = await asyncio.gather(*[world.accept(p["id"], p["member_id"]) for p in people])
    assert sorted(answers) == ["joined"] * 3 + ["waitlisted"] * 5


async def test_replies_are_final_but_a_participant_may_leave(world: World) -> None:
    _, (a, b, c) = await invited(world, 3)
    await world.accept(a["id"], a["member_id"])
    with pytest.raises(AlreadyAccepted):
        await world.decline(a["id"], a["member_id"])
    with pytest.raises(AlreadyAccepted):
        await world.accept(a["id"], a["member_id"])
    await world.leave(a["id"], a["member_id"])
    with pytest.raises(AlreadyLeft):
        await world.accept(a["id"], a["member_id"])
    await world.decline(b["id"], b["member_id"])
    with pytest.raises(AlreadyDeclined):
        await world.accept(b["id"], b["member_id"])
    with pytest.raises(NotParticipating):
        await world.leave(c["id"], c["member_id"])
    with pytest.raises(NotFound):
        await world.accept(c["id"], uuid4())
    with pytest.raises(NotFound):
        await world.accept(c["id"], b["member_id"])


async def test_transitions_that_are_not_listed_are_refused_by_the_database(world: World) -> None:
    _, (row,) = await invited(world, 1)
    await world.decline(row["id"], row["member_id"])
    with pytest.raises(asyncpg.CheckViolationError, match="invitation_transition"):
        await world.database.pool.execute("UPDATE invitation SET state = 'accepted'")
    with pytest.raises(asyncpg.CheckViolationError, match="project_transition"):
        await world.database.pool.execute("UPDATE project SET state = 'published'")


async def test_chance_decides_between_members_waiting_since_the_same_day(world: World) -> None:
    """No order within a day is kept, so that none can be matched with answers."""
    _, people = await invited(world, 9, places=1)
    first, *waiting = people
    await world.accept(first["id"], first["member_id"])
    for row in waiting:
        world.advance(minutes=1)
        assert await world.accept(row["id"], row["member_id"]) == "waitlisted"
    await world.leave(first["id"], first["member_id"])
    (promoted,) = [id for id, state in (await participations(world)).items() if state == "joined"]
    assert promoted == min(row["id"] for row in waiting), "drawn before anybody answered"


async def test_after_recruitment_the_roster_is_frozen_and_its_numbers_are_published(
    world: World,
) -> None:
    _, (a, b, c) = await invited(world, 3, places=1)
    await world.accept(a["id"], a["member_id"])
    await world.accept(b["id"], b["member_id"])
    world.advance(days=61)
    # Even before the job runs.
    with pytest.raises(RecruitmentIsOver):
        await world.accept(c["id"], c["member_id"])
    async with world.transaction() as conn:
        assert await end_due_phases(conn, world.clock) == 1
    project_event = (await world.published_projects())[-1]
    assert (project_event.state, project_event.asked, project_event.joined) == (
        "recruited",
        None,
        None,
    ), "fewer than five"
    stored = await world.rows("SELECT asked, joined FROM project")
    assert [(row["asked"], row["joined"]) for row in stored] == [(3, 1)]
    with pytest.raises(RecruitmentIsOver):
        await world.accept(c["id"], c["member_id"])
    # Leaving stays possible; nobody is promoted any more.
    await world.leave(a["id"], a["member_id"])
    assert (await participations(world))[b["id"]] == "waitlisted"
    world.advance(days=30)
    async with world.transaction() as conn:
        assert await end_due_phases(conn, world.clock) == 1
        assert await end_due_phases(conn, world.clock) == 0
    assert (await world.published_projects())[-1].state == "collected"


@pytest.mark.parametrize("status", [MemberStatus.LEFT, MemberStatus.EXPIRED, MemberStatus.ERASED])
async def test_members_who_leave_the_panel_have_nothing_open(
    world: World, status: MemberStatus
) -> None:
    await world.members(3)
    project, _ = await world.launched(3, places=1)
    a, b, c = await world.invitations(project)
    await world.accept(a["id"], a["member_id"])
    await world.accept(b["id"], b["member_id"])
    await world.apply_members(gone(a["member_id"], status), gone(c["member_id"], status))

    assert await participations(world) == {a["id"]: "left", b["id"]: "joined"}
    state = {row["id"]: row["state"] for row in await world.invitations(project)}
    assert state[c["id"]] == ("expired" if status is MemberStatus.EXPIRED else "cancelled")
    with pytest.raises(InvitationClosed):
        await world.accept(c["id"], c["member_id"])
    cancelled = [order for order in await world.orders() if order.state == "cancelled"]
    # Only the promoted member's message about the waiting list is cancelled.
    assert [(o.kind, o.details) for o in cancelled if o.member_id == b["member_id"]] == [
        ("confirmation", {"participation": "waitlisted"})
    ]
    assert {o.member_id for o in cancelled} == {a["member_id"], b["member_id"], c["member_id"]}
    assert all(order.version == 2 for order in cancelled)
    # Only a delivery outcome settles an order.
    assert await world.value("SELECT count(*) FROM ledger WHERE state = 'reserved'") == 3
    erasures = await world.value("SELECT count(*) FROM outbox WHERE kind = 'erasure.applied'")
    assert erasures == (2 if status is MemberStatus.ERASED else 0)
    # An older version that arrives again brings nobody back.
    await world.apply_members(member(c["member_id"], version=1))
    assert await world.value(
        "SELECT status FROM member WHERE member_id = $1", c["member_id"]
    ) == str(status)


async def test_on_a_merge_invitations_move_to_the_survivor_unless_it_has_its_own(
    world: World,
) -> None:
    project, (a, b) = await invited(world, 2)
    (survivor,) = await world.members(1)
    await world.accept(a["id"], a["member_id"])
    await world.apply_members(gone(a["member_id"], MemberStatus.MERGED, into=survivor))
    moved = {row["id"]: row for row in await world.invitations(project)}
    assert moved[a["id"]]["member_id"] == survivor
    assert (await participations(world))[a["id"]] == "joined"
    # The link of the merged member still opens what moved.
    await world.leave(a["id"], a["member_id"])

    await world.apply_members(gone(b["member_id"], MemberStatus.MERGED, into=survivor))
    unmoved = {row["id"]: row for row in await world.invitations(project)}
    assert unmoved[b["id"]]["member_id"] == b["member_id"]
    assert unmoved[b["id"]]["state"] == "cancelled"
