"""Kafka edge of deliveries: send orders. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import OrderState
from services.registry.deliveries import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_order_state(conn: Connection, events: Sequence[OrderState]) -> None:
        await use_cases.apply_order_states(conn, service.clock, events)

    service.inbox.consume(OrderState, apply_order_state)
