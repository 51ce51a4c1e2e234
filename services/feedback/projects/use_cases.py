"""What the other services tell, applied to whole batches; what is not newer changes nothing."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.registry import FiguresState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.journal import use_cases as journal
from services.feedback.projects import store_news as store
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def learn_projects(conn: Connection, clock: Clock, events: Sequence[ProjectState]) -> None:
    newer = await store.see_projects(conn, events)
    for project_id in newer:
        await outbox.write_hint(conn, clock, "project", project_id)
    told = [one for one in events if one.project_id in set(newer)]
    await journal.record(conn, clock, journal.of_projects(told))


async def learn_collections(
    conn: Connection, clock: Clock, events: Sequence[CollectionState]
) -> None:
    for project_id in await store.see_collections(conn, events):
        await outbox.write_hint(conn, clock, "collection", project_id)


async def learn_proposals(conn: Connection, clock: Clock, events: Sequence[ProposalState]) -> None:
    for project_id in await store.see_proposals(conn, events):
        await outbox.write_hint(conn, clock, "proposal", project_id)


async def learn_figures(conn: Connection, clock: Clock, events: Sequence[FiguresState]) -> None:
    for month in await store.see_figures(conn, events):
        await outbox.write_hint(conn, clock, "figures", month)
