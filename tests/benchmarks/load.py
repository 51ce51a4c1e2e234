"""Load generator: many concurrent readers with a light HTTP/1.1 client.

Connections stay open and nothing is cached. Responses are read whole, and any status but 200 is an
error.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import httptools

CONNECTIONS = 64


@dataclass
class Taken:
    """Seconds per page, and the bytes of all pages."""

    seconds: list[float] = field(default_factory=list)
    bytes: int = 0
    lasted: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.lasted

    def percentile(self, share: float) -> float:
        return sorted(self.seconds)[int(share * len(self.seconds))]


class Unexpected(Exception):
    """A response with a status other than 200."""


class _Connection(asyncio.Protocol):
    """One request at a time, answered by its status and size."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, int]] | None = None
        self._lost = False

    async def get(self, request: bytes) -> tuple[int, int]:
        assert self._transport is not None
        if self._lost:
            raise ConnectionError("the service closed the connection")
        self._size = 0
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._size += len(data)
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((self._parser.get_status_code(), self._size))

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("closed before it answered"))


class Readers:
    """Connections to one service; `async with`."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._idle: asyncio.Queue[_Connection] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, connection = await loop.create_connection(_Connection, self._host, self._port)
            self._idle.put_nowait(connection)
        return self

    async def __aexit__(self, *_: object) -> None:
        while not self._idle.empty():
            self._idle.get_nowait().close()

    async def as_fast_as_it_goes(self, paths: Sequence[str], at_once: int) -> Taken:
        """Measure throughput: `at_once` readers request paths without a pause."""
        taken, waiting = Taken(), iter(paths)

        async def one_after_another() -> None:
            for path in waiting:
                await self._receive(path, time.perf_counter(), taken)

        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(one_after_another())
        taken.lasted = time.perf_counter() - start
        return taken

    async def at_a_rate(self, paths: Sequence[str], moments: Iterable[float]) -> Taken:
        """How long people wait: each path is asked for at its moment, answered or not what was
        asked before; the wait counts from that moment."""
        taken = Taken()
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for path, moment in zip(paths, moments, strict=False):
                due = start + moment
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                group.create_task(self._receive(path, due, taken))
        taken.lasted = time.perf_counter() - start
        return taken

    async def _receive(self, path: str, since: float, taken: Taken) -> None:
        connection = await self._idle.get()
        try:
            status, size = await connection.get(
                f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept: text/html\r\n"
                "Accept-Language: fr\r\nAccept-Encoding: gzip\r\n\r\n".encode()
            )
        finally:
            self._idle.put_nowait(connection)
        if status != 200:
            raise Unexpected(f"{path}: {status}")
        taken.seconds.append(time.perf_counter() - since)
        taken.bytes += size
