"""Rate limits of repeated log lines.

A broker that is away makes its client log dozens of lines a second in each replica, which fills the
disk and hides the one line that matters. Errors of our own are never suppressed, repeated warnings
are.
"""

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import structlog

_LINES, _SECONDS = 3, 60.0
# Fields of our own warnings that tell one kind from another.
_DISTINGUISHING_FIELDS = ("event", "error", "topic", "job", "route")

Monotonic = Callable[[], float]


@dataclass
class _Window:
    ends: float
    lines: int = 0
    suppressed: int = 0


class LogLimiter:
    """Admits so many lines of one kind per minute, and counts those that it suppresses."""

    def __init__(
        self, lines: int = _LINES, seconds: float = _SECONDS, clock: Monotonic = time.monotonic
    ) -> None:
        self._lines = lines
        self._seconds = seconds
        self._clock = clock
        self._windows: dict[Hashable, _Window] = {}

    def admit(self, kind: Hashable) -> int | None:
        """Number of lines of this kind suppressed before this one; None: suppress this one too.

        The first line of a later window gets the number.
        """
        moment = self._clock()
        window = self._windows.get(kind)
        suppressed = 0
        if window is None or moment >= window.ends:
            suppressed = window.suppressed if window else 0
            window = self._windows[kind] = _Window(moment + self._seconds)
        window.lines += 1
        if window.lines > self._lines:
            window.suppressed += 1
            return None
        return suppressed


class LibraryLines(logging.Filter):
    """Limits lines of libraries, by the place in their code and the type of error.

    Lines of the HTTP server pass: its errors are defects that a request met.
    """

    def __init__(self, limiter: LogLimiter) -> None:
        super().__init__()
        self._limiter = limiter

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("uvicorn"):
            return True
        error = record.exc_info[0] if record.exc_info else None
        suppressed = self._limiter.admit((record.name, record.pathname, record.lineno, error))
        if suppressed:
            record.suppressed = suppressed
        return suppressed is not None


class OwnWarnings:
    """Structlog processor: limits our own warnings that repeat."""

    def __init__(self, limiter: LogLimiter) -> None:
        self._limiter = limiter

    def __call__(
        self, _logger: object, method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        if method not in ("warning", "warn"):
            return event
        kind = tuple(str(event.get(field)) for field in _DISTINGUISHING_FIELDS)
        suppressed = self._limiter.admit(kind)
        if suppressed is None:
            raise structlog.DropEvent
        if suppressed:
            event["suppressed"] = suppressed
        return event
