"""The server itself, over real sockets: keep-alive, its limit of connections, and its end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from services.runtime.http.server import Server, server
from tests.support.running import free_port
from tests.support.servers import eventually

HEAD = b"GET / HTTP/1.1\r\nHost: panel.test\r\n"


async def no_content(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@asynccontextmanager
async def serving(
    most_connections: int = 100,
) -> AsyncIterator[tuple[int, Server, "asyncio.Task[None]"]]:
    """The port, the server, and the task that ends with it."""
    port = free_port()
    http_server = server(no_content, "127.0.0.1", port, most_connections=most_connections)
    task = asyncio.create_task(http_server.serve())

    async def started() -> bool:
        return http_server.started

    await eventually(started, "the server listens")
    try:
        yield port, http_server, task
    finally:
        http_server.should_exit = True
        await task


async def expect(reader: asyncio.StreamReader, text: bytes) -> None:
    async with asyncio.timeout(10):
        await reader.readuntil(text)


async def test_a_connection_serves_several_requests_and_stays_open() -> None:
    async with serving() as (port, _, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(HEAD + b"\r\n")
            await expect(reader, b"204 No Content")
            await expect(reader, b"\r\n\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(1)
        writer.close()


async def test_beyond_the_limit_of_connections_the_response_is_503() -> None:
    async with serving(most_connections=3) as (port, _, _):
        occupied = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for _, writer in occupied:
            writer.write(HEAD)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"\r\n")
        await expect(reader, b"503 Service Unavailable")
        for _, open_writer in [*occupied, (reader, writer)]:
            open_writer.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_and_not_the_process(number: signal.Signals) -> None:
    """Pins uvicorn's `capture_signals` and `handle_exit`; the consumers must end in their turn."""
    handler = signal.getsignal(number)
    async with serving() as (_, http_server, task):
        os.kill(os.getpid(), number)
        await asyncio.wait_for(task, 10)
        assert http_server.should_exit
    assert signal.getsignal(number) is handler
