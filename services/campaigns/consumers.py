"""The Kafka edge: the inbox opens the transaction, the use case applies the batch."""

from collections.abc import Sequence

from services.campaigns.members import use_cases as news
from services.campaigns.reports import use_cases as reports
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import DeliveryState, MemberState
from services.contracts.events.responses import CollectionState
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    clock = service.clock

    async def members(conn: Connection, events: Sequence[MemberState]) -> None:
        await news.learn_members(conn, clock, events)

    async def deliveries(conn: Connection, events: Sequence[DeliveryState]) -> None:
        await news.settle_deliveries(conn, clock, events)

    async def collections(conn: Connection, events: Sequence[CollectionState]) -> None:
        await news.learn_collections(conn, clock, events)

    async def reported(conn: Connection, events: Sequence[ReportState]) -> None:
        await reports.learn_reports(conn, clock, events)

    # In the order in which a restored database hears them again: what was sent before who left.
    service.inbox.consume(DeliveryState, deliveries)
    service.inbox.consume(MemberState, members)
    service.inbox.consume(CollectionState, collections)
    service.inbox.consume(ReportState, reported)
