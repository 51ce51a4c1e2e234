"""Jobs of figures: months in numbers, and the most solicitations of one person."""

import asyncio
import time

from services.registry.figures import store
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service

_COUNT_SECONDS = 5.0
# No reader waits for these numbers: counting takes a hundredth of the time at most.
_REST_PER_SECOND_OF_WORK = 99


def register(service: Service) -> None:
    clock, database = service.clock, service.database

    async def count_months() -> None:
        began = time.monotonic()
        async with database.transaction() as conn:
            await store.upsert_months(conn, clock.today(), clock.now())
        await asyncio.sleep(_REST_PER_SECOND_OF_WORK * (time.monotonic() - began))

    max_solicitations = 0

    async def count_solicitations() -> None:
        nonlocal max_solicitations
        began = time.monotonic()
        async with database.read_only() as conn:
            max_solicitations = await store.find_max_solicitations(conn, clock.today())
        await asyncio.sleep(_REST_PER_SECOND_OF_WORK * (time.monotonic() - began))

    async def measure(_: Connection) -> list[Sample]:
        text = "most solicitations of one person in 31 days"
        return [Sample("most_solicitations_in_31_days", text, max_solicitations)]

    service.every(_COUNT_SECONDS, "count_months", count_months)
    service.every(_COUNT_SECONDS, "count_solicitations", count_solicitations)
    service.add_metrics(measure)
