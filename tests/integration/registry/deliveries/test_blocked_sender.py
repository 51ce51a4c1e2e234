"""A mail server that blocks the sender, or is unreachable, costs no order and no attempt."""

import asyncio
import json
from datetime import timedelta

from structlog.testing import capture_logs

from deploy.local.mail_catcher import as_usual
from services.registry.deliveries import store as deliveries_store
from services.registry.deliveries.circuit_breaker import REFUSALS_IN_A_ROW, CircuitBreaker
from services.registry.deliveries.replies import Cause
from tests.support.mail_behaviour import reply_with
from tests.support.registry import LAST_MONTH, Registry, order, project
from tests.support.servers import eventually


async def test_a_block_of_the_sender_burns_no_order_of_a_wave(registry: Registry) -> None:
    """Permanent codes that are not the recipients': after five in a row sending stops."""
    registry.catcher.behaviour = reply_with(
        "550 5.7.1 Client host blocked, see https://example.test/x"
    )
    survey = project()
    await registry.apply_projects(survey)
    members = await registry.enrol(
        *(f"m{n}@example.test" for n in range(16)), last_contact=LAST_MONTH.isoformat()
    )
    orders = [order(member, survey) for member in members]
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
    assert [count.reply for count in replies] == ["550 5.7.1 Client host blocked, see …"]
    registry.catcher.behaviour = as_usual
    registry.clock.advance(timedelta(minutes=5))
    async with registry.sending():
        for ordered in orders:
            await registry.becomes(ordered, "sent")
    assert len(registry.mail()) == 16


async def test_a_stopped_sender_tries_one_message_at_a_time_until_the_block_is_over(
    registry: Registry,
) -> None:
    registry.catcher.behaviour = reply_with("554 5.7.1 blocked")
    survey = project()
    await registry.apply_projects(survey)
    members = await registry.enrol(*(f"m{n}@example.test" for n in range(12)))
    orders = [order(member, survey) for member in members]
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


async def test_a_mail_server_that_is_down_costs_no_attempt(registry: Registry) -> None:
    _, ordered = await registry.receive_order()
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
    survey = project()
    await registry.apply_projects(survey)
    members = await registry.enrol("a@example.test", "b@example.test")
    orders = [order(member, survey) for member in members]
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
