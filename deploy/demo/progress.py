"""Progress of a whole panel: orders, deliveries, outboxes and consumers, read from outside.

A wait that gives up reports these figures, which show the part that is stuck. On a slow machine
they still change; in a stuck panel they do not.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.endpoints import Endpoints
from deploy.local.errors import TRUSTED
from services.runtime.clock import Clock
from services.runtime.postgres.queries import Queries, fetch, fetch_value

queries = Queries("deploy.demo")

_LAG = "panel_consumer_lag_records"
_SECONDS = 10.0


@dataclass(frozen=True)
class Progress:
    """Counts by queue; two equal snapshots mean that nothing has moved."""

    orders: tuple[str, ...]
    deliveries: tuple[str, ...]
    outboxes: tuple[str, ...]
    consumers: tuple[str, ...]

    def __str__(self) -> str:
        parts = {
            "orders": self.orders,
            "deliveries": self.deliveries,
            "outbox": self.outboxes,
            "consumers": self.consumers,
        }
        return "; ".join(f"{name}: {', '.join(figures) or '0'}" for name, figures in parts.items())


async def read_progress(endpoints: Endpoints, clock: Clock) -> Progress:
    """Read the figures now. Raises asyncpg.PostgresError, OSError."""
    async with connected(endpoints, "campaigns") as conn:
        orders = await fetch(conn, queries.orders_by_answer)
    async with connected(endpoints, "registry") as conn:
        deliveries = await fetch(conn, queries.deliveries_by_state, instant=clock.now())
    outboxes: list[str] = []
    consumers: list[str] = []
    async with httpx.AsyncClient(verify=TRUSTED, trust_env=False, timeout=_SECONDS) as client:
        for service in endpoints.services:
            async with connected(endpoints, service) as conn:
                if waiting := await fetch_value(conn, queries.waiting_events):
                    outboxes.append(f"{service} {waiting}")
            consumers += await _lags(client, service, endpoints.url(service))
    return Progress(
        tuple(f"{row['answer']} {row['orders']}" for row in orders),
        tuple(f"{row['state']} {row['deliveries']}" for row in deliveries),
        tuple(outboxes),
        tuple(consumers),
    )


async def _lags(client: httpx.AsyncClient, service: str, address: str) -> list[str]:
    try:
        metrics = await client.get(f"{address}/metrics")
    except httpx.HTTPError as error:
        return [f"{service} {type(error).__name__}"]
    if not metrics.is_success:
        # A proxy hides metrics; the other figures still tell where things stand.
        return []
    return [
        f"{sample.labels.get('topic', service)} {sample.value:.0f} behind"
        for family in text_string_to_metric_families(metrics.text)
        for sample in family.samples
        if sample.name == _LAG and sample.value
    ]


@asynccontextmanager
async def connected(
    endpoints: Endpoints, service: str
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Connect to a service's database; the connection is closed at the end."""
    connection = await asyncpg.connect(endpoints.dsn(service))
    try:
        yield connection
    finally:
        await connection.close()
