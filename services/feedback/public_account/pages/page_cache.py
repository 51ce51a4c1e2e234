"""Page cache: rendered pages, valid while the public data has not changed.

Every request asks the database for the mark of the public data, concurrent requests in one query,
so that no page on any replica is older than its request. The cache is bounded in bytes.
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

_MAX_BYTES = 64_000_000


@dataclass(frozen=True)
class Edition:
    """The public data at `mark`, seen on a day: promises become overdue at midnight."""

    mark: UUID
    today: date


@dataclass(frozen=True)
class CachedPage:
    """Compressed, as nearly every client accepts it: the reports of a thousand projects fit."""

    compressed: bytes
    headers: dict[str, str]

    @classmethod
    def of(cls, text: str, headers: dict[str, str]) -> "CachedPage":
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
        return gzip.decompress(self.compressed)


Render = Callable[[Edition], Awaitable[CachedPage | None]]


class PageCache:
    def __init__(self, database: Database, clock: Clock, max_bytes: int = _MAX_BYTES) -> None:
        self._database = database
        self._clock = clock
        self._max_bytes = max_bytes
        self._marks: WriteBatcher[None, None, UUID] = WriteBatcher(
            self._find_marks, max_items=100_000
        )
        self._edition: Edition | None = None
        self._pages: OrderedDict[Hashable, CachedPage] = OrderedDict()
        self._bytes = 0
        self._rendering: dict[tuple[Edition, Hashable], asyncio.Future[CachedPage | None]] = {}

    async def edition(self) -> Edition:
        """The current edition; the query starts after this call, never before."""
        edition = Edition(await self._marks.add(None, None), self._clock.today())
        if edition != self._edition:
            self._edition = edition
            self._pages.clear()
            self._bytes = 0
        return edition

    async def page(self, key: Hashable, render: Render) -> CachedPage | None:
        """The cached page, or a new one; None is not cached. A key is rendered once at a time."""
        edition = await self.edition()
        if (page := self._pages.get(key)) is not None:
            self._pages.move_to_end(key)
            return page
        task_key = (edition, key)
        if (underway := self._rendering.get(task_key)) is not None:
            return await asyncio.shield(underway)
        rendering = self._rendering[task_key] = asyncio.ensure_future(render(edition))
        rendering.add_done_callback(lambda future: self._finish(task_key, future))
        return await asyncio.shield(rendering)

    def _finish(
        self, task_key: tuple[Edition, Hashable], future: "asyncio.Future[CachedPage | None]"
    ) -> None:
        del self._rendering[task_key]
        edition, key = task_key
        if future.cancelled() or future.exception() is not None:
            return  # those who wait for it get the error
        page = future.result()
        # The data that it shows may be newer than its edition, never older.
        if page is None or edition != self._edition or key in self._pages:
            return
        self._pages[key] = page
        self._bytes += len(page.compressed)
        while self._bytes > self._max_bytes:
            _, evicted = self._pages.popitem(last=False)
            self._bytes -= len(evicted.compressed)

    async def _find_marks(self, _: None, requests: Sequence[None]) -> list[UUID]:
        async with self._database.connection() as conn:
            return [await store.find_mark(conn)] * len(requests)
