"""What the mail server says, or does not say, decides; the month is kept in each case."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.contracts.events.campaigns import OrderKind, OrderRequest, OrderState
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.circuit_breaker import REFUSALS_IN_A_ROW, CircuitBreaker
from services.registry.deliveries.replies import Cause
from tests.support.registry import TODAY, Registry, encryptor, order, project
from tests.support.servers import eventually

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


async def test_a_permanent_refusal_before_the_content_puts_the_contact_lock_back(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = says("550 5.1.1 no such mailbox")
    member, ordered = await received(registry)
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await lock_is_as_before(registry, member)
    [answer] = await registry.answers(ordered)
    assert (answer["reason"], "day" in answer) == ("rejected", False)
    assert (await registry.delivery(ordered))["reply"] == "550 5.1.1 no such mailbox"


async def asked_again_by_others(registry: Registry, member: UUID) -> None:
    """Other projects order invitations for this day and for the 30th and 31st civil day."""
    other = project()
    await registry.hold(other)
    early = [order(member, other, first=TODAY + timedelta(days=day), days=1) for day in (0, 30)]
    later = order(member, other, first=TODAY + timedelta(days=31), days=1)
    await registry.receive(*early, later)
    assert [await registry.state(one) for one in early] == ["refused too_soon"] * 2
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
    registry.catcher.reply = says(reply)
    member, ordered = await received(registry)
    async with registry.sending():
        await registry.becomes(ordered, state)
        lock = await registry.lock(member)
        assert lock is not None
        assert (lock["last_day"], lock["order_id"]) == (TODAY, ordered.order_id)
        await asked_again_by_others(registry, member)
        registry.clock.advance(timedelta(hours=3))
        await registry.answer()
    assert len(registry.mail()) == 1


async def test_campaigns_learns_of_a_lock_that_stays_with_a_refused_order(
    registry: Registry,
) -> None:
    registry.catcher.reply = says("550 5.1.1 no such mailbox")
    member, ordered = await received(registry)
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    bodies = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(member)
    )
    told = [json.loads(row["body"]) for row in bodies]
    assert [body["version"] for body in told] == [1, 2]
    assert told[-1]["not_before"] == (TODAY + timedelta(days=31)).isoformat()


@pytest.mark.parametrize("reply", ["451 4.3.0 try later", "554 5.7.1 looks like spam"])
async def test_a_solicitation_refused_after_its_content_is_handed_over_twice_at_most(
    registry: Registry, reply: str
) -> None:
    """It waits within its window, and the lock stays with it; then nobody can know its fate."""
    registry.catcher.reply = says(reply)
    member, ordered = await received(registry)
    async with registry.sending():

        async def refused_once() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["handovers"] == 1)

        await eventually(refused_once, "the order waits for another try")
        lock = await registry.lock(member)
        assert lock is not None
        assert (lock["last_day"], lock["order_id"]) == (TODAY, ordered.order_id)
        await asked_again_by_others(registry, member)
        registry.clock.advance(timedelta(hours=1))
        await registry.becomes(ordered, "unknown")
    assert len(registry.mail()) == 2


async def test_a_refusal_after_the_content_and_the_end_of_the_window_leave_the_lock(
    registry: Registry,
) -> None:
    registry.catcher.reply = says("554 5.7.1 looks like spam")
    member, ordered = await received(registry)
    async with registry.sending():

        async def refused_once() -> bool:
            return bool((await registry.delivery(ordered))["handovers"] == 1)

        await eventually(refused_once, "the order waits for another try")
    await asked_again_by_others(registry, member)
    registry.clock.advance(timedelta(days=2))
    await registry.answer()
    assert await registry.state(ordered) == "refused window_over"
    told = await registry.database.pool.fetchval(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1", str(member)
    )
    assert json.loads(told)["not_before"] == (TODAY + timedelta(days=31)).isoformat()


async def test_a_notice_refused_after_its_content_is_handed_over_three_times_at_most(
    registry: Registry,
) -> None:
    registry.catcher.reply = says("451 4.3.0 not now")
    _, ordered = await received(registry, OrderKind.REPORT)
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
    registry.catcher.reply = says("550 5.1.1 no such mailbox")
    _, ordered = await received(registry)
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    pool = registry.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await pool.execute(statement)
    assert violated.value.constraint_name == name
    await pool.execute(drop)
    await pool.execute(statement)


async def test_a_block_of_the_sender_burns_no_order_of_a_wave(registry: Registry) -> None:
    """Permanent codes that are not the recipients': after five in a row sending stops."""
    registry.catcher.behaviour = says("550 5.7.1 Client host blocked, see https://example.test/x")
    about = project()
    await registry.hold(about)
    members = await registry.enrol(
        *(f"m{n}@example.test" for n in range(16)), last_contact=LAST_MONTH.isoformat()
    )
    orders = [order(member, about) for member in members]
    await registry.receive(*orders)
    with capture_logs() as logs:
        async with registry.sending(workers=2) as sender:
            sender.breaker = CircuitBreaker(pause=3600)

            async def stopped() -> bool:
                return sender.breaker.is_open

            await eventually(stopped, "the sender stops")
            attempts = "SELECT sum(attempt) FROM delivery"
            assert await registry.database.pool.fetchval(attempts) <= REFUSALS_IN_A_ROW + 1
            assert sender.refusals[Cause.POLICY] >= REFUSALS_IN_A_ROW
            assert sender.breaker.trouble_seconds > 0
    states = await registry.database.pool.fetch("SELECT DISTINCT state FROM delivery")
    assert [row["state"] for row in states] == ["pending"]
    assert {"mail_refused", "sending_stopped"} <= {entry["event"] for entry in logs}
    assert "example.test" not in json.dumps(logs, default=str)
    replies = await deliveries_store.count_replies(registry.database.pool)
    assert [one.reply for one in replies] == ["550 5.7.1 Client host blocked, see …"]
    registry.catcher.behaviour = as_usual
    registry.clock.advance(timedelta(minutes=5))
    async with registry.sending():
        for ordered in orders:
            await registry.becomes(ordered, "sent")
    assert len(registry.mail()) == 16


async def test_a_stopped_sender_tries_one_message_at_a_time_until_the_block_is_over(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = says("554 5.7.1 blocked")
    about = project()
    await registry.hold(about)
    members = await registry.enrol(*(f"m{n}@example.test" for n in range(12)))
    orders = [order(member, about) for member in members]
    await registry.receive(*orders)
    async with registry.sending() as sender:
        sender.breaker = CircuitBreaker(pause=0.2)

        async def stopped() -> bool:
            return sender.breaker.in_a_row > REFUSALS_IN_A_ROW

        await eventually(stopped, "the sender stops, and tries again")
        registry.catcher.behaviour = as_usual
        registry.clock.advance(timedelta(minutes=5))
        for ordered in orders:
            await registry.becomes(ordered, "sent")
        assert not sender.breaker.is_open
        assert sender.breaker.trouble_seconds == 0


async def test_a_refusal_of_who_was_never_contacted_leaves_no_lock(registry: Registry) -> None:
    registry.catcher.behaviour = says("550 5.1.1 no such mailbox")
    member, ordered = await received(registry)
    await registry.database.pool.execute("DELETE FROM contact_lock")
    async with registry.sending():
        await registry.becomes(ordered, "refused rejected")
    assert await registry.lock(member) is None


async def test_a_temporary_refusal_is_tried_again_later_with_the_lock_put_back(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = says("451 4.7.1 try again later")
    member, ordered = await received(registry)
    async with registry.sending():

        async def postponed() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["attempt"] == 1)

        await eventually(postponed, "the order waits for another try")
        assert await lock_is_as_before(registry, member)
        assert await registry.answers(ordered) == []
        registry.catcher.behaviour = as_usual
        registry.clock.advance(timedelta(minutes=1))
        await registry.becomes(ordered, "sent")


async def test_a_cancelling_during_an_attempt_is_heeded_once_it_failed(
    registry: Registry,
) -> None:
    _, ordered = await received(registry)
    async with registry.database.transaction() as conn:
        attempt = await deliveries.start_attempt(
            conn, registry.clock, encryptor(), ordered.order_id
        )
    assert attempt is not None
    await registry.receive(
        ordered.model_copy(update={"state": OrderRequest.CANCELLED, "version": 2})
    )
    assert await registry.state(ordered) == "attempting"
    async with registry.database.transaction() as conn:
        assert await deliveries.record_postponed(conn, registry.clock, attempt)
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
        assert sender.breaker.trouble_seconds > 0
    row = await registry.delivery(ordered)
    assert (row["state"], row["attempt"]) == ("pending", 0)
    await registry.catcher.start()
    await registry.becomes(ordered, "sent")
    assert sender.breaker.trouble_seconds == 0
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
