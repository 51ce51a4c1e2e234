"""The console in a real terminal: a process behind a pty, its bytes, and the screen they draw."""

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import Popen

import pyte

_PATIENCE_SECONDS = 60
_SIZE = 80, 24


class Terminal:
    """`sent`: every byte that the programme wrote; `text`: the lines that they draw."""

    def __init__(self, master: int, process: "Popen[bytes]", encoding: str) -> None:
        self._master = master
        self.process = process
        self.sent = b""
        self._screen = pyte.Screen(*_SIZE)
        self._stream = pyte.Stream(self._screen)
        self._encoding = encoding
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(master, self._read)

    def _read(self) -> None:
        try:
            content = os.read(self._master, 65_536)
        except OSError:  # how Linux says that the other side is closed
            content = b""
        if not content:
            asyncio.get_running_loop().remove_reader(self._master)
        self.sent += content
        self._stream.feed(content.decode(self._encoding, "replace"))
        self._news.set()

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def ended(self) -> int:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await asyncio.to_thread(self.process.wait)


@asynccontextmanager
async def terminal(
    *arguments: str, encoding: str = "utf-8", **environment: str
) -> AsyncIterator[Terminal]:
    """Run `python -m …` on 80 columns and 24 lines; ended with the block."""
    master, slave = pty.openpty()
    width, height = _SIZE
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    process = Popen(
        [sys.executable, "-m", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=Path(__file__).parents[2],
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color"} | environment,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(master, process, encoding)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        asyncio.get_running_loop().remove_reader(master)
        os.close(master)
