"""Orderly end of a running stack on Ctrl-C and SIGTERM; a second Ctrl-C does not cut it short."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any


def until_told_to_stop(work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Run `work` to its end, or cancel it at the first signal; returns whether it was cancelled."""
    return asyncio.run(_run(work))


async def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    task = asyncio.create_task(work())
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopping:
            raise
    return stopping
