"""Logs without personal data, and the numbers that tell whether a promise is in danger."""

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest


def configure_logs(service: str, level: str) -> None:
    """One JSON object per line on standard output. Libraries log from WARNING up."""
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(service=service)


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
