"""Kafka edge: monthly figures. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.registry import FiguresState
from services.feedback.public_account import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def figures(conn: Connection, events: Sequence[FiguresState]) -> None:
        await use_cases.apply_figures_states(conn, service.clock, events)

    service.inbox.consume(FiguresState, figures)
