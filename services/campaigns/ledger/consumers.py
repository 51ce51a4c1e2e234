"""Kafka edge: registry's delivery outcomes."""

from collections.abc import Sequence

from services.campaigns.ledger import use_cases
from services.contracts.events.registry import DeliveryState
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_delivery_state(conn: Connection, events: Sequence[DeliveryState]) -> None:
        await use_cases.apply_delivery_state(conn, service.clock, events)

    service.inbox.consume(DeliveryState, apply_delivery_state)
