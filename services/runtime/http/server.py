"""The HTTP server in front of the application: how long, how large and how many at once.

uvicorn waits for ever for the rest of a request's head, and takes one of any length; whoever leaves
connections half open could so use up a service that no proxy stands before.
"""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Longer than clients and proxies keep a connection: who closes first must not be the one that a
# request may just be on its way to.
_KEEP_ALIVE_SECONDS = 75
_GRACEFUL_SECONDS = 2
# Connections of one process, streams of hints included; beyond them the answer is 503.
MOST_CONNECTIONS = 1000
HEAD_SECONDS = 10.0
LARGEST_HEAD = 64 << 10


class _Protocol(HttpToolsProtocol):
    """Hangs up on a request whose head is not there in time, or does not end."""

    head_seconds = HEAD_SECONDS
    _overdue: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._overdue:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        if not self._overdue:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._overdue = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._overdue:
            self._overdue.cancel()
            self._overdue = None


class Server(uvicorn.Server):
    """Ends, and lets the rest of the service end: uvicorn raises a caught SIGTERM once more, which
    would kill the process before its consumers have left and its messages are finished."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def server(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    most_connections: int = MOST_CONNECTIONS,
    head_seconds: float = HEAD_SECONDS,
) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host,
            port,
            http=type("_Protocol", (_Protocol,), {"head_seconds": head_seconds}),
            ws="none",
            lifespan="off",
            log_config=None,
            # Who asks is in no log; whom a proxy speaks for, the application decides.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=most_connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        )
    )
