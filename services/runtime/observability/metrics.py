"""Metrics in Prometheus' text format: samples taken at each scrape, and request durations."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

# Otherwise each series would expose when it was first counted, to the microsecond.
disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Sample:
    """One number at the moment of the scrape; `name` without the panel_ prefix."""

    name: str
    help: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def exposition(samples: Iterable[Sample]) -> bytes:
    """Render samples. A new registry each time, so that a label that is gone disappears."""
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


class RequestMetrics:
    """Histogram of the time until an HTTP response began, since the process started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "panel_request_seconds",
            "time until an answer began",
            ["route", "method", "status"],
            registry=self._registry,
            buckets=(0.005, 0.025, 0.1, 0.5, 2, 10),
        )
        self._series: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. `route` is its template; of `status` only the hundreds are kept."""
        key = route, method, status // 100
        if key not in self._series:
            self._series[key] = self._seconds.labels(route, method, f"{status // 100}xx")
        self._series[key].observe(seconds)

    def exposition(self) -> bytes:
        return generate_latest(self._registry)


def free_disk_share(path: str = "/") -> float:
    """Free share of a disk, in hundredths: finer, it would time each response that is stored."""
    usage = shutil.disk_usage(path)
    return usage.free * 100 // usage.total / 100
