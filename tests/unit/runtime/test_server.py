"""The server itself, over real sockets: nobody holds a connection by saying little or too much."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from services.runtime.http.server import server
from tests.support.running import free_port
from tests.support.servers import eventually

ASKING = b"GET / HTTP/1.1\r\nHost: panel.test\r\n"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def listening(head_seconds: float = 30, most_connections: int = 100) -> AsyncIterator[int]:
    port = free_port()
    made = server(
        hello, "127.0.0.1", port, head_seconds=head_seconds, most_connections=most_connections
    )
    task = asyncio.create_task(made.serve())

    async def started() -> bool:
        return made.started

    await eventually(started, "the server listens")
    try:
        yield port
    finally:
        made.should_exit = True
        await task


async def hears(reader: asyncio.StreamReader, words: bytes) -> None:
    async with asyncio.timeout(10):
        await reader.readuntil(words)


@pytest.mark.parametrize("said", [b"", ASKING, ASKING + b"\r\n" + ASKING])
async def test_who_does_not_finish_asking_is_hung_up_on(said: bytes) -> None:
    """Who connects and says nothing, who stops in the middle, and who does so the second time."""
    async with listening(head_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        async with asyncio.timeout(10):
            heard = await reader.read()
        assert heard.count(b"204 No Content") == said.count(b"\r\n\r\n")
        writer.close()


async def test_who_asks_in_time_keeps_the_connection() -> None:
    async with listening(head_seconds=0.2) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(ASKING + b"\r\n")
            await hears(reader, b"204 No Content")
            await hears(reader, b"\r\n\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(1)
        writer.close()


async def test_a_head_without_end_is_not_read_to_its_end() -> None:
    async def keeps_talking(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x-filler: " + b"x" * 990 + b"\r\n")
            await writer.drain()

    async with listening() as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKING)
        with pytest.raises(ConnectionError):
            async with asyncio.timeout(10):
                await keeps_talking(writer)
        writer.close()


async def test_beyond_so_many_connections_the_answer_is_that_it_is_busy() -> None:
    async with listening(most_connections=3) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for _, writer in held:
            writer.write(ASKING)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(ASKING + b"\r\n")
        await hears(reader, b"503 Service Unavailable")
        for _, one in [*held, (reader, writer)]:
            one.close()
