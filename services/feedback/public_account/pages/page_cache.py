"""Pages are rendered once and kept for as long as nothing public has changed.

Every request asks the database whether anything has, those that arrive together in one question, so
that no page, on any replica, is older than the moment it was asked for. What is kept is bounded.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from uuid import UUID

from services.feedback.public_account import store
from services.runtime.clock import Clock
from services.runtime.postgres.database import Database
from services.runtime.postgres.write_batcher import WriteBatcher

_MOST_BYTES = 64_000_000


@dataclass(frozen=True)
class Edition:
    """What pages show: everything public as of `mark`, seen on a day (promises become overdue)."""

    mark: UUID
    today: date


@dataclass(frozen=True)
class Kept:
    """Packed, as nearly everybody takes it: so the reports of a thousand projects can be kept."""

    packed: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, text: str, headers: dict[str, str]) -> "Kept":
        body = text.encode()
        return cls(
            gzip.compress(body, mtime=0),
            headers
            | {
                "ETag": f'"{blake2b(body, digest_size=12).hexdigest()}"',
                "Vary": ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding"))),
            },
        )

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.packed)


Make = Callable[[Edition], Awaitable[Kept | None]]


class Fresh:
    def __init__(self, database: Database, clock: Clock, most_bytes: int = _MOST_BYTES) -> None:
        self._database = database
        self._clock = clock
        self._most_bytes = most_bytes
        self._asking: WriteBatcher[None, None, UUID] = WriteBatcher(self._marks, most=100_000)
        self._edition: Edition | None = None
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Edition, Hashable], asyncio.Future[Kept | None]] = {}

    async def edition(self) -> Edition:
        """As of now, or later: the question is put after this call, never before."""
        edition = Edition(await self._asking.add(None, None), self._clock.today())
        if edition != self._edition:
            self._edition = edition
            self._kept.clear()
            self._bytes = 0
        return edition

    async def page(self, key: Hashable, make: Make) -> Kept | None:
        """The kept page, or a new one; None is not kept. One is made at a time for each key."""
        edition = await self.edition()
        if (kept := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            return kept
        place = (edition, key)
        if (underway := self._making.get(place)) is not None:
            return await asyncio.shield(underway)
        making = self._making[place] = asyncio.ensure_future(make(edition))
        making.add_done_callback(lambda done: self._finish(place, done))
        return await asyncio.shield(making)

    def _finish(self, place: tuple[Edition, Hashable], done: "asyncio.Future[Kept | None]") -> None:
        del self._making[place]
        edition, key = place
        if done.cancelled() or done.exception() is not None:
            return  # those who wait for it are told
        kept = done.result()
        # What it was read from may be newer than its edition, never older.
        if kept is None or edition != self._edition or key in self._kept:
            return
        self._kept[key] = kept
        self._bytes += len(kept.packed)
        while self._bytes > self._most_bytes:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone.packed)

    async def _marks(self, _: None, askers: Sequence[None]) -> list[UUID]:
        async with self._database.connection() as conn:
            return [await store.mark(conn)] * len(askers)
