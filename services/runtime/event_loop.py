"""Event loop of a service: uvloop, with a short time-out for closing TLS connections.

Closing a TLS connection waits for the peer's close_notify, thirty seconds by default. A broker that
was restarted or is busy never sends it, and a service that was told to stop would be killed for
that, with its members' requests.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

# A peer on the same network answers within milliseconds, or not at all.
TLS_CLOSE_SECONDS = 1.0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists; asyncio's own loop elsewhere (Windows)."""
    if sys.platform == "win32":
        return None
    import uvloop

    class Loop(uvloop.Loop):
        async def create_connection(self, *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("ssl"):
                kwargs.setdefault("ssl_shutdown_timeout", TLS_CLOSE_SECONDS)
            return await super().create_connection(*args, **kwargs)

        async def start_tls(self, *args: Any, **kwargs: Any) -> Any:
            kwargs.setdefault("ssl_shutdown_timeout", TLS_CLOSE_SECONDS)
            return await super().start_tls(*args, **kwargs)

    return Loop
