"""Circuit breaker: stops the sender when the mail server refuses one message after another.

A block of the sender's address or content meets every order of a wave. After a few refusals in a
row the breaker opens: nothing is handed over during a pause. Then it is half open: one message at a
time probes whether the mail server serves this sender again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

REFUSALS_IN_A_ROW = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 600.0


class CircuitBreaker:
    """Shared by the workers of one process. Pauses are in seconds."""

    def __init__(
        self, pause: float = _FIRST_PAUSE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._first_pause = pause
        self._clock = clock
        self._pause = pause
        self._open_until = 0.0
        self._refused_since: float | None = None
        self._unreachable_since: float | None = None
        self._probing = asyncio.Lock()
        self._closed_again = asyncio.Event()
        self.in_a_row = 0

    @property
    def is_open(self) -> bool:
        return self.in_a_row >= REFUSALS_IN_A_ROW

    @property
    def trouble_seconds(self) -> float:
        """Seconds since when the mail server is unreachable, or the breaker open."""
        since = [self._unreachable_since, self._refused_since if self.is_open else None]
        return max((self._clock() - start for start in since if start is not None), default=0.0)

    def record_refusal(self) -> bool:
        """Count a refusal that is not a recipient's. True: the breaker is open."""
        instant = self._clock()
        self.in_a_row += 1
        if self._refused_since is None:
            self._refused_since = instant
        if not self.is_open:
            return False
        self._closed_again.clear()
        if instant >= self._open_until:
            # Refusals of messages that were under way already must not prolong the pause.
            self._open_until = instant + self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True

    def record_success(self) -> None:
        """The mail server serves this sender: close the breaker."""
        self.in_a_row, self._pause, self._open_until = 0, self._first_pause, 0.0
        self._refused_since = None
        self._closed_again.set()

    def record_unreachable(self) -> None:
        if self._unreachable_since is None:
            self._unreachable_since = self._clock()

    def record_reachable(self) -> None:
        self._unreachable_since = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Enter when a message may be handed over: at once, or after the pause and alone."""
        if not self.is_open:
            yield
            return
        async with self._probing:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed_again.wait(), self._open_until - self._clock())
            yield
