"""Scheduled sweep of reports, in one transaction."""

from services.campaigns.reports import use_cases
from services.runtime.service import Service

_EVERY_SECONDS = 5.0


def register(service: Service) -> None:
    async def sweep_reports() -> None:
        async with service.database.transaction() as conn:
            await use_cases.sweep_reports(conn, service.clock)

    service.every(_EVERY_SECONDS, "sweep_reports", sweep_reports)
