"""A formal return to everybody who took part: owed, sent or recorded, and only then closed."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.campaigns import maintenance as upkeep
from services.campaigns import maintenance_store as upkeep_store
from services.campaigns.members import use_cases as news
from services.campaigns.queries import sql
from services.contracts.events.campaigns import OrderKind, OrderState, ProjectPhase
from services.contracts.events.registry import (
    DeliveryOutcome,
    DeliveryState,
    MemberStatus,
    RefusedReason,
)
from tests.integration.campaigns.projects.test_mandate import ROUX, change
from tests.support.campaigns import World, gone, member
from tests.support.servers import eventually

SENT, REFUSED = DeliveryOutcome.SENT, DeliveryOutcome.REFUSED
UNKNOWN, BOUNCED = DeliveryOutcome.UNKNOWN, DeliveryOutcome.BOUNCED
WINDOW_OVER, MERGED = RefusedReason.WINDOW_OVER, RefusedReason.MERGED
NOT_ACTIVE, CANCELLED = RefusedReason.NOT_ACTIVE, RefusedReason.CANCELLED


@dataclass
class Room:
    """A project whose collection has ended, and those who took part in it."""

    world: World
    project: UUID
    people: Sequence[tuple[UUID, UUID]]  # invitation, member

    async def state(self) -> str:
        return str(await self.world.value("SELECT state FROM project WHERE id = $1", self.project))

    async def duties(self, version: int = 1) -> dict[UUID, str]:
        """By invitation; what ended otherwise than sent says why."""
        rows = await self.world.rows(
            "SELECT invitation_id, concat_ws(' ', state, reason) AS said FROM report_duty"
            " WHERE project_id = $1 AND report_version = $2",
            self.project,
            version,
        )
        return {row["invitation_id"]: row["said"] for row in rows}

    async def duty(self, person: int, version: int = 1) -> str:
        return (await self.duties(version))[self.people[person][0]]

    async def order(self, person: int, version: int = 1) -> UUID:
        """The order that is to send this person's report now."""
        order: UUID = await self.world.value(
            "SELECT order_id FROM report_duty WHERE project_id = $1 AND report_version = $2"
            " AND invitation_id = $3",
            self.project,
            version,
            self.people[person][0],
        )
        return order

    async def answer(self, person: int, *said: Any, version: int = 1, report: int = 1) -> None:
        outcome, reason = (*said, None)[:2]
        order = await self.order(person, report)
        await self.world.deliver(order, outcome, version, reason=reason)

    async def all_sent(self, version: int = 1) -> None:
        for person, (invitation, _) in enumerate(self.people):
            if (await self.duties(version))[invitation] == "owed":
                await self.answer(person, SENT, report=version)

    async def leaves_panel(self, person: int, status: MemberStatus = MemberStatus.LEFT) -> None:
        await self.world.tell_members(gone(self.people[person][1], status, version=5))

    async def reports_ordered(self) -> list[OrderState]:
        return [one for one in await self.world.orders() if one.kind is OrderKind.REPORT]


async def collected(world: World, people: int = 3) -> Room:
    """Everybody joined and took their credential."""
    await world.members(people)
    project, _ = await world.launched(max(people, 1))
    await world.deliver_all()
    room = Room(world, project, [])
    for row in await world.invitations(project):
        await world.accept(row["id"], row["member_id"])
        await world.take_credential(project, row["id"], row["member_id"])
        room.people = [*room.people, (row["id"], row["member_id"])]
    await world.deliver_all()
    world.advance(days=91)
    await world.sweep()
    await world.sweep()
    assert await room.state() == "collected"
    return room


async def reporting(world: World, people: int = 3) -> Room:
    room = await collected(world, people)
    await world.synthesised(room.project)
    await world.report(room.project)
    assert await room.state() == "reporting"
    return room


# -- owed


async def test_everybody_who_took_part_is_owed_the_report_as_a_notice(world: World) -> None:
    room = await reporting(world)
    assert await room.duties() == {invitation: "owed" for invitation, _ in room.people}
    orders = await room.reports_ordered()
    assert {(one.subject_id, one.member_id) for one in orders} == set(room.people)
    project = (await world.projects_told())[-1]
    for one in orders:
        assert (one.order_class, one.report_version) == ("notice", 1)
        assert (one.project_id, one.project_version) == (room.project, project.version)
        assert one.last_day == one.first_day + timedelta(days=1)
    assert project.state is ProjectPhase.REPORTING
    assert await world.value("SELECT count(*) FROM ledger") == 3, "a notice asks nothing"


async def test_what_is_being_written_is_not_read_again_for_each_person(world: World) -> None:
    """Else a report to a million people costs a million times a million."""
    room = await collected(world, 20)
    async with world.database.connection() as conn:
        # What is known to be empty seems to cost nothing, however often it is read.
        await conn.execute("VACUUM ANALYZE report_duty, participation, member, credential")
    async with world.database.transaction() as conn:
        today = world.clock.today()
        plan = await conn.fetchval(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.create_duties}",
            *(room.project, 1, 9, today, today, world.clock.now(), "order.state"),
        )
    read = [one for one in nodes(plan[0]["Plan"]) if one["Node Type"] != "ModifyTable"]
    duties = [one["Actual Loops"] for one in read if one.get("Relation Name") == "report_duty"]
    assert duties == [1]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_who_stopped_taking_part_but_may_have_contributed_is_owed_it_too(
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
    assert set(await Room(world, project, []).duties()) == {wrote[0], stayed[0]}


@pytest.mark.parametrize("status", [MemberStatus.LEFT, MemberStatus.ERASED])
async def test_who_left_the_panel_or_was_erased_before_is_exempt_from_the_start(
    world: World, status: MemberStatus
) -> None:
    room = await collected(world)
    await room.leaves_panel(0, status)
    await world.synthesised(room.project)
    await world.report(room.project)
    assert await room.duty(0) == f"exempt {status}"
    assert len(await room.reports_ordered()) == 2
    await room.all_sent()
    assert await room.state() == "closed"


async def test_a_report_before_its_synthesis_is_known_waits_without_an_error(world: World) -> None:
    room = await collected(world)
    await world.report(room.project)
    assert await room.state() == "collected"
    view = await world.view(room.project)
    assert view.blocked_by == ["synthesis_awaited"]
    await world.synthesised(room.project, version=3)
    assert await room.state() == "collected", "the report answers a later version"
    await world.synthesised(room.project, version=4)
    assert await room.state() == "reporting"


async def test_a_report_before_the_end_of_collection_is_known_waits_for_the_sweep(
    world: World,
) -> None:
    await world.members(1)
    project, _ = await world.launched(1)
    (row,) = await world.invitations(project)
    await world.accept(row["id"], row["member_id"])
    await world.synthesised(project)
    await world.report(project)
    room = Room(world, project, [(row["id"], row["member_id"])])
    assert await room.state() == "open"
    world.advance(days=91)
    await world.sweep()
    assert await room.state() == "reporting"
    assert await room.duty(0) == "owed"


async def test_a_report_of_an_unknown_project_changes_nothing(world: World) -> None:
    await world.report(uuid4())
    await world.sweep()
    assert await world.projects_told() == []


async def test_reports_again_or_older_change_nothing(world: World) -> None:
    room = await reporting(world)
    await world.report(room.project, version=2)
    told, orders = await world.projects_told(), await world.orders()
    for version in (2, 1):
        await world.report(room.project, version=version)
    await world.synthesised(room.project)
    await world.sweep()
    assert (await world.projects_told(), await world.orders()) == (told, orders)


async def test_a_project_that_nobody_joined_is_reported_and_closed(world: World) -> None:
    room = await collected(world, people=0)
    await world.synthesised(room.project)
    await world.report(room.project)
    assert await room.state() == "closed"
    phases = [one.state for one in await world.projects_told()]
    assert phases[-2:] == [ProjectPhase.REPORTING, ProjectPhase.CLOSED]


# -- settled


@pytest.mark.parametrize(
    ("answer", "reason", "duty"),
    [
        (SENT, None, "sent"),
        (UNKNOWN, None, "undeliverable unknown"),
        (BOUNCED, None, "undeliverable bounced"),
        (REFUSED, RefusedReason.NO_ADDRESS, "undeliverable no_address"),
        (REFUSED, RefusedReason.REJECTED, "undeliverable rejected"),
        (REFUSED, WINDOW_OVER, "owed"),
        (REFUSED, MERGED, "owed"),
    ],
)
async def test_registrys_answer_settles_the_duty_once(
    world: World, answer: DeliveryOutcome, reason: RefusedReason | None, duty: str
) -> None:
    room = await reporting(world)
    for _ in range(2):
        await room.answer(0, answer, reason)
    assert await room.duty(0) == duty
    assert await room.state() == "reporting"
    assert await room.duty(1) == "owed"


@pytest.mark.parametrize(
    "status", [MemberStatus.EXPIRED, MemberStatus.PAUSED, MemberStatus.SUSPENDED]
)
async def test_who_cannot_be_written_to_any_more_is_recorded_as_undeliverable(
    world: World, status: MemberStatus
) -> None:
    room = await reporting(world, people=1)
    await world.tell_members(
        gone(room.people[0][1], status, version=5)
        if status.is_final
        else member(room.people[0][1], version=5, status=status)
    )
    assert await room.duty(0) == "owed", "only registry's answer settles an order"
    await room.answer(0, REFUSED, CANCELLED if status.is_final else NOT_ACTIVE)
    assert await room.duty(0) == "undeliverable not_active"
    assert await room.state() == "closed"


async def test_who_leaves_while_owed_is_exempt_and_the_message_is_stopped(world: World) -> None:
    room = await reporting(world, people=2)
    await room.answer(1, SENT)
    await room.leaves_panel(0)
    assert await room.duty(0) == "exempt left"
    assert (await room.reports_ordered())[-1].state == "cancelled"
    assert (await room.reports_ordered())[-1].report_version == 1
    assert await room.state() == "closed", "the last duty ended with this"
    # Whatever became of the message, the duty stays as it ended.
    for version, said in enumerate([(REFUSED, CANCELLED), (SENT,), (BOUNCED,)], 1):
        await room.answer(0, *said, version=version)
        assert await room.duty(0) == "exempt left"


@pytest.mark.parametrize("status", [MemberStatus.LEFT, MemberStatus.ERASED])
async def test_an_answer_that_comes_before_the_news_of_the_departure_waits_for_it(
    world: World, status: MemberStatus
) -> None:
    room = await reporting(world, people=1)
    await room.answer(0, REFUSED, NOT_ACTIVE)
    await world.sweep()
    assert (await room.duty(0), await room.state()) == ("owed", "reporting")
    await room.leaves_panel(0, status)
    assert (await room.duty(0), await room.state()) == (f"exempt {status}", "closed")


async def test_an_answer_that_no_news_ever_explains_is_undeliverable_after_the_window(
    world: World,
) -> None:
    room = await reporting(world, people=1)
    await room.answer(0, REFUSED, NOT_ACTIVE)
    world.advance(days=3)
    await world.sweep()
    assert await room.duty(0) == "undeliverable not_active"
    assert await room.state() == "closed"


async def test_a_bounce_after_sent_is_undeliverable_and_the_project_stays_closed(
    world: World,
) -> None:
    room = await reporting(world, people=1)
    await room.answer(0, SENT)
    assert await room.state() == "closed"
    await room.answer(0, BOUNCED, version=2)
    await room.answer(0, SENT, version=1)
    assert (await room.duty(0), await room.state()) == ("undeliverable bounced", "closed")


async def test_a_missed_window_gets_a_new_order_and_nothing_is_re_dated(world: World) -> None:
    room = await reporting(world)
    first = await room.order(0)
    before = await world.rows("SELECT * FROM send_order WHERE order_id = $1", first)
    await room.answer(0, REFUSED, WINDOW_OVER)
    answered = await world.rows("SELECT * FROM send_order WHERE order_id = $1", first)
    world.advance(days=4)
    await world.sweep()
    await world.sweep()
    again = await room.order(0)
    assert again != first
    assert await world.rows("SELECT * FROM send_order WHERE order_id = $1", first) == answered
    assert answered[0]["first_day"] == before[0]["first_day"]
    assert len(await room.reports_ordered()) == 4, "one new order, once"
    newest = (await room.reports_ordered())[-1]
    assert (newest.order_id, newest.report_version) == (again, 1)
    assert newest.first_day == world.clock.today()
    # The order that was refused can no longer move the duty.
    await world.deliver(first, SENT, version=9)
    assert await room.duty(0) == "owed"
    await room.answer(0, SENT)
    assert await room.duty(0) == "sent"


@pytest.mark.parametrize("reason", [MERGED, CANCELLED])
async def test_who_was_merged_is_sent_the_report_under_their_other_identity(
    world: World, reason: RefusedReason
) -> None:
    room = await reporting(world, people=1)
    (survivor,) = await world.members(1)
    await world.tell_members(gone(room.people[0][1], MemberStatus.MERGED, version=5, into=survivor))
    await room.answer(0, REFUSED, reason)
    assert await room.duty(0) == "owed"
    await world.sweep()
    assert (await room.reports_ordered())[-1].member_id == survivor
    await room.answer(0, SENT)
    assert (await room.duty(0), await room.state()) == ("sent", "closed")


async def test_an_answer_that_comes_before_the_news_of_the_merge_waits_for_it(
    world: World,
) -> None:
    room = await reporting(world, people=1)
    (survivor,) = await world.members(1)
    await room.answer(0, REFUSED, MERGED)
    world.advance(days=5)
    await world.sweep()
    assert len(await room.reports_ordered()) == 1
    await world.tell_members(gone(room.people[0][1], MemberStatus.MERGED, version=5, into=survivor))
    await world.sweep()
    assert (await room.reports_ordered())[-1].member_id == survivor


async def test_a_survivor_with_an_invitation_of_their_own_still_gets_what_the_other_is_owed(
    world: World,
) -> None:
    room = await collected(world, people=2)
    (_, survivor), (_, merged) = room.people
    await world.tell_members(gone(merged, MemberStatus.MERGED, version=5, into=survivor))
    await world.synthesised(room.project)
    await world.report(room.project)
    assert set((await room.duties()).values()) == {"owed"}
    assert {one.member_id for one in await room.reports_ordered()} == {survivor}
    await room.leaves_panel(0)
    assert set((await room.duties()).values()) == {"exempt left"}
    assert await room.state() == "closed"


async def test_a_rebuilt_view_of_the_members_changes_no_promise(world: World) -> None:
    room = await reporting(world, people=3)
    await world.database.pool.execute("DELETE FROM member")
    await room.answer(0, REFUSED, NOT_ACTIVE)
    await room.answer(1, SENT)
    assert await room.duty(0) == "owed"
    await room.leaves_panel(0)
    await room.leaves_panel(2, MemberStatus.ERASED)
    assert sorted((await room.duties()).values()) == ["exempt erased", "exempt left", "sent"]
    assert await room.state() == "closed"


# -- closed


async def test_a_project_closes_when_the_last_report_is_sent_and_says_so(world: World) -> None:
    room = await reporting(world, people=12)
    begun = (await world.projects_told())[-1]
    assert begun.report_duties is not None
    assert begun.report_duties.model_dump(exclude_none=True) == {"report_version": 1, "owed": 10}
    await room.answer(0, UNKNOWN)
    await room.leaves_panel(1)
    await room.all_sent()
    closed = (await world.projects_told())[-1]
    assert (closed.state, closed.version) == (ProjectPhase.CLOSED, begun.version + 1)
    assert closed.report_duties is not None
    assert closed.report_duties.model_dump(exclude_none=True) == {"report_version": 1, "sent": 10}
    view = await world.view(room.project)
    assert view.report_duties is not None
    assert view.report_duties.model_dump() == {
        "report_version": 1,
        "owed": 0,
        "sent": 10,
        "undeliverable": 1,
        "exempt": 1,
    }


async def test_staff_read_in_words_what_blocks_closing(world: World) -> None:
    room = await collected(world)
    assert (await world.view(room.project)).blocked_by == ["report_awaited"]
    await world.synthesised(room.project)
    await world.report(room.project)
    view = await world.view(room.project)
    assert view.blocked_in_words == ["3 retours restent à envoyer."]
    await room.answer(0, SENT)
    await room.answer(1, SENT)
    async with world.database.read_only() as conn:
        samples = {one.name: one.value for one in await upkeep.measure(conn, world.clock)}
    assert samples["reports_owed"] == 1
    view = await world.view(room.project)
    assert (view.blocked_by, view.blocked_in_words) == (
        ["reports_owed"],
        ["1 retour reste à envoyer."],
    )
    await room.answer(2, SENT)
    assert (await world.view(room.project)).blocked_by == []


async def test_a_revision_after_closing_owes_anew(world: World) -> None:
    room = await reporting(world)
    await room.all_sent()
    assert await room.state() == "closed"
    await world.report(room.project, version=3)
    assert await room.state() == "reporting"
    assert set((await room.duties(3)).values()) == {"owed"}
    assert set((await room.duties(1)).values()) == {"sent"}
    await room.all_sent(version=3)
    assert await room.state() == "closed"
    phases = [one.state for one in (await world.projects_told())[-4:]]
    assert phases == [
        ProjectPhase.REPORTING,
        ProjectPhase.CLOSED,
        ProjectPhase.REPORTING,
        ProjectPhase.CLOSED,
    ]


async def test_an_older_versions_answer_moves_its_own_duty_only(world: World) -> None:
    room = await reporting(world, people=1)
    older = await room.order(0)
    await world.report(room.project, version=2)
    await world.deliver(older, SENT)
    assert (await room.duty(0, 1), await room.duty(0, 2)) == ("sent", "owed")
    assert await room.state() == "reporting"
    await room.answer(0, SENT, report=2)
    assert await room.state() == "closed"


async def test_a_revision_stops_what_is_under_way_of_the_older_version(world: World) -> None:
    room = await reporting(world, people=2)
    older = [await room.order(person) for person in (0, 1)]
    await room.answer(0, SENT)
    await world.report(room.project, version=2)
    stopped = [one for one in await room.reports_ordered() if one.state == "cancelled"]
    assert [(one.order_id, one.version, one.report_version) for one in stopped] == [
        (older[1], 2, 1)
    ]
    # Stopped for who is still here: that version is never made up for, the new one is owed.
    await world.deliver(older[1], REFUSED, reason=CANCELLED)
    world.advance(days=5)
    await world.sweep()
    assert len(await room.reports_ordered()) == 2 + 1 + 2
    await room.all_sent(version=2)
    assert await room.state() == "closed"


async def windows(room: Room, version: int) -> list[tuple[int, int]]:
    """First and last day of the newest order of each person, counted from today."""
    today = room.world.clock.today()
    days = []
    for person in range(len(room.people)):
        order = await room.order(person, version)
        [row] = await room.world.rows(
            "SELECT first_day, last_day FROM send_order WHERE order_id = $1", order
        )
        days.append(((row["first_day"] - today).days, (row["last_day"] - today).days))
    return days


async def test_a_revised_report_waits_31_days_for_each_person_that_had_one(world: World) -> None:
    """A fourth version and a fifth: each replaces the one that waits."""
    room = await reporting(world, people=3)
    await room.answer(0, SENT)
    await room.answer(1, UNKNOWN)
    await room.answer(2, REFUSED, RefusedReason.NO_ADDRESS)
    for version in (2, 3, 4):
        await world.report(room.project, version=version)
        assert await windows(room, version) == [(31, 32), (31, 32), (0, 1)]
    told = {one.order_id: one for one in await room.reports_ordered()}
    first = told[await room.order(0, 4)]
    assert (first.first_day - world.clock.today()).days == 31
    states = {
        one.report_version: one.state for one in told.values() if one.report_version in (2, 3)
    }
    assert set(states.values()) == {"cancelled"}
    owed = "SELECT count(*) FROM report_duty WHERE state = 'owed' AND report_version = 4"
    assert await world.value(owed) == 3
    async with world.database.read_only() as conn:
        assert await upkeep_store.reports_owed(conn, world.clock.today()) == 1, "two wait rightly"


async def test_a_report_refused_as_too_soon_is_ordered_for_the_day_on_which_it_may_be_sent(
    world: World,
) -> None:
    room = await reporting(world, people=2)
    await room.answer(0, SENT)
    await room.answer(1, REFUSED, RefusedReason.TOO_SOON)
    await world.report(room.project, version=2)
    late = await room.order(0, 2)
    await world.deliver(late, REFUSED, reason=RefusedReason.TOO_SOON)
    await world.deliver(await room.order(1, 2), REFUSED, reason=RefusedReason.TOO_SOON)
    await world.sweep()
    ordered = len(await room.reports_ordered())
    # As it knows of the first one's report, and of nobody else's.
    assert await windows(room, 2) == [(31, 32), (1 + 7, 2 + 7)]
    await world.sweep()
    assert len(await room.reports_ordered()) == ordered, "no order a second, as registry waits"
    await room.all_sent(version=2)
    assert await room.state() == "closed"


async def test_deliveries_doubled_rewound_and_in_any_order_close_it_once(world: World) -> None:
    room = await reporting(world, people=6)
    events = [
        DeliveryState(
            order_id=await room.order(person), version=version, state=state, day=world.clock.today()
        )
        for person in range(6)
        for version, state in ((2, SENT), (3, BOUNCED))
    ]
    for batch in (events[::2], events[::-1], events, events[1::2]):
        for event in batch:
            async with world.transaction() as conn:
                await news.settle_deliveries(conn, world.clock, [event])
    assert set((await room.duties()).values()) == {"undeliverable bounced"}
    phases = [one.state for one in await world.projects_told()]
    assert phases.count(ProjectPhase.CLOSED) == 1


async def test_a_closing_that_was_missed_is_made_up_for_by_the_sweep(world: World) -> None:
    room = await reporting(world, people=1)
    await world.database.pool.execute("UPDATE report_duty SET state = 'sent'")
    await world.sweep()
    assert await room.state() == "closed"


# -- at the same moment


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
    seen: int = await world.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    return seen == number


@pytest.mark.parametrize("turned", [False, True])
async def test_a_revision_that_comes_as_the_last_report_is_sent_is_owed(
    world: World, turned: bool
) -> None:
    room = await reporting(world, people=2)
    await room.answer(0, SENT)
    both = [room.answer(1, SENT), world.report(room.project, version=2)]
    await meanwhile(world, *(both[::-1] if turned else both))
    assert await room.state() == "reporting"
    assert set((await room.duties(2)).values()) == {"owed"}
    await room.all_sent(version=2)
    assert await room.state() == "closed"


@pytest.mark.parametrize("turned", [False, True])
async def test_who_leaves_the_panel_as_the_report_comes_is_exempt(
    world: World, turned: bool
) -> None:
    room = await collected(world, people=2)
    await world.synthesised(room.project)
    both = [world.report(room.project), room.leaves_panel(0)]
    await meanwhile(world, *(both[::-1] if turned else both))
    await world.sweep()
    assert (await room.duty(0), await room.duty(1)) == ("exempt left", "owed")
    await room.answer(1, SENT)
    assert await room.state() == "closed"


@pytest.mark.parametrize("turned", [False, True])
async def test_the_last_answers_of_two_consumers_close_the_project_once(
    world: World, turned: bool
) -> None:
    room = await reporting(world, people=2)
    both = [room.answer(0, SENT), room.answer(1, BOUNCED)]
    await meanwhile(world, *(both[::-1] if turned else both))
    phases = [one.state for one in await world.projects_told()]
    assert (phases[-1], phases.count(ProjectPhase.CLOSED)) == (ProjectPhase.CLOSED, 1)


# -- held by the database


async def refused(world: World, constraint: str, *statements: str) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        await accepted(world, *statements)
    assert error.value.constraint_name == constraint


async def accepted(world: World, *statements: str) -> None:
    """In one transaction, as triggers that look when it ends must have their say."""
    async with world.transaction() as conn:
        for statement in statements:
            await conn.execute(statement)


CLOSE = "UPDATE project SET state = 'closed'"
DROP_CLOSING = "DROP TRIGGER project_closes_when_nothing_is_owed ON project"


async def test_no_project_is_closed_while_a_report_is_owed(world: World) -> None:
    await reporting(world)
    await refused(world, "project_closes_when_nothing_is_owed", CLOSE)
    await accepted(world, DROP_CLOSING, CLOSE)


async def test_no_project_is_closed_without_a_duty_for_each_participant(world: World) -> None:
    await collected(world)
    statements = (
        "INSERT INTO report SELECT id, 1, 4, '2027-03-01' FROM project",
        "UPDATE project SET state = 'reporting', report_version = 1",
        CLOSE,
    )
    await refused(world, "project_closes_when_nothing_is_owed", *statements)
    await accepted(world, DROP_CLOSING, *statements)


async def test_no_project_is_closed_on_an_older_report_than_the_one_held(world: World) -> None:
    await reporting(world)
    statements = ("UPDATE report_duty SET state = 'sent'", "UPDATE report SET version = 2", CLOSE)
    await refused(world, "project_closes_when_nothing_is_owed", *statements)
    await accepted(world, DROP_CLOSING, *statements)


OWE = (
    "INSERT INTO report_duty SELECT project_id, report_version, gen_random_uuid(), 'owed', order_id"
    " FROM report_duty LIMIT 1"
)


async def test_a_closed_project_cannot_come_to_owe(world: World) -> None:
    room = await reporting(world, people=1)
    await room.all_sent()
    await refused(world, "closed_project_owes_nothing", OWE)
    await accepted(world, "DROP TRIGGER closed_project_owes_nothing ON report_duty", OWE)


async def test_a_duty_that_was_done_is_never_owed_again(world: World) -> None:
    room = await reporting(world, people=1)
    await room.all_sent()
    owe = "UPDATE report_duty SET state = 'owed'"
    await refused(world, "report_duty_transition", owe)
    await world.database.pool.execute("DROP TRIGGER report_duty_transition ON report_duty")
    await refused(world, "closed_project_owes_nothing_again", owe)
    await accepted(world, "DROP TRIGGER closed_project_owes_nothing_again ON report_duty", owe)


async def test_who_closes_and_who_owes_at_the_same_moment_do_not_overlook_each_other(
    world: World,
) -> None:
    room = await reporting(world, people=1)
    await world.database.pool.execute("UPDATE report_duty SET state = 'sent'")
    async with world.database.pool.acquire() as closing, closing.transaction():
        await closing.execute(CLOSE)
        async with world.database.pool.acquire() as owing:
            await owing.execute("SET lock_timeout = '200ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await owing.execute(OWE)
            await owing.execute("RESET lock_timeout")
    assert await room.state() == "closed"


@pytest.mark.parametrize(
    ("constraint", "table", "statement"),
    [
        ("report_duty_once", "report_duty", "INSERT INTO report_duty SELECT * FROM report_duty"),
        ("report_duty_state_is_known", "report_duty", OWE.replace("'owed'", "'forgotten'")),
        (
            "report_duty_is_ordered",
            "report_duty",
            "UPDATE report_duty SET order_id = NULL",
        ),
        (
            "report_duty_end_has_reason",
            "report_duty",
            "UPDATE report_duty SET state = 'undeliverable'",
        ),
        (
            "send_order_reports_a_version",
            "send_order",
            "UPDATE send_order SET report_version = NULL",
        ),
        ("project_reports_a_version", "project", "UPDATE project SET report_version = NULL"),
    ],
)
async def test_what_is_said_of_a_report_is_complete(
    world: World, constraint: str, table: str, statement: str
) -> None:
    await reporting(world, people=1)
    # Where a second constraint would refuse the same row.
    apart = {
        "project_reports_a_version": "DROP TRIGGER project_report_only_grows ON project",
        "report_duty_state_is_known": "ALTER TABLE report_duty"
        " DROP CONSTRAINT report_duty_end_has_reason",
    }.get(constraint, "SELECT 1")
    await refused(world, constraint, apart, statement)
    drop = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
    await accepted(world, apart, drop, statement)


@pytest.mark.parametrize(
    ("trigger", "table", "statement"),
    [
        ("report_duty_is_kept", "report_duty", "DELETE FROM report_duty"),
        ("project_report_only_grows", "project", "UPDATE project SET report_version = 1"),
        (
            "report_duty_transition",
            "report_duty",
            "UPDATE report_duty SET report_version = 3 WHERE report_version = 2",
        ),
    ],
)
async def test_what_was_owed_stays_on_record(
    world: World, trigger: str, table: str, statement: str
) -> None:
    room = await reporting(world, people=1)
    await world.report(room.project, version=2)
    await refused(world, trigger, statement)
    await accepted(world, f"DROP TRIGGER {trigger} ON {table}", statement)


# -- told


async def test_republishing_tells_where_reports_stand_and_orders_them_again(world: World) -> None:
    room = await reporting(world, people=5)
    told, ordered = (await world.projects_told())[-1], await room.reports_ordered()
    await world.database.pool.execute("DELETE FROM outbox")
    async with world.transaction() as conn:
        await upkeep.republish(conn, world.clock)
    assert await world.projects_told() == [told]
    again = {one.key: one for one in await room.reports_ordered()}
    assert again == {one.key: one for one in ordered}


async def test_everybody_learns_of_every_change_of_decision_maker(world: World) -> None:
    await world.members(1)
    project, _ = await world.launched(1)
    await change(world, project)
    await change(world, project, ROUX.model_copy(update={"name": "M. Diop", "reason": "Intérim"}))
    told = (await world.projects_told())[-1]
    assert [(one.name_before, one.name, one.reason) for one in told.decision_maker_changes] == [
        ("Anne Bernard", "Mme Roux", "M. Bernard est parti."),
        ("Mme Roux", "M. Diop", "Intérim"),
    ]
    assert told.decision_maker_changes[-1].version == told.version
    assert told.decision_maker_changes[-1].changed_on == world.clock.today()
    assert "Claire" not in told.model_dump_json(), "who typed it is nobody else's business"
    async with world.transaction() as conn:
        await upkeep.republish(conn, world.clock)
    assert (await world.projects_told())[-1] == told
