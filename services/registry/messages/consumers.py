"""Kafka edge of messages: the projects and reports that messages speak of."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.feedback import ReportState
from services.registry.messages import store
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_project_state(conn: Connection, events: Sequence[ProjectState]) -> None:
        await store.upsert_projects(conn, events)

    async def apply_report_state(conn: Connection, events: Sequence[ReportState]) -> None:
        await store.upsert_reports(conn, events)

    service.inbox.consume(ProjectState, apply_project_state)
    service.inbox.consume(ReportState, apply_report_state)
