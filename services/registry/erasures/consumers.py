"""Kafka edge of erasures: campaigns' confirmations. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ErasureApplied
from services.registry.erasures import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_erasure_applied(conn: Connection, events: Sequence[ErasureApplied]) -> None:
        await use_cases.apply_erasures(conn, service.clock, events)

    service.inbox.consume(ErasureApplied, apply_erasure_applied)
