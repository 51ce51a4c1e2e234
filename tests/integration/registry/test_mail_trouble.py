"""What the mail server says, or does not say, decides; the month is kept in each case."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from services.contracts.events.campaigns import OrderKind, OrderRequest, OrderState
from services.registry import use_cases
from tests.people import TODAY, Registry, order, project, vault
from tests.servers import eventually

LAST_MONTH = TODAY - timedelta(days=40)


def says(reply: str) -> Callable[[str], Awaitable[str]]:
    async def answer(_: str) -> str:
        return reply

    return answer


async def never(_: str) -> None:
    await asyncio.Event().wait()


async def as_usual(_: str) -> None:
    return None


async def received(
    registry: Registry, kind: OrderKind = OrderKind.INVITATION
) -> tuple[UUID, OrderState]:
    about = project()
    await registry.hold(about)
    [member] = await registry.enrol("zoe@example.test", last_contact=LAST_MONTH.isoformat())
    ordered = order(member, about, kind=kind)
    await registry.receive(ordered)
    return member, ordered


async def lock_is_as_before(registry: Registry, member: UUID) -> bool:
    lock = await registry.lock(member)
    return lock is not None and (lock["last_day"], lock["order_id"]) == (LAST_MONTH, None)


@pytest.mark.parametrize("moment", ["behaviour", "reply"])
async def test_a_permanent_refusal_puts_the_contact_lock_back(
    registry: Registry, moment: str
) -> None:
    setattr(registry.catcher, moment, says("550 5.1.1 no such mailbox"))
    member, ordered = await received(registry)
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await lock_is_as_before(registry, member)
    [answer] = await registry.answers(ordered)
    assert (answer["reason"], "day" in answer) == ("rejected", False)


async def test_a_refusal_of_who_was_never_contacted_leaves_no_lock(registry: Registry) -> None:
    registry.catcher.behaviour = says("550 5.1.1 no such mailbox")
    member, ordered = await received(registry)
    await registry.database.pool.execute("DELETE FROM contact_lock")
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await registry.lock(member) is None


@pytest.mark.parametrize("moment", ["behaviour", "reply"])
async def test_a_temporary_refusal_is_tried_again_later_with_the_lock_put_back(
    registry: Registry, moment: str
) -> None:
    setattr(registry.catcher, moment, says("451 4.7.1 try again later"))
    member, ordered = await received(registry)
    async with registry.sending():

        async def postponed() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["attempt"] == 1)

        await eventually(postponed, "the order waits for another try")
        assert await lock_is_as_before(registry, member)
        assert await registry.answers(ordered) == []
        setattr(registry.catcher, moment, as_usual)
        registry.clock.advance(timedelta(minutes=1))
        await registry.becomes(ordered, "sent")


async def test_a_cancelling_during_an_attempt_is_heeded_once_it_failed(
    registry: Registry,
) -> None:
    _, ordered = await received(registry)
    async with registry.database.transaction() as conn:
        attempt = await use_cases.start_attempt(conn, registry.clock, vault(), ordered.order_id)
    assert attempt is not None
    await registry.receive(
        ordered.model_copy(update={"state": OrderRequest.CANCELLED, "version": 2})
    )
    assert await registry.state(ordered) == "attempting"
    async with registry.database.transaction() as conn:
        assert await use_cases.record_postponed(conn, registry.clock, attempt)
    await registry.answer()
    assert await registry.state(ordered) == "refused cancelled"


async def test_silence_after_the_content_makes_a_solicitation_unknown_for_good(
    registry: Registry,
) -> None:
    registry.catcher.reply = never
    member, ordered = await received(registry)
    async with registry.sending(timeout_seconds=0.3):
        await registry.becomes(ordered, "unknown")
        registry.catcher.reply = as_usual
        registry.clock.advance(timedelta(hours=2))
        await registry.answer()
        other = order(member, project())
        await registry.receive(other)
        assert await registry.state(other) == "refused too_soon"
    assert len(registry.mail()) == 1
    lock = await registry.lock(member)
    assert lock is not None
    assert lock["last_day"] == TODAY
    [answer] = await registry.answers(ordered)
    assert (answer["state"], answer["day"]) == ("unknown", TODAY.isoformat())


async def test_a_notice_of_unknown_fate_is_sent_again_but_three_times_at_most(
    registry: Registry,
) -> None:
    registry.catcher.reply = never
    _, ordered = await received(registry, OrderKind.REPORT)
    async with registry.sending(timeout_seconds=0.3):
        for retries in range(1, 4):

            async def waits(retries: int = retries) -> bool:
                row = await registry.delivery(ordered)
                return bool(row["state"] == "pending" and row["unknowns"] == retries)

            await eventually(waits, f"retry {retries} waits")
            assert await registry.answers(ordered) == []
            registry.clock.advance(timedelta(hours=1))
        await registry.becomes(ordered, "unknown")
    assert len(registry.mail()) == 4
    assert len(await registry.answers(ordered)) == 1


async def test_a_mail_server_that_is_down_costs_no_attempt(registry: Registry) -> None:
    _, ordered = await received(registry)
    sender = registry.sender()
    registry.catcher._wanted_port = registry.catcher.port
    await registry.catcher.stop()
    with capture_logs() as logs:
        sending = asyncio.create_task(sender.run())

        async def noticed() -> bool:
            return "sender_interrupted" in [entry["event"] for entry in logs]

        await eventually(noticed, "the sender finds nobody at the mail server")
    row = await registry.delivery(ordered)
    assert (row["state"], row["attempt"]) == ("pending", 0)
    await registry.catcher.start()
    await registry.becomes(ordered, "sent")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_a_connection_that_the_server_closed_is_opened_anew(registry: Registry) -> None:
    about = project()
    await registry.hold(about)
    members = await registry.enrol("a@example.test", "b@example.test")
    orders = [order(member, about) for member in members]
    async with registry.sending(workers=1):
        await registry.receive(orders[0])
        await registry.becomes(orders[0], "sent")
        for session in tuple(registry.catcher._sessions):
            session.close()
        await registry.receive(orders[1])

        async def sent() -> bool:
            registry.clock.advance(timedelta(seconds=1))
            return await registry.state(orders[1]) == "sent"

        await eventually(sent, "the second message is sent")
    assert len(registry.mail("b@example.test")) == 1


async def test_an_attempt_that_took_too_long_is_not_handed_over(registry: Registry) -> None:
    """Between the recorded attempt and DATA the clock moved on: the day would be another."""

    async def slowly(_: str) -> None:
        registry.clock.advance(timedelta(minutes=6))

    registry.catcher.behaviour = slowly
    member, ordered = await received(registry)
    async with registry.sending():

        async def postponed() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["attempt"] >= 1)

        await eventually(postponed, "the order waits for another try")
        assert registry.mail() == []
        assert await lock_is_as_before(registry, member)
        registry.catcher.behaviour = as_usual
        registry.clock.advance(timedelta(minutes=10))
        await registry.becomes(ordered, "sent")


async def test_an_attempt_of_a_live_sender_is_not_judged(registry: Registry) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    _, ordered = await received(registry)
    async with registry.sending():
        await holding.wait()
        assert await registry.judge() == 0
        assert await registry.state(ordered) == "attempting"
        go_on.set()
        await registry.becomes(ordered, "sent")


async def test_a_sender_told_to_stop_finishes_the_message_under_way(registry: Registry) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    _, ordered = await received(registry)
    sending = asyncio.create_task(registry.sender().run())
    await holding.wait()
    sending.cancel()
    go_on.set()
    await asyncio.gather(sending, return_exceptions=True)
    assert await registry.state(ordered) == "sent"


async def test_without_its_session_a_sender_does_not_go_on_to_data(registry: Registry) -> None:
    """The lock is the session's: no lock, no message."""
    at_recipient, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        at_recipient.set()
        await go_on.wait()

    registry.catcher.behaviour = hold
    _, ordered = await received(registry)
    async with registry.sending(workers=1):
        await at_recipient.wait()
        await registry.database.pool.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '%:sender-%' AND datname = current_database()"
        )

        async def judged() -> bool:
            return await registry.judge() == 1

        await eventually(judged, "the attempt has lost its sender")
        go_on.set()
        await registry.becomes(ordered, "unknown")
    assert registry.mail() == []


async def test_a_row_that_no_key_opens_stops_nobody_else(registry: Registry) -> None:
    about = project()
    await registry.hold(about)
    broken, fine = await registry.enrol("a@example.test", "b@example.test")
    await registry.database.pool.execute(
        "UPDATE contact SET sealed = set_byte(sealed, 20, 0) WHERE member_id = $1", broken
    )
    await registry.database.pool.execute(
        "UPDATE contact SET sealed = set_byte(sealed, 21, 0) WHERE member_id = $1", broken
    )
    stuck, goes = order(broken, about), order(fine, about)
    await registry.receive(stuck, goes)
    async with registry.sending(workers=1) as sender:
        await registry.becomes(goes, "sent")

        async def noticed() -> bool:
            return sender.failures > 0

        await eventually(noticed, "the failure is counted")
    assert await registry.state(stuck) == "pending"
    registry.clock.advance(timedelta(days=3))
    await registry.answer()
    assert await registry.state(stuck) == "refused window_over"
