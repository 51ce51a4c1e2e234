"""Before anybody answers: projects are followed, questionnaires written, documents added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionPhase, CollectionState
from services.responses.coarse import Daily
from services.responses.documents import Cleaned
from services.responses.domain import collections as rules
from services.responses.domain.collections import Collection
from services.responses.store import collections as store
from services.responses.store import documents as shelf
from services.responses.store.collections import Counts
from services.responses.store.documents import Document
from services.runtime import outbox
from services.runtime.clock import Clock
from services.runtime.db import Connection

NO_ANSWERS = Counts(received=0, sealed=0, open=0)


@dataclass(frozen=True)
class Standing:
    collection: Collection
    counts: Counts


async def follow_projects(conn: Connection, clock: Clock, projects: Sequence[ProjectState]) -> None:
    """Prepare a collection for each project that is new, and say so."""
    for project_id in await store.see_projects(conn, projects):
        new = await store.hold_collection(conn, project_id)
        await outbox.write(conn, Daily(clock), collection_state(new, NO_ANSWERS))


async def write_questionnaire(
    conn: Connection, clock: Clock, project_id: UUID, questionnaire: dict[str, Any]
) -> Standing:
    """One more version of a draft. Raises NotFound, QuestionnaireFrozen, ProjectOver."""
    held = await store.hold_collection(conn, project_id)
    drafted = rules.drafted(held, questionnaire)
    if drafted is not held:
        await store.save_questionnaire(conn, drafted)
        await store.save_collection(conn, drafted)
        await outbox.hint(conn, Daily(clock), "collection", project_id)
    return await _standing(conn, drafted)


async def make_ready(conn: Connection, clock: Clock, project_id: UUID) -> Standing:
    """Freeze the questionnaire; the project may now be launched.

    Raises NotFound, NoQuestionnaire, DocumentMissing, ProjectOver.
    """
    held = await store.hold_collection(conn, project_id)
    known = frozenset(str(one.id) for one in await shelf.documents(conn, project_id))
    ready = rules.readied(held, known)
    if ready is not held:
        await store.save_collection(conn, ready)
        await outbox.write(conn, Daily(clock), collection_state(ready, NO_ANSWERS))
    return await _standing(conn, ready)


async def add_document(
    conn: Connection,
    clock: Clock,
    project_id: UUID,
    title: str,
    cleaned: Cleaned,
    shelved: UUID | None = None,
) -> Document:
    """`shelved`: the id under which its bytes are in the object store; None: they go in the row.

    Raises NotFound. A frozen questionnaire names its documents, so a later one changes nothing
    that members read."""
    held = await store.hold_collection(conn, project_id)
    added = await shelf.add_document(
        conn, shelved or uuid4(), held.project_id, title, cleaned, inside=shelved is None
    )
    await outbox.hint(conn, Daily(clock), "collection", project_id)
    return added


async def standings(conn: Connection) -> list[Standing]:
    found = await store.collections(conn)
    counts = await store.count_answers(conn, [one.project_id for one in found])
    return [Standing(one, counts[one.project_id]) for one in found]


async def standing(conn: Connection, project_id: UUID) -> Standing:
    """Raises NotFound."""
    return await _standing(conn, await store.collection(conn, project_id))


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    states = [collection_state(one.collection, one.counts) for one in await standings(conn)]
    await outbox.write_many(conn, Daily(clock), states)
    return {CollectionState.event_type: len(states)}


async def _standing(conn: Connection, collection: Collection) -> Standing:
    counts = await store.count_answers(conn, [collection.project_id])
    return Standing(collection, counts[collection.project_id])


def collection_state(collection: Collection, counts: Counts) -> CollectionState:
    """Counts are said once the collection has ended: before, they would tell who answered when."""
    ended = collection.state in ("ended", "synthesised")
    return CollectionState(
        version=collection.version,
        project_id=collection.project_id,
        state=CollectionPhase(collection.state),
        contributions=counts.open if ended else None,
        unread=counts.open if ended else None,
    )
