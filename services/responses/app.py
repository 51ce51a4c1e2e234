"""Wiring of responses: questionnaires and, later, what participants write."""

from collections.abc import Iterable

from services.responses import api, consumers, store, use_cases
from services.runtime.db import Connection
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Sample


def build(settings: Settings) -> Service:
    service = Service("responses", settings)
    consumers.register(service)
    service.api.include_router(api.router(service))
    service.republished_by(lambda conn: use_cases.republish(conn, service.clock))
    service.measured_by(measure)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    counts = await store.count_collections(conn)
    return [
        Sample("collections", "collections by state", count, {"state": state})
        for state, count in counts.items()
    ]
