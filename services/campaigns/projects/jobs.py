"""Scheduled work on projects: ends of phases and daily shuffles. Each is one transaction."""

from services.campaigns.projects import use_cases
from services.runtime.service import Service

_EVERY_SECONDS = 5.0


def register(service: Service) -> None:
    database, clock = service.database, service.clock

    async def end_due_phases() -> None:
        async with database.transaction() as conn:
            await use_cases.end_due_phases(conn, clock)

    async def shuffle_due_projects() -> None:
        async with database.read_only() as conn:
            due = await use_cases.list_due_shuffles(conn, clock)
        for project_id in due:
            async with database.transaction() as conn:
                await use_cases.shuffle_people(conn, clock, project_id)

    service.every(_EVERY_SECONDS, "sweep", end_due_phases)
    service.every(_EVERY_SECONDS, "shuffle", shuffle_due_projects)
