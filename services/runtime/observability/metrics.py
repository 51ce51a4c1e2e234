"""Logs without personal data, and the numbers that tell whether a promise is in danger."""

import logging
import sys
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from services.runtime.observability.log_limit import LibraryLines, LogLimit, OwnWarnings

# Or each series would say when it was first counted, to the microsecond.
disable_created_metrics()  # type: ignore[no-untyped-call]


def configure_logs(service: str, level: str) -> None:
    """One JSON object per line on standard output, libraries' from WARNING up among them."""
    common: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(lambda info: what_failed(info[1])),
    ]
    limit = LogLimit()
    structlog.configure(
        processors=[OwnWarnings(limit), *common, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    libraries = logging.StreamHandler(sys.stdout)
    libraries.addFilter(LibraryLines(limit))
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


def what_failed(error: BaseException | None) -> str:
    """Where and what, never with which values: messages of errors repeat what was stored or sent.

    PostgreSQL's name the row in their DETAIL, pydantic's the input, SMTP's the recipient.
    """
    return "\n".join(_causes(error, set()))


def _causes(error: BaseException | None, seen: set[int]) -> Iterator[str]:
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield f"{type(error).__qualname__}{_message(error)}"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one, seen)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _message(error: BaseException) -> str:
    """Of the few kinds whose message holds no value; PostgreSQL's class 22 quotes its input."""
    if isinstance(error, asyncpg.PostgresError):
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


@dataclass(frozen=True)
class Sample:
    """One number at the moment of the scrape; `name` without the panel_ prefix."""

    name: str
    help: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def exposition(samples: Iterable[Sample]) -> bytes:
    """Samples in Prometheus' text format. A new registry each time: a label gone is gone."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for sample in samples:
        if sample.name not in gauges:
            gauges[sample.name] = Gauge(
                f"panel_{sample.name}", sample.help, sorted(sample.labels), registry=registry
            )
        gauge = gauges[sample.name]
        (gauge.labels(**sample.labels) if sample.labels else gauge).set(sample.value)
    return generate_latest(registry)


class Requests:
    """How long people and programs waited for answers to begin, since the process started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "panel_request_seconds",
            "time until an answer began",
            ["route", "method", "status"],
            registry=self._registry,
            buckets=(0.005, 0.025, 0.1, 0.5, 2, 10),
        )
        self._of: dict[tuple[str, str, int], Histogram] = {}

    def took(self, route: str, method: str, status: int, seconds: float) -> None:
        """`route`: its template. Of `status` only the hundreds are kept."""
        series = route, method, status // 100
        if series not in self._of:
            self._of[series] = self._seconds.labels(route, method, f"{status // 100}xx")
        self._of[series].observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)
