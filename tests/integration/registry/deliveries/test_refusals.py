"""Refusals by the mail server: the contact lock is put back only if no content was handed over."""

import json
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import OrderKind
from tests.support.mail_behaviour import reply_with
from tests.support.registry import LAST_MONTH, TODAY, Registry, order, project
from tests.support.servers import eventually


async def test_a_permanent_refusal_before_the_content_puts_the_contact_lock_back(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = reply_with("550 5.1.1 no such mailbox")
    member, ordered = await registry.receive_order()
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await registry.is_locked(member, LAST_MONTH)
    [answer] = await registry.outcomes(ordered)
    assert (answer["reason"], "day" in answer) == ("rejected", False)
    assert (await registry.delivery(ordered))["reply"] == "550 5.1.1 no such mailbox"


async def order_again_from_another_project(registry: Registry, member: UUID) -> None:
    """Other projects order invitations for this day and for the 30th and 31st civil day."""
    other = project()
    await registry.apply_projects(other)
    early = [order(member, other, first=TODAY + timedelta(days=day), days=1) for day in (0, 30)]
    later = order(member, other, first=TODAY + timedelta(days=31), days=1)
    await registry.receive(*early, later)
    assert [await registry.state(order_state) for order_state in early] == ["refused too_soon"] * 2
    assert await registry.state(later) == "pending"


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("550 5.1.1 no such mailbox", "refused rejected"),
        ("554 Transaction failed", "unknown"),
        ("550 rejected but kept for evaluation", "unknown"),
    ],
)
async def test_a_server_may_deliver_and_refuse_so_the_lock_stays(
    registry: Registry, reply: str, state: str
) -> None:
    registry.catcher.reply = reply_with(reply)
    member, ordered = await registry.receive_order()
    async with registry.sending():
        await registry.becomes(ordered, state)
        lock = await registry.lock(member)
        assert lock is not None
        assert (lock["last_day"], lock["order_id"]) == (TODAY, ordered.order_id)
        await order_again_from_another_project(registry, member)
        registry.clock.advance(timedelta(hours=3))
        await registry.refuse_unsendable()
    assert len(registry.mail()) == 1


async def test_campaigns_learns_of_a_lock_that_stays_with_a_refused_order(
    registry: Registry,
) -> None:
    registry.catcher.reply = reply_with("550 5.1.1 no such mailbox")
    member, ordered = await registry.receive_order()
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    bodies = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(member)
    )
    states = [json.loads(row["body"]) for row in bodies]
    assert [body["version"] for body in states] == [1, 2]
    assert states[-1]["not_before"] == (TODAY + timedelta(days=31)).isoformat()


@pytest.mark.parametrize("reply", ["451 4.3.0 try later", "554 5.7.1 looks like spam"])
async def test_a_solicitation_refused_after_its_content_is_handed_over_twice_at_most(
    registry: Registry, reply: str
) -> None:
    """It waits within its window, and the lock stays with it; then nobody can know its fate."""
    registry.catcher.reply = reply_with(reply)
    member, ordered = await registry.receive_order()
    async with registry.sending():

        async def refused_once() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["handovers"] == 1)

        await eventually(refused_once, "the order waits for another try")
        lock = await registry.lock(member)
        assert lock is not None
        assert (lock["last_day"], lock["order_id"]) == (TODAY, ordered.order_id)
        await order_again_from_another_project(registry, member)
        registry.clock.advance(timedelta(hours=1))
        await registry.becomes(ordered, "unknown")
    assert len(registry.mail()) == 2


async def test_a_refusal_after_the_content_and_the_end_of_the_window_leave_the_lock(
    registry: Registry,
) -> None:
    registry.catcher.reply = reply_with("554 5.7.1 looks like spam")
    member, ordered = await registry.receive_order()
    async with registry.sending():

        async def refused_once() -> bool:
            return bool((await registry.delivery(ordered))["handovers"] == 1)

        await eventually(refused_once, "the order waits for another try")
    await order_again_from_another_project(registry, member)
    registry.clock.advance(timedelta(days=2))
    await registry.refuse_unsendable()
    assert await registry.state(ordered) == "refused window_over"
    body = await registry.database.pool.fetchval(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1", str(member)
    )
    assert json.loads(body)["not_before"] == (TODAY + timedelta(days=31)).isoformat()


async def test_a_notice_refused_after_its_content_is_handed_over_three_times_at_most(
    registry: Registry,
) -> None:
    registry.catcher.reply = reply_with("451 4.3.0 not now")
    _, ordered = await registry.receive_order(OrderKind.REPORT)
    async with registry.sending():
        for handovers in (1, 2):

            async def waits(handovers: int = handovers) -> bool:
                row = await registry.delivery(ordered)
                return bool(row["state"] == "pending" and row["handovers"] == handovers)

            await eventually(waits, f"refusal {handovers} waits")
            registry.clock.advance(timedelta(hours=1))
        await registry.becomes(ordered, "unknown")
    assert len(registry.mail()) == 3


@pytest.mark.parametrize(
    ("name", "drop", "statement"),
    [
        (
            "contact_lock_stays_after_handover",
            "DROP TRIGGER contact_lock_stays_after_handover ON contact_lock",
            "UPDATE contact_lock SET last_day = last_day - 40, order_id = NULL",
        ),
        (
            "contact_lock_is_kept_after_handover",
            "DROP TRIGGER contact_lock_is_kept_after_handover ON contact_lock",
            "DELETE FROM contact_lock",
        ),
        (
            "delivery_reply_names_nobody",
            "ALTER TABLE delivery DROP CONSTRAINT delivery_reply_names_nobody",
            "UPDATE delivery SET reply = '550 <zoe@example.test>'",
        ),
    ],
)
async def test_the_database_keeps_the_lock_of_what_was_handed_over(
    registry: Registry, name: str, drop: str, statement: str
) -> None:
    registry.catcher.reply = reply_with("550 5.1.1 no such mailbox")
    _, ordered = await registry.receive_order()
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    pool = registry.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await pool.execute(statement)
    assert violated.value.constraint_name == name
    await pool.execute(drop)
    await pool.execute(statement)


async def test_a_refusal_of_who_was_never_contacted_leaves_no_lock(registry: Registry) -> None:
    registry.catcher.behaviour = reply_with("550 5.1.1 no such mailbox")
    member, ordered = await registry.receive_order()
    await registry.database.pool.execute("DELETE FROM contact_lock")
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await registry.lock(member) is None


async def test_a_temporary_refusal_is_tried_again_later_with_the_lock_put_back(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = reply_with("451 4.7.1 try again later")
    member, ordered = await registry.receive_order()
    async with registry.sending():

        async def postponed() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["attempt"] == 1)

        await eventually(postponed, "the order waits for another try")
        assert await registry.is_locked(member, LAST_MONTH)
        assert await registry.outcomes(ordered) == []
        registry.catcher.behaviour = as_usual
        registry.clock.advance(timedelta(minutes=1))
        await registry.becomes(ordered, "sent")
