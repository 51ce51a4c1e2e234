"""A mail server that refuses one message after another stops the sender, and rings."""

import asyncio

from services.registry.deliveries.circuit_breaker import REFUSALS_IN_A_ROW, CircuitBreaker


class Hands:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def stopped(hands: Hands) -> CircuitBreaker:
    breaker = CircuitBreaker(pause=5, clock=hands)
    for _ in range(REFUSALS_IN_A_ROW - 1):
        assert not breaker.refused()
        hands.at += 1
    assert not breaker.stopped
    assert breaker.refused()
    return breaker


def test_an_accepted_message_in_between_starts_the_row_anew() -> None:
    breaker = CircuitBreaker()
    for _ in range(REFUSALS_IN_A_ROW - 1):
        breaker.refused()
    breaker.passed()
    assert not breaker.refused()
    assert breaker.trouble_seconds == 0


def test_trouble_is_as_long_as_the_row_or_as_the_absence() -> None:
    hands = Hands()
    breaker = stopped(hands)
    hands.at += 60
    assert breaker.trouble_seconds == 60 + REFUSALS_IN_A_ROW - 1
    breaker.passed()
    assert breaker.trouble_seconds == 0
    breaker.away()
    hands.at += 7
    breaker.away()
    assert breaker.trouble_seconds == 7
    breaker.back()
    assert breaker.trouble_seconds == 0


async def test_while_stopped_one_message_at_a_time_waits_for_its_turn() -> None:
    hands = Hands()
    breaker = stopped(hands)
    hands.at += 5
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
    hands = Hands()
    breaker = stopped(hands)
    hands.at += 5
    breaker.refused()

    async def send() -> None:
        async with breaker.turn():
            pass

    waiting = asyncio.create_task(send())
    await asyncio.sleep(0)
    assert not waiting.done()
    breaker.passed()
    await asyncio.wait_for(waiting, 5)
