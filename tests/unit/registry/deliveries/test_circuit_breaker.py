"""A mail server that refuses one message after another opens the circuit breaker."""

import asyncio

from services.registry.deliveries.circuit_breaker import REFUSALS_IN_A_ROW, CircuitBreaker


class FakeTime:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def opened(fake_time: FakeTime) -> CircuitBreaker:
    breaker = CircuitBreaker(pause=5, clock=fake_time)
    for _ in range(REFUSALS_IN_A_ROW - 1):
        assert not breaker.record_refusal()
        fake_time.at += 1
    assert not breaker.is_open
    assert breaker.record_refusal()
    return breaker


def test_an_accepted_message_in_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker()
    for _ in range(REFUSALS_IN_A_ROW - 1):
        breaker.record_refusal()
    breaker.record_success()
    assert not breaker.record_refusal()
    assert breaker.trouble_seconds == 0


def test_trouble_lasts_as_long_as_the_refusals_or_the_unreachable_server() -> None:
    fake_time = FakeTime()
    breaker = opened(fake_time)
    fake_time.at += 60
    assert breaker.trouble_seconds == 60 + REFUSALS_IN_A_ROW - 1
    breaker.record_success()
    assert breaker.trouble_seconds == 0
    breaker.record_unreachable()
    fake_time.at += 7
    breaker.record_unreachable()
    assert breaker.trouble_seconds == 7
    breaker.record_reachable()
    assert breaker.trouble_seconds == 0


async def test_while_open_one_message_at_a_time_probes_the_server() -> None:
    fake_time = FakeTime()
    breaker = opened(fake_time)
    fake_time.at += 5
    inside = 0

    async def send() -> None:
        nonlocal inside
        async with breaker.turn():
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(send() for _ in range(5)))


async def test_pauses_grow_and_an_accepted_message_ends_them() -> None:
    fake_time = FakeTime()
    breaker = opened(fake_time)
    fake_time.at += 5
    breaker.record_refusal()

    async def send() -> None:
        async with breaker.turn():
            pass

    waiting = asyncio.create_task(send())
    await asyncio.sleep(0)
    assert not waiting.done()
    breaker.record_success()
    await asyncio.wait_for(waiting, 5)
