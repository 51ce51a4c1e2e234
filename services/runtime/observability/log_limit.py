"""Rate limit of log lines that repeat: an outage is said, not shouted.

A broker that is away makes its client log dozens of lines a second in each replica, which fills the
disk and hides the one line that matters. Our own errors are never suppressed, warnings that repeat
are.
"""

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import structlog

_LINES, _SECONDS = 3, 60.0
# Parts of our own warnings that tell one kind from another.
_TELLING = ("event", "error", "topic", "job", "route")

Clock = Callable[[], float]


@dataclass
class _Window:
    ends: float
    lines: int = 0
    suppressed: int = 0


class LogLimit:
    """Lets so many lines of one kind through in a minute. The first line of a later minute says how
    many were suppressed."""

    def __init__(
        self, lines: int = _LINES, seconds: float = _SECONDS, clock: Clock = time.monotonic
    ) -> None:
        self._lines = lines
        self._seconds = seconds
        self._clock = clock
        self._windows: dict[Hashable, _Window] = {}

    def admit(self, kind: Hashable) -> int | None:
        """How many of this kind were suppressed before this line; None: suppress this one too."""
        now = self._clock()
        window = self._windows.get(kind)
        suppressed = 0
        if window is None or now >= window.ends:
            suppressed = window.suppressed if window else 0
            window = self._windows[kind] = _Window(now + self._seconds)
        window.lines += 1
        if window.lines > self._lines:
            window.suppressed += 1
            return None
        return suppressed


class LibraryLines(logging.Filter):
    """Of libraries: one kind is one place in the code with one type of error. Not of the HTTP
    server, whose errors are defects that a request met."""

    def __init__(self, limit: LogLimit) -> None:
        super().__init__()
        self._limit = limit

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("uvicorn"):
            return True
        error = record.exc_info[0] if record.exc_info else None
        suppressed = self._limit.admit((record.name, record.pathname, record.lineno, error))
        if suppressed:
            record.suppressed = suppressed
        return suppressed is not None


class OwnWarnings:
    """A structlog processor: of our own lines, warnings that say the same."""

    def __init__(self, limit: LogLimit) -> None:
        self._limit = limit

    def __call__(
        self, _logger: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        if method not in ("warning", "warn"):
            return event
        suppressed = self._limit.admit(tuple(str(event.get(part)) for part in _TELLING))
        if suppressed is None:
            raise structlog.DropEvent
        if suppressed:
            event["suppressed"] = suppressed
        return event
