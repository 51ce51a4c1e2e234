"""Stops a sender whose mail server refuses one message after another, or is away.

A block of the sender's address or content meets every order of a wave. After a few refusals in a
row nothing more is handed over for a while; then one message at a time tries whether it is over.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

REFUSALS_IN_A_ROW = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 600.0


class CircuitBreaker:
    """Shared by the workers of one process."""

    def __init__(
        self, pause: float = _FIRST_PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_pause = pause
        self._clock = clock
        self._pause = pause
        self._until = 0.0
        self._refused_since: float | None = None
        self._away_since: float | None = None
        self._probing = asyncio.Lock()
        self._released = asyncio.Event()
        self.in_a_row = 0

    @property
    def stopped(self) -> bool:
        return self.in_a_row >= REFUSALS_IN_A_ROW

    @property
    def trouble_seconds(self) -> float:
        """For how long the mail server has been away, or has stopped the sender."""
        since = [self._away_since, self._refused_since if self.stopped else None]
        return max((self._clock() - start for start in since if start is not None), default=0.0)

    def refused(self) -> bool:
        """A refusal that is not a recipient's. True: it stops the sender."""
        now = self._clock()
        self.in_a_row += 1
        if self._refused_since is None:
            self._refused_since = now
        if not self.stopped:
            return False
        self._released.clear()
        if now >= self._until:
            # Refusals of messages that were under way already say nothing new.
            self._until = now + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True

    def passed(self) -> None:
        """The mail server serves this sender."""
        self.in_a_row, self._pause, self._until = 0, self._first_pause, 0.0
        self._refused_since = None
        self._released.set()

    def away(self) -> None:
        if self._away_since is None:
            self._away_since = self._clock()

    def back(self) -> None:
        self._away_since = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """When a message may be handed over: at once, or while stopped after a pause, alone."""
        if not self.stopped:
            yield
            return
        async with self._probing:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._released.wait(), self._until - self._clock())
            yield
