"""Delivery outcomes settle report duties: sent, or recorded with the reason."""

import pytest

from services.contracts.events.registry import (
    DeliveryOutcome,
    MemberStatus,
    RefusedReason,
)
from tests.support.campaigns import World, gone, member
from tests.support.campaigns_reports import collected, reporting

SENT = DeliveryOutcome.SENT
REFUSED = DeliveryOutcome.REFUSED
UNKNOWN = DeliveryOutcome.UNKNOWN
BOUNCED = DeliveryOutcome.BOUNCED
WINDOW_OVER = RefusedReason.WINDOW_OVER
MERGED = RefusedReason.MERGED
NOT_ACTIVE = RefusedReason.NOT_ACTIVE
CANCELLED = RefusedReason.CANCELLED


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
async def test_a_delivery_outcome_settles_the_duty_once(
    world: World, answer: DeliveryOutcome, reason: RefusedReason | None, duty: str
) -> None:
    reported = await reporting(world)
    for _ in range(2):
        await reported.settle(0, answer, reason)
    assert await reported.duty(0) == duty
    assert await reported.state() == "reporting"
    assert await reported.duty(1) == "owed"


@pytest.mark.parametrize(
    "status", [MemberStatus.EXPIRED, MemberStatus.PAUSED, MemberStatus.SUSPENDED]
)
async def test_unreachable_members_are_recorded_as_undeliverable(
    world: World, status: MemberStatus
) -> None:
    reported = await reporting(world, people=1)
    await world.apply_members(
        gone(reported.people[0][1], status, version=5)
        if status.is_final
        else member(reported.people[0][1], version=5, status=status)
    )
    assert await reported.duty(0) == "owed", "only registry's answer settles an order"
    await reported.settle(0, REFUSED, CANCELLED if status.is_final else NOT_ACTIVE)
    assert await reported.duty(0) == "undeliverable not_active"
    assert await reported.state() == "closed"


async def test_members_who_leave_while_owed_are_exempt_and_the_order_is_cancelled(
    world: World,
) -> None:
    reported = await reporting(world, people=2)
    await reported.settle(1, SENT)
    await reported.leaves_panel(0)
    assert await reported.duty(0) == "exempt left"
    assert (await reported.reports_ordered())[-1].state == "cancelled"
    assert (await reported.reports_ordered())[-1].report_version == 1
    assert await reported.state() == "closed", "the last duty ended with this"
    # The duty stays as it ended, under any later outcome.
    for version, outcome in enumerate([(REFUSED, CANCELLED), (SENT,), (BOUNCED,)], 1):
        await reported.settle(0, *outcome, version=version)
        assert await reported.duty(0) == "exempt left"


@pytest.mark.parametrize("status", [MemberStatus.LEFT, MemberStatus.ERASED])
async def test_an_outcome_before_the_departure_waits_for_it(
    world: World, status: MemberStatus
) -> None:
    reported = await reporting(world, people=1)
    await reported.settle(0, REFUSED, NOT_ACTIVE)
    await world.sweep()
    assert (await reported.duty(0), await reported.state()) == ("owed", "reporting")
    await reported.leaves_panel(0, status)
    assert (await reported.duty(0), await reported.state()) == (f"exempt {status}", "closed")


async def test_an_unexplained_refusal_is_undeliverable_after_the_window(
    world: World,
) -> None:
    reported = await reporting(world, people=1)
    await reported.settle(0, REFUSED, NOT_ACTIVE)
    world.advance(days=3)
    await world.sweep()
    assert await reported.duty(0) == "undeliverable not_active"
    assert await reported.state() == "closed"


async def test_a_bounce_after_sent_is_undeliverable_and_the_project_stays_closed(
    world: World,
) -> None:
    reported = await reporting(world, people=1)
    await reported.settle(0, SENT)
    assert await reported.state() == "closed"
    await reported.settle(0, BOUNCED, version=2)
    await reported.settle(0, SENT, version=1)
    assert (await reported.duty(0), await reported.state()) == ("undeliverable bounced", "closed")


async def test_a_missed_window_gets_a_new_order_and_no_order_is_re_dated(world: World) -> None:
    reported = await reporting(world)
    first = await reported.order(0)
    old_order = await world.rows("SELECT * FROM send_order WHERE order_id = $1", first)
    await reported.settle(0, REFUSED, WINDOW_OVER)
    answered = await world.rows("SELECT * FROM send_order WHERE order_id = $1", first)
    world.advance(days=4)
    await world.sweep()
    await world.sweep()
    new_order = await reported.order(0)
    assert new_order != first
    assert await world.rows("SELECT * FROM send_order WHERE order_id = $1", first) == answered
    assert answered[0]["first_day"] == old_order[0]["first_day"]
    assert len(await reported.reports_ordered()) == 4, "one new order, once"
    newest = (await reported.reports_ordered())[-1]
    assert (newest.order_id, newest.report_version) == (new_order, 1)
    assert newest.first_day == world.clock.today()
    # The order that was refused can no longer move the duty.
    await world.deliver(first, SENT, version=9)
    assert await reported.duty(0) == "owed"
    await reported.settle(0, SENT)
    assert await reported.duty(0) == "sent"


@pytest.mark.parametrize("reason", [MERGED, CANCELLED])
async def test_a_merged_member_is_sent_the_report_under_the_other_identity(
    world: World, reason: RefusedReason
) -> None:
    reported = await reporting(world, people=1)
    (survivor,) = await world.members(1)
    await world.apply_members(
        gone(reported.people[0][1], MemberStatus.MERGED, version=5, into=survivor)
    )
    await reported.settle(0, REFUSED, reason)
    assert await reported.duty(0) == "owed"
    await world.sweep()
    assert (await reported.reports_ordered())[-1].member_id == survivor
    await reported.settle(0, SENT)
    assert (await reported.duty(0), await reported.state()) == ("sent", "closed")


async def test_an_outcome_before_the_merge_waits_for_it(
    world: World,
) -> None:
    reported = await reporting(world, people=1)
    (survivor,) = await world.members(1)
    await reported.settle(0, REFUSED, MERGED)
    world.advance(days=5)
    await world.sweep()
    assert len(await reported.reports_ordered()) == 1
    await world.apply_members(
        gone(reported.people[0][1], MemberStatus.MERGED, version=5, into=survivor)
    )
    await world.sweep()
    assert (await reported.reports_ordered())[-1].member_id == survivor


async def test_a_survivor_with_an_invitation_also_gets_the_report_owed_to_the_other_identity(
    world: World,
) -> None:
    reported = await collected(world, people=2)
    (_, survivor), (_, merged) = reported.people
    await world.apply_members(gone(merged, MemberStatus.MERGED, version=5, into=survivor))
    await world.synthesised(reported.id)
    await world.report(reported.id)
    assert set((await reported.duties()).values()) == {"owed"}
    assert {order.member_id for order in await reported.reports_ordered()} == {survivor}
    await reported.leaves_panel(0)
    assert set((await reported.duties()).values()) == {"exempt left"}
    assert await reported.state() == "closed"


async def test_a_rebuilt_view_of_the_members_changes_no_promise(world: World) -> None:
    reported = await reporting(world, people=3)
    await world.database.pool.execute("DELETE FROM member")
    await reported.settle(0, REFUSED, NOT_ACTIVE)
    await reported.settle(1, SENT)
    assert await reported.duty(0) == "owed"
    await reported.leaves_panel(0)
    await reported.leaves_panel(2, MemberStatus.ERASED)
    assert sorted((await reported.duties()).values()) == ["exempt erased", "exempt left", "sent"]
    assert await reported.state() == "closed"
