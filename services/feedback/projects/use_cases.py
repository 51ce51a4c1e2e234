"""Event handlers: projects, collections and proposals of the other services, in batches."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.journal import use_cases as journal
from services.feedback.journal.views import project_entries
from services.feedback.projects import store
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def apply_project_states(
    conn: Connection, clock: Clock, events: Sequence[ProjectState]
) -> None:
    """Update the copies and record the promises of newer versions in the journal."""
    changed = await store.upsert_projects(conn, events)
    for project_id in changed:
        await outbox.write_hint(conn, clock, "project", project_id)
    newer = [event for event in events if event.project_id in set(changed)]
    await journal.record(conn, clock, project_entries(newer))


async def apply_collection_states(
    conn: Connection, clock: Clock, events: Sequence[CollectionState]
) -> None:
    for project_id in await store.upsert_collections(conn, events):
        await outbox.write_hint(conn, clock, "collection", project_id)


async def apply_proposal_states(
    conn: Connection, clock: Clock, events: Sequence[ProposalState]
) -> None:
    for project_id in await store.upsert_proposals(conn, events):
        await outbox.write_hint(conn, clock, "proposal", project_id)
