"""Before anybody answers: projects are followed, questionnaires written, documents added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import (
    CollectionPhase,
    CollectionState,
    ListedProposal,
)
from services.responses.collections import rules, store
from services.responses.collections.daily_clock import Daily
from services.responses.collections.rules import Collection, Told
from services.responses.collections.store import Counts
from services.responses.documents import store as shelf
from services.responses.documents.cleaning import Cleaned
from services.responses.documents.store import Document
from services.responses.proposals import store as proposals
from services.responses.readings import use_cases_attention as attention
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class Standing:
    collection: Collection
    counts: Counts


async def follow_projects(conn: Connection, clock: Clock, projects: Sequence[ProjectState]) -> None:
    """Prepare a collection for each project that is new, and say so."""
    for project_id in await store.see_projects(conn, projects):
        new = await store.hold_collection(conn, project_id)
        await outbox.write_many(conn, Daily(clock), await collection_states(conn, [new]))


async def write_questionnaire(
    conn: Connection, clock: Clock, project_id: UUID, questionnaire: dict[str, Any]
) -> Standing:
    """One more version of a draft. Raises NotFound, QuestionnaireFrozen, ProjectOver."""
    held = await store.hold_collection(conn, project_id)
    drafted = rules.drafted(held, questionnaire)
    if drafted is not held:
        await store.save_questionnaire(conn, drafted)
        await store.save_collection(conn, drafted)
        await outbox.write_hint(conn, Daily(clock), "collection", project_id)
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
        await outbox.write_many(conn, Daily(clock), await collection_states(conn, [ready]))
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
    await outbox.write_hint(conn, Daily(clock), "collection", project_id)
    return added


async def standings(conn: Connection) -> list[Standing]:
    found = await store.collections(conn)
    counts = await store.count_answers(conn, [one.project_id for one in found])
    return [Standing(one, counts[one.project_id]) for one in found]


async def standing(conn: Connection, project_id: UUID) -> Standing:
    """Raises NotFound."""
    return await _standing(conn, await store.collection(conn, project_id))


async def _standing(conn: Connection, collection: Collection) -> Standing:
    counts = await store.count_answers(conn, [collection.project_id])
    return Standing(collection, counts[collection.project_id])


async def collection_states(conn: Connection, held: Sequence[Collection]) -> list[CollectionState]:
    """Counts are said once the collection has ended: before, they would tell who answered when.
    Those below five are not said at all. They go out at the end and with the synthesis; how reading
    proceeds in between is for staff, who ask, not for subscribers."""
    ids = [one.project_id for one in held]
    counts = await store.count_answers(conn, ids)
    unread = await attention.unread(conn, ids)
    states = []
    for one in held:
        id, ended = one.project_id, one.state in ("ended", "synthesised")
        made = one.state == "synthesised"
        told = Told()
        if ended:
            told = rules.told_counts(Told(counts[id].open, unread[id], counts[id].sealed))
        counted = told.contributions is not None
        measured = made and counted
        states.append(
            CollectionState(
                version=one.version,
                project_id=id,
                state=CollectionPhase(one.state),
                contributions=told.contributions,
                unread=told.unread,
                unopened=told.unopened,
                answers_digest=await store.digest_answers(conn, id) if counted else None,
                attention=(await attention.attention(conn, id)).figures if measured else None,
                proposals=await _listed(conn, id) if made else None,
            )
        )
    return states


async def _listed(conn: Connection, project_id: UUID) -> list[ListedProposal]:
    found = await proposals.proposals(conn, project_id)
    return [ListedProposal(id=p.id, version=p.version) for p in found if p.state == "submitted"]
