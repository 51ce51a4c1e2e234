"""Files from elsewhere are parsed in processes of their own, with little memory and little time.

A file made to explode, or to break a parser, harms nothing that holds a key or an answer: the
process gets no setting of the service. Few run at once, and who waits longer than a process may
take is told to try again: so many files cannot use up the machine either.
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
AT_ONCE = 2
MOST_WAITING = 8


class Exploded(Exception):
    """It took too much memory or time, or broke its parser."""


class Busy(Refusal):
    status = 503
    sentence = Text(
        fr="Trop de fichiers sont lus en ce moment.", en="Too many files are being read just now."
    )
    way_out = Text(fr="Réessayez dans une demi-minute.", en="Try again in half a minute.")

    @property
    def retry_after(self) -> int:
        return SECONDS


class _Places:
    """Of one event loop: who runs, and how many wait."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
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


_places: WeakKeyDictionary[asyncio.AbstractEventLoop, _Places] = WeakKeyDictionary()


async def run(module: str, argument: str, content: bytes, seconds: float | None = None) -> bytes:
    """What `python -m module argument` answers to `content`. Raises Exploded, Busy."""
    async with _places.setdefault(asyncio.get_running_loop(), _Places()).taken():
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
                answered, _ = await process.communicate(content)
        except TimeoutError:
            raise Exploded from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode or not answered:
        raise Exploded
    return answered


def answer(read: Callable[[bytes, str], bytes], argument: str) -> None:
    """In the process itself: limits first, then the file."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(read(sys.stdin.buffer.read(), argument))
