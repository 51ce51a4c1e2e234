"""Kafka edge of feedback. The inbox owns the transaction; the store drops what is not newer."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.registry import FiguresState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.projects import use_cases as news
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def register(service: Service) -> None:
    clock = service.clock

    async def projects(conn: Connection, events: Sequence[ProjectState]) -> None:
        await news.learn_projects(conn, clock, events)

    async def collections(conn: Connection, events: Sequence[CollectionState]) -> None:
        await news.learn_collections(conn, clock, events)

    async def proposals(conn: Connection, events: Sequence[ProposalState]) -> None:
        await news.learn_proposals(conn, clock, events)

    async def figures(conn: Connection, events: Sequence[FiguresState]) -> None:
        await news.learn_figures(conn, clock, events)

    service.inbox.consume(ProjectState, projects)
    service.inbox.consume(CollectionState, collections)
    service.inbox.consume(ProposalState, proposals)
    service.inbox.consume(FiguresState, figures)
