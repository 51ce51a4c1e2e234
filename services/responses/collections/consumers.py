"""Kafka edge of collections: the inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.responses.collections import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_project_states(conn: Connection, events: Sequence[ProjectState]) -> None:
        await use_cases.apply_project_states(conn, service.clock, events)

    service.inbox.consume(ProjectState, apply_project_states)
