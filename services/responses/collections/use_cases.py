"""Follow projects, list their collections, and publish how far each collection is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import (
    AttentionFigures,
    CollectionPhase,
    CollectionState,
    ListedProposal,
)
from services.responses.collections import rules, store
from services.responses.collections.daily_clock import DailyClock
from services.responses.collections.rules import Collection, PublicCounts, ResponseCounts
from services.runtime.clock import Clock
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class CountedCollection:
    collection: Collection
    counts: ResponseCounts


@dataclass(frozen=True)
class Synthesis:
    """The part of a synthesised collection's event beside its counts."""

    attention: AttentionFigures
    proposals: list[ListedProposal] = field(default_factory=list)


async def apply_project_states(
    conn: Connection, clock: Clock, projects: Sequence[ProjectState]
) -> None:
    """Prepare a collection for each new project, and publish that it exists."""
    for project_id in await store.upsert_projects(conn, projects):
        collection = await store.lock_collection(conn, project_id)
        await publish_collections(conn, clock, [collection])


async def list_collections(conn: Connection) -> list[CountedCollection]:
    collections = await store.list_collections(conn)
    counts = await store.count_responses(
        conn, [collection.project_id for collection in collections]
    )
    return [
        CountedCollection(collection, counts[collection.project_id]) for collection in collections
    ]


async def find_collection(conn: Connection, project_id: UUID) -> CountedCollection:
    """Raises NotFound."""
    return await with_counts(conn, await store.find_collection(conn, project_id))


async def with_counts(conn: Connection, collection: Collection) -> CountedCollection:
    counts = await store.count_responses(conn, [collection.project_id])
    return CountedCollection(collection, counts[collection.project_id])


async def publish_collections(
    conn: Connection,
    clock: Clock,
    collections: Sequence[Collection],
    syntheses: Mapping[UUID, Synthesis] | None = None,
) -> None:
    """Write `collection.state` events; `syntheses` holds those of synthesised collections.

    Counts are published once the collection has ended: before, their growth would show when people
    responded. They leave at the end and with the synthesis; the progress of reading in between is
    for staff, who ask for it, not for subscribers.
    """
    ids = [collection.project_id for collection in collections]
    counts = await store.count_responses(conn, ids)
    unread = await store.count_unread(conn, ids)
    events = []
    for collection in collections:
        id = collection.project_id
        public = PublicCounts()
        if collection.has_ended:
            public = rules.public_counts(
                PublicCounts(counts[id].opened, unread[id], counts[id].sealed)
            )
        synthesis = (syntheses or {}).get(id)
        is_counted = public.contributions is not None
        events.append(
            CollectionState(
                version=collection.version,
                project_id=id,
                state=CollectionPhase(collection.state),
                contributions=public.contributions,
                unread=public.unread,
                unopened=public.unopened,
                answers_digest=await store.digest_responses(conn, id) if is_counted else None,
                attention=synthesis.attention if synthesis and is_counted else None,
                proposals=synthesis.proposals if synthesis else None,
            )
        )
    await outbox.write_many(conn, DailyClock(clock), events)


async def hint(conn: Connection, clock: Clock, subject: str, project_id: UUID) -> None:
    """Tell open screens that something of a project changed, without the hour."""
    await outbox.write_hint(conn, DailyClock(clock), subject, project_id)
