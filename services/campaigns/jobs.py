"""The clock edge: draws and the passing of days. Each job is one transaction."""

import structlog

from services.campaigns import maintenance as upkeep
from services.campaigns.draws import use_cases as allocation
from services.campaigns.reports import use_cases as reports
from services.runtime.service import Service

log = structlog.get_logger()

_SWEEP_EVERY_SECONDS = 5.0


def register(service: Service, allocate_every_seconds: float) -> None:
    async def allocate() -> None:
        async with service.database.transaction() as conn:
            done = await allocation.allocate(conn, service.clock)
        if done:
            log.info(
                "allocated",
                draw=str(done.draw_id),
                campaigns=len(done.asked),
                asked=sum(done.asked.values()),
                rounds=done.rounds,
            )

    async def sweep() -> None:
        async with service.database.transaction() as conn:
            await upkeep.sweep(conn, service.clock)

    async def shuffle() -> None:
        async with service.database.read_only() as conn:
            due = await upkeep.due_shuffles(conn, service.clock)
        for project_id in due:
            async with service.database.transaction() as conn:
                await upkeep.shuffle(conn, service.clock, project_id)

    async def sweep_reports() -> None:
        async with service.database.transaction() as conn:
            await reports.sweep_reports(conn, service.clock)

    service.every(_SWEEP_EVERY_SECONDS, "sweep", sweep)
    service.every(_SWEEP_EVERY_SECONDS, "shuffle", shuffle)
    service.every(_SWEEP_EVERY_SECONDS, "sweep_reports", sweep_reports)
    service.every(allocate_every_seconds, "allocate", allocate)
