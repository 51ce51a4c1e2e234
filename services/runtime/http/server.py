"""HTTP server in front of the application.

A request's head is limited in size and time by the proxy, through which every request comes
(docs/decisions/0033); the body and the number of connections are limited here as well.
"""

import contextlib
import signal
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

# Longer than clients and proxies keep a connection: otherwise a request may be on its way to the
# side that has just closed.
_KEEP_ALIVE_SECONDS = 75
_GRACEFUL_SECONDS = 2
# Connections of one process, streams of hints included; beyond them the response is 503.
MOST_CONNECTIONS = 1000


class Server(uvicorn.Server):
    """Ends at a signal without raising it again.

    uvicorn raises a captured SIGTERM once more, which would kill the process before its consumers
    have left and its messages are finished.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        handlers = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def server(
    app: ASGIApp, host: str, port: int, *, most_connections: int = MOST_CONNECTIONS
) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host,
            port,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            # No log holds client addresses; whether a proxy is trusted, the application decides.
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=most_connections,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        )
    )
