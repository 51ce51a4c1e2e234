"""Kafka edge: syntheses of responses and reports of feedback."""

from collections.abc import Sequence

from services.campaigns.reports import use_cases
from services.contracts.events.feedback import ReportState
from services.contracts.events.responses import CollectionState
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_collection_state(conn: Connection, events: Sequence[CollectionState]) -> None:
        await use_cases.apply_collection_state(conn, service.clock, events)

    async def apply_report_state(conn: Connection, events: Sequence[ReportState]) -> None:
        await use_cases.apply_report_state(conn, service.clock, events)

    service.inbox.consume(CollectionState, apply_collection_state)
    service.inbox.consume(ReportState, apply_report_state)
