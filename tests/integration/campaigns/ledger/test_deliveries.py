"""Delivery outcomes: late, repeated, out of order, or contradicting each other."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.contracts.events.registry import DeliveryOutcome
from tests.support.campaigns import TODAY, World

SENT, REFUSED = DeliveryOutcome.SENT, DeliveryOutcome.REFUSED
UNKNOWN, BOUNCED = DeliveryOutcome.UNKNOWN, DeliveryOutcome.BOUNCED


async def one_order(world: World) -> dict[str, Any]:
    await world.members(1)
    await world.launched(1)
    (row,) = await world.rows("SELECT order_id, member_id, subject_id FROM send_order")
    return row


async def states(world: World) -> tuple[str, str]:
    return (
        await world.value("SELECT state FROM ledger"),
        await world.value("SELECT state FROM invitation"),
    )


@pytest.mark.parametrize(
    ("answer", "ledger", "invitation"),
    [
        (SENT, "consumed", "sent"),
        (UNKNOWN, "consumed", "sent"),
        (BOUNCED, "consumed", "sent"),
        (REFUSED, "released", "not_sent"),
    ],
)
async def test_an_outcome_settles_ledger_and_invitation(
    world: World, answer: DeliveryOutcome, ledger: str, invitation: str
) -> None:
    order = await one_order(world)
    await world.deliver(order["order_id"], answer)
    assert await states(world) == (ledger, invitation)
    # The same record again, and an older one, change nothing.
    await world.deliver(order["order_id"], answer)
    assert await states(world) == (ledger, invitation)
    assert await world.value("SELECT count(*) FROM incident") == 0


async def test_consumption_narrows_the_days_to_the_day_of_the_message(world: World) -> None:
    order = await one_order(world)
    tomorrow = TODAY + timedelta(days=1)
    await world.deliver(order["order_id"], SENT, day=tomorrow)
    (entry,) = await world.rows("SELECT first_day, last_day FROM ledger")
    assert (entry["first_day"], entry["last_day"]) == (tomorrow, tomorrow)


@pytest.mark.parametrize(
    ("first", "then"), [(SENT, REFUSED), (UNKNOWN, REFUSED), (REFUSED, SENT), (REFUSED, BOUNCED)]
)
async def test_a_contradictory_later_outcome_is_an_incident_and_changes_nothing(
    world: World, first: DeliveryOutcome, then: DeliveryOutcome
) -> None:
    order = await one_order(world)
    await world.deliver(order["order_id"], first, version=1)
    settled = await states(world)
    for _ in range(2):
        await world.deliver(order["order_id"], then, version=2)
    assert await states(world) == settled
    (incident,) = await world.rows("SELECT kind, told FROM incident")
    assert (incident["kind"], incident["told"]) == ("contradictory_answer", then)
    assert await world.value("SELECT answer FROM send_order") == first


async def test_a_bounce_after_sent_changes_no_day(world: World) -> None:
    order = await one_order(world)
    await world.deliver(order["order_id"], SENT, version=1)
    await world.deliver(order["order_id"], BOUNCED, version=2)
    assert await states(world) == ("consumed", "sent")
    assert await world.value("SELECT count(*) FROM incident") == 0


async def test_an_older_outcome_that_arrives_late_is_dropped(world: World) -> None:
    order = await one_order(world)
    await world.deliver(order["order_id"], BOUNCED, version=2)
    await world.deliver(order["order_id"], SENT, version=1)
    assert await world.value("SELECT answer FROM send_order") == "bounced"


async def test_an_outcome_of_an_unknown_order_is_an_incident(world: World) -> None:
    await world.deliver(uuid4(), SENT)
    assert await world.value("SELECT kind FROM incident") == "unknown_order"


async def test_a_day_outside_the_window_is_an_incident(world: World) -> None:
    order = await one_order(world)
    late = TODAY + timedelta(days=5)
    await world.deliver(order["order_id"], SENT, day=late)
    assert await world.value("SELECT kind FROM incident") == "outside_window"
    assert await states(world) == ("consumed", "sent")


@pytest.mark.parametrize("answer", [SENT, REFUSED])
async def test_a_click_can_arrive_before_the_delivery_outcome(
    world: World, answer: DeliveryOutcome
) -> None:
    order = await one_order(world)
    await world.accept(order["subject_id"], order["member_id"])
    await world.deliver(order["order_id"], answer)
    assert await world.value("SELECT state FROM invitation") == "accepted"
    assert await world.value("SELECT state FROM participation") == "joined"
