"""Kafka edge of responses. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.responses.collections import use_cases as preparing
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def projects(conn: Connection, events: Sequence[ProjectState]) -> None:
        await preparing.follow_projects(conn, service.clock, events)

    service.inbox.consume(ProjectState, projects)
