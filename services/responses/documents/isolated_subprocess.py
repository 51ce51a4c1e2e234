"""Isolated subprocesses parse untrusted files, with limited memory and time.

A file made to explode, or to break its parser, harms nothing that holds a key or a response: the
process gets no setting of the service. Few run at once, and a caller who waits longer than one may
run is refused, so that many files cannot exhaust the machine either.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from services.runtime.refusal import Refusal
from services.runtime.text import Text

SECONDS = 30
MEMORY_BYTES = 1_500_000_000
MOST_RUNNING = 2
MOST_WAITING = 8


class SubprocessFailed(Exception):
    """The file took too much memory or time, or broke its parser."""


class Busy(Refusal):
    status = 503
    sentence = Text(
        fr="Trop de fichiers sont en cours de lecture.",
        en="Too many files are being read just now.",
    )
    way_out = Text(fr="Réessayez dans une demi-minute.", en="Try again in half a minute.")

    @property
    def retry_after(self) -> int:
        return SECONDS


class _Slots:
    """How many subprocesses of one event loop run, and how many callers wait."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_RUNNING)
        self._waiting = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[None]:
        """Raises Busy."""
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise Busy from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, _Slots] = WeakKeyDictionary()


async def run(module: str, argument: str, content: bytes, seconds: float | None = None) -> bytes:
    """The standard output of `python -m module argument`, which reads `content`.

    `seconds`: the time limit. Raises SubprocessFailed, Busy."""
    async with _slots.setdefault(asyncio.get_running_loop(), _Slots()).acquire():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            argument,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name[:6] != "PANEL_"},
        )
        try:
            async with asyncio.timeout(SECONDS if seconds is None else seconds):
                output, _ = await process.communicate(content)
        except TimeoutError:
            raise SubprocessFailed from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode or not output:
        raise SubprocessFailed
    return output


def main(parse: Callable[[bytes, str], bytes], argument: str) -> None:
    """The entry point of the subprocess: it sets its limits before it reads the file."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(parse(sys.stdin.buffer.read(), argument))
