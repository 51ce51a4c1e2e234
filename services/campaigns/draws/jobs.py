"""Scheduled allocation: one transaction for all due campaigns."""

import structlog

from services.campaigns.draws import use_cases
from services.runtime.service import Service

log = structlog.get_logger()


def register(service: Service, every_seconds: float) -> None:
    async def allocate() -> None:
        async with service.database.transaction() as conn:
            allocation = await use_cases.allocate(conn, service.clock)
        if allocation:
            log.info(
                "allocated",
                draw=str(allocation.draw_id),
                campaigns=len(allocation.asked),
                asked=sum(allocation.asked.values()),
                rounds=allocation.rounds,
            )

    service.every(every_seconds, "allocate", allocate)
