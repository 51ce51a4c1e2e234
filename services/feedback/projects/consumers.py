"""Kafka edge: states of projects, collections and proposals. The inbox owns the transaction."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.projects import use_cases
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    clock = service.clock

    async def projects(conn: Connection, events: Sequence[ProjectState]) -> None:
        await use_cases.apply_project_states(conn, clock, events)

    async def collections(conn: Connection, events: Sequence[CollectionState]) -> None:
        await use_cases.apply_collection_states(conn, clock, events)

    async def proposals(conn: Connection, events: Sequence[ProposalState]) -> None:
        await use_cases.apply_proposal_states(conn, clock, events)

    service.inbox.consume(ProjectState, projects)
    service.inbox.consume(CollectionState, collections)
    service.inbox.consume(ProposalState, proposals)
