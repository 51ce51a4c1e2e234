"""Attempts of unknown fate, slow attempts, and senders that stop or lose their session."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import OrderKind, OrderRequest
from services.registry.deliveries import use_cases as deliveries
from services.registry.deliveries.smtp import MailSession
from tests.support.mail_behaviour import never
from tests.support.registry import LAST_MONTH, TODAY, Registry, encryptor, order, project
from tests.support.servers import eventually


async def test_a_cancelling_during_an_attempt_is_heeded_once_it_failed(
    registry: Registry,
) -> None:
    _, ordered = await registry.receive_order()
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
    await registry.refuse_unsendable()
    assert await registry.state(ordered) == "refused cancelled"


async def test_silence_after_the_content_makes_a_solicitation_unknown_for_good(
    registry: Registry,
) -> None:
    registry.catcher.reply = never
    member, ordered = await registry.receive_order()
    async with registry.sending(timeout_seconds=0.3):
        await registry.becomes(ordered, "unknown")
        registry.catcher.reply = as_usual
        registry.clock.advance(timedelta(hours=2))
        await registry.refuse_unsendable()
        other = order(member, project())
        await registry.receive(other)
        assert await registry.state(other) == "refused too_soon"
    assert len(registry.mail()) == 1
    lock = await registry.lock(member)
    assert lock is not None
    assert lock["last_day"] == TODAY
    [answer] = await registry.outcomes(ordered)
    assert (answer["state"], answer["day"]) == ("unknown", TODAY.isoformat())


async def test_a_notice_of_unknown_fate_is_sent_again_but_three_times_at_most(
    registry: Registry,
) -> None:
    registry.catcher.reply = never
    _, ordered = await registry.receive_order(OrderKind.REPORT)
    async with registry.sending(timeout_seconds=0.3):
        for retries in range(1, 4):

            async def waits(retries: int = retries) -> bool:
                row = await registry.delivery(ordered)
                return bool(row["state"] == "pending" and row["unknowns"] == retries)

            await eventually(waits, f"retry {retries} waits")
            assert await registry.outcomes(ordered) == []
            registry.clock.advance(timedelta(hours=1))
        await registry.becomes(ordered, "unknown")
    assert len(registry.mail()) == 4
    assert len(await registry.outcomes(ordered)) == 1


async def test_an_attempt_that_took_too_long_is_not_handed_over(registry: Registry) -> None:
    """Between the recorded attempt and DATA the clock moved on: the day would be another."""

    async def slowly(_: str) -> None:
        registry.clock.advance(timedelta(minutes=6))

    registry.catcher.behaviour = slowly
    member, ordered = await registry.receive_order()
    async with registry.sending():

        async def postponed() -> bool:
            row = await registry.delivery(ordered)
            return bool(row["state"] == "pending" and row["attempt"] >= 1)

        await eventually(postponed, "the order waits for another try")
        assert registry.mail() == []
        assert await registry.is_locked(member, LAST_MONTH)
        registry.catcher.behaviour = as_usual
        registry.clock.advance(timedelta(minutes=10))
        await registry.becomes(ordered, "sent")


async def test_an_attempt_of_a_live_sender_is_not_settled(registry: Registry) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    _, ordered = await registry.receive_order()
    async with registry.sending():
        await holding.wait()
        assert await registry.settle_stale_attempts() == 0
        assert await registry.state(ordered) == "attempting"
        go_on.set()
        await registry.becomes(ordered, "sent")


async def test_a_sender_told_to_stop_finishes_the_message_under_way(registry: Registry) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    _, ordered = await registry.receive_order()
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
    _, ordered = await registry.receive_order()
    async with registry.sending(workers=1):
        await at_recipient.wait()
        await registry.database.pool.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE '%:sender-%' AND datname = current_database()"
        )

        async def settled() -> bool:
            return await registry.settle_stale_attempts() == 1

        await eventually(settled, "the attempt has lost its sender")
        go_on.set()
        await registry.becomes(ordered, "unknown")
    assert registry.mail() == []


async def test_a_row_that_no_key_opens_stops_nobody_else(registry: Registry) -> None:
    survey = project()
    await registry.apply_projects(survey)
    broken, fine = await registry.enrol("a@example.test", "b@example.test")
    await registry.database.pool.execute(
        "UPDATE contact SET sealed = set_byte(sealed, 20, 0) WHERE member_id = $1", broken
    )
    await registry.database.pool.execute(
        "UPDATE contact SET sealed = set_byte(sealed, 21, 0) WHERE member_id = $1", broken
    )
    stuck, goes = order(broken, survey), order(fine, survey)
    await registry.receive(stuck, goes)
    async with registry.sending(workers=1) as sender:
        await registry.becomes(goes, "sent")

        async def noticed() -> bool:
            return sender.failures > 0

        await eventually(noticed, "the failure is counted")
    assert await registry.state(stuck) == "pending"
    registry.clock.advance(timedelta(days=3))
    await registry.refuse_unsendable()
    assert await registry.state(stuck) == "refused window_over"


async def test_a_sender_ends_although_a_library_swallows_its_cancellation(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `asyncio.wait_for` of Python 3.11 may, by which the mail library waits."""
    connecting = asyncio.Event()

    async def swallow(_: MailSession) -> None:
        connecting.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    monkeypatch.setattr(MailSession, "connect", swallow)
    async with asyncio.timeout(30), registry.sending(workers=1):
        await connecting.wait()
