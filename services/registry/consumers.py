"""Kafka edge of registry. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ErasureApplied, OrderState, ProjectState
from services.contracts.events.feedback import ReportState
from services.registry import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def orders(conn: Connection, events: Sequence[OrderState]) -> None:
        await use_cases.receive_orders(conn, service.clock, events)

    async def projects(conn: Connection, events: Sequence[ProjectState]) -> None:
        await use_cases.follow_projects(conn, events)

    async def reports(conn: Connection, events: Sequence[ReportState]) -> None:
        await use_cases.follow_reports(conn, events)

    async def erasures(conn: Connection, events: Sequence[ErasureApplied]) -> None:
        await use_cases.hear_erasures(conn, service.clock, events)

    service.inbox.consume(OrderState, orders)
    service.inbox.consume(ErasureApplied, erasures)
    service.inbox.consume(ProjectState, projects)
    service.inbox.consume(ReportState, reports)
