"""What can be done with a collection. Each function runs in the caller's transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionPhase, CollectionState
from services.responses import domain, store
from services.responses.domain import Collection
from services.runtime import outbox
from services.runtime.clock import Clock
from services.runtime.db import Connection


async def follow_projects(conn: Connection, clock: Clock, projects: Sequence[ProjectState]) -> None:
    """Prepare a collection for each project that is new, and say so."""
    for project_id in await store.see_projects(conn, projects):
        await outbox.write(conn, clock, _state(await store.lock_collection(conn, project_id)))


async def give_questionnaire(
    conn: Connection, clock: Clock, project_id: UUID, questionnaire: dict[str, Any]
) -> Collection:
    """Freeze the questionnaire; the project may now be launched.

    Raises NotFound, QuestionnaireFrozen, ProjectOver.
    """
    held = await store.lock_collection(conn, project_id)
    ready = domain.with_questionnaire(held, questionnaire)
    if ready is not held:
        await store.save_questionnaire(conn, ready)
        await outbox.write(conn, clock, _state(ready))
    return ready


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    states = [_state(collection) for collection in await store.collections(conn)]
    await outbox.write_many(conn, clock, states)
    return {CollectionState.event_type: len(states)}


def _state(collection: Collection) -> CollectionState:
    return CollectionState(
        version=collection.version,
        project_id=collection.project_id,
        state=CollectionPhase(collection.state),
    )
