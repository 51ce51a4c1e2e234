"""Kafka edge: registry's members."""

from collections.abc import Sequence

from services.campaigns.members import use_cases
from services.contracts.events.registry import MemberState
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    async def apply_member_state(conn: Connection, events: Sequence[MemberState]) -> None:
        await use_cases.apply_member_state(conn, service.clock, events)

    service.inbox.consume(MemberState, apply_member_state)
