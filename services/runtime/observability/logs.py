"""Logs as JSON lines on standard output, without personal data."""

import logging
import sys
import traceback
from collections.abc import Iterator

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from services.runtime.observability.log_limits import LibraryLines, LogLimiter, OwnWarnings


def configure_logs(service: str, level: str) -> None:
    """Log one JSON object per line, those of libraries from WARNING up included."""
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(lambda info: describe_failure(info[1])),
    ]
    limiter = LogLimiter()
    structlog.configure(
        processors=[OwnWarnings(limiter), *common, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    libraries = logging.StreamHandler(sys.stdout)
    libraries.addFilter(LibraryLines(limiter))
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ExtraAdder(allow=["suppressed"]),
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *common,
                _first_line,
                structlog.processors.JSONRenderer(),
            ]
        )
    )
    logging.basicConfig(handlers=[libraries], level=logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def describe_failure(error: BaseException | None) -> str:
    """Types and tracebacks of an error and its causes, without values.

    Messages of errors repeat what was stored or sent: PostgreSQL's name the row in their DETAIL,
    pydantic's the input, SMTP's the recipient.
    """
    return "\n".join(_causes(error, set()))


def _causes(error: BaseException | None, visited: set[int]) -> Iterator[str]:
    while error is not None and id(error) not in visited:
        visited.add(id(error))
        yield f"{type(error).__qualname__}{_message(error)}"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member, visited)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _message(error: BaseException) -> str:
    """Message of the few error types whose message holds no value."""
    if isinstance(error, asyncpg.PostgresError):
        # Class 22 quotes its input.
        quoted = (error.sqlstate or "22").startswith("22")
        return f" ({error.sqlstate})" if quoted else f" ({error.sqlstate}): {error.args[0]}"
    if isinstance(error, RuntimeError | OSError | KafkaError | asyncpg.InterfaceError):
        return f": {error}"
    return ""


def _first_line(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    # asyncio adds the repr of a failed task, and with it the error's message.
    event["event"] = str(event["event"]).partition("\n")[0]
    return event
