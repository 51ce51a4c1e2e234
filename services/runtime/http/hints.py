"""Hints for the screens: one LISTEN connection per process, fanned out to server-sent events.

A hint only says *re-read this*; losing one must never matter, so after every gap (a slow client, a
lost connection) the client is told to re-read everything.
"""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import structlog

from services.contracts.http.common import Hint
from services.runtime.messaging.relay import HINT_CHANNEL
from services.runtime.postgres.database import Database
from services.runtime.refusal import Refusal
from services.runtime.text import Text

EVERYTHING = Hint(kind="everything")
_HEARTBEAT_SECONDS = 2.0
_QUEUE = 100
# Each open console has one; nobody uses more screens than this at once.
MOST_STREAMS = 20

log = structlog.get_logger()


class TooManyStreams(Refusal):
    status = 429
    sentence = Text(
        fr="Vous avez déjà {most} consoles ouvertes.", en="You have {most} consoles open already."
    )
    way_out = Text(fr="Fermez-en une.", en="Close one of them.")

    @property
    def retry_after(self) -> int:
        return 30


class HintHub:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._streams: dict[asyncio.Queue[list[Hint]], str] = {}

    async def run(self) -> None:
        """Listen until cancelled, and reconnect after every loss."""
        while True:
            try:
                connection = await self._database.dedicated("hints")
                try:
                    gone = asyncio.Event()
                    connection.add_termination_listener(lambda _, gone=gone: gone.set())
                    await connection.add_listener(HINT_CHANNEL, self._receive)
                    self._broadcast([EVERYTHING])
                    await gone.wait()
                finally:
                    connection.terminate()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("hints_interrupted", error=type(error).__name__)
            await asyncio.sleep(0.5)

    def _receive(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._broadcast([Hint.model_validate(hint) for hint in json.loads(str(payload))])

    def _broadcast(self, hints: list[Hint]) -> None:
        for queue in self._streams:
            try:
                queue.put_nowait(hints)
            except asyncio.QueueFull:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait([EVERYTHING])

    def check_stream_limit(self, person: str, limit: int = MOST_STREAMS) -> None:
        """Raises TooManyStreams when the person has so many streams open already."""
        if list(self._streams.values()).count(person) >= limit:
            raise TooManyStreams(most=limit)

    async def stream(
        self, person: str, until: float = math.inf, now: Callable[[], float] = time.time
    ) -> AsyncIterator[str]:
        """Server-sent events: lists of hints, and a comment as heartbeat while nothing changes.

        It ends at `until`, in seconds since 1970: no stream outlives the token that opened it.
        """
        queue: asyncio.Queue[list[Hint]] = asyncio.Queue(_QUEUE)
        self._streams[queue] = person
        try:
            yield _event([EVERYTHING])
            while (remaining := until - now()) > 0:
                try:
                    async with asyncio.timeout(min(remaining, _HEARTBEAT_SECONDS)):
                        hints = await queue.get()
                except TimeoutError:
                    yield ": still here\n\n"
                else:
                    yield _event(hints)
        finally:
            del self._streams[queue]


def _event(hints: list[Hint]) -> str:
    return f"data: {json.dumps([hint.model_dump(exclude_none=True) for hint in hints])}\n\n"
