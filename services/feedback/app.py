"""Wiring of feedback: where projects stand and, later, decisions and reports."""

from collections.abc import Iterable

from services.feedback import api, consumers
from services.feedback.store import standing as store
from services.runtime.db import Connection
from services.runtime.service import Service
from services.runtime.settings import Settings
from services.runtime.telemetry import Sample


def build(settings: Settings) -> Service:
    service = Service("feedback", settings)
    consumers.register(service)
    service.api.include_router(api.router(service))
    service.measured_by(measure)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    counts = await store.count_projects(conn)
    return [
        Sample("projects", "projects by state", count, {"state": state})
        for state, count in counts.items()
    ]
