"""Hints of change as they come, and the truth about how fresh the screen is.

The service sends a comment every two seconds while nothing changes, so silence means trouble: five
seconds of it are said as "N s behind", fifteen as "cut off", and the connection is opened again.
After every gap the service says "everything", so a lost hint cannot leave an old number on screen.
"""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime

import httpx

from console.client.freshness import Freshness
from console.client.problems import SignedOut
from console.client.staff_client import StaffClient

_BEHIND_AFTER_SECONDS = 5.0
_CUT_AFTER_SECONDS = 15.0
_BACKOFF_SECONDS = (0.25, 0.5, 1.0, 2.0)
_UNAUTHORIZED = 401


class Live:
    """Reads one service's hints for as long as it runs; the owner asks for `freshness` any time."""

    def __init__(
        self,
        client: StaffClient,
        hinted: Callable[[], None],
        changed: Callable[[], None],
        clock: Callable[[], datetime],
        service: str = "campaigns",
    ) -> None:
        self._client = client
        self._hinted = hinted
        self._changed = changed
        self._now = clock
        self._service = service
        self._heard: float | None = None
        self._heard_at = clock()
        self._connected = False
        self._failed = False

    def freshness(self) -> Freshness:
        if not self._connected:
            if self._heard is not None:
                return Freshness("cut_off", self._heard_at)
            return Freshness("never" if self._failed else "starting", self._heard_at)
        silence = time.monotonic() - (self._heard or 0)
        if silence >= _BEHIND_AFTER_SECONDS:
            return Freshness("behind", self._heard_at, int(silence))
        return Freshness("live", self._heard_at)

    async def run(self) -> None:
        """Read until cancelled. Raises SignedOut when the token is not accepted any more."""
        failures = 0
        while True:
            try:
                async with self._client.hints(self._service) as response:
                    if response.status_code == _UNAUTHORIZED:
                        raise SignedOut
                    response.raise_for_status()
                    failures = 0
                    await self._listen(response)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
                pass  # said by `freshness`; the loop is the way out
            self._lost()
            await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            failures += 1

    async def _listen(self, response: httpx.Response) -> None:
        lines = response.aiter_lines()
        while True:
            async with asyncio.timeout(_CUT_AFTER_SECONDS):
                line = await anext(lines, None)
            if line is None:
                return
            self._receive()
            if line.startswith("data:") and json.loads(line[5:]):
                self._hinted()

    def _receive(self) -> None:
        was = self._connected
        self._connected = True
        self._heard = time.monotonic()
        self._heard_at = self._now()
        if not was:
            self._changed()

    def _lost(self) -> None:
        self._connected = False
        self._failed = True
        self._changed()
