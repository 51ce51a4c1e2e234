"""The reading room: named readers read every contribution, each in an order of their own."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from services.contracts.http.reading import RecordReading, SessionNote
from services.responses.collections import store as collections
from services.responses.collections.rules import Collection, non_blank, refuse_once_synthesised
from services.responses.collections.use_cases import hint
from services.responses.readings import rules, store
from services.responses.readings.rules_searching import search_words
from services.responses.readings.store import (
    ContributionQuery,
    ReadContribution,
    Reading,
)
from services.responses.readings.views import NextContribution, Page
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Connection

_SEED_BYTES = 32


async def next_reading(
    conn: Connection, clock: Clock, randomness: Random, reader: Staff, project_id: UUID
) -> NextContribution:
    """The contribution that this reader should read now.

    Their order is drawn and recorded at the first call. Raises NotFound."""
    collection = await collections.find_collection(conn, project_id)
    seed = await store.insert_reading_order(
        conn, project_id, reader.subject, randomness.randbytes(_SEED_BYTES), clock.today()
    )
    counts = await store.count_readings(conn, project_id, reader.subject)
    contribution_id = await store.find_next_unread(
        conn, project_id, reader.subject, seed, collection.readings_wanted
    )
    contribution = None
    if contribution_id is not None:
        contribution = await show_contribution(conn, clock, reader, contribution_id)
    return NextContribution(contribution, seed, counts, collection.readings_wanted)


async def show_contribution(
    conn: Connection,
    clock: Clock,
    reader: Staff,
    contribution_id: UUID,
    *,
    include_hidden: bool = False,
) -> ReadContribution:
    """Start the reader's time with a contribution. Raises NotFound."""
    contribution = await store.find_contribution(
        conn, contribution_id, reader.subject, include_hidden=include_hidden
    )
    await store.insert_shown_time(conn, reader.subject, contribution_id, clock.now())
    return contribution


async def record_reading(
    conn: Connection, clock: Clock, reader: Staff, contribution_id: UUID, recorded: RecordReading
) -> ReadContribution:
    """Raises NotFound, SynthesisMade, UnknownProposal, ProposalMerged."""
    project_id = await store.lock_contribution(conn, contribution_id)
    refuse_once_synthesised(await collections.share_collection_state(conn, project_id))
    linkable = await store.list_linkable_proposals(conn, project_id, recorded.proposals)
    rules.refuse_unless_linkable(recorded.proposals, linkable)
    now = clock.now()
    since = await store.restart_reader_time(conn, reader.subject, contribution_id, now)
    await store.upsert_reading(
        conn,
        Reading(
            contribution_id,
            reader.subject,
            reader.name,
            clock.today(),
            rules.credited_seconds(recorded.seconds, since, now),
            recorded.mark,
            recorded.proposals,
        ),
    )
    await hint(conn, clock, "reading", project_id)
    return await store.find_contribution(conn, contribution_id, reader.subject)


async def moderate(
    conn: Connection,
    clock: Clock,
    moderator: Staff,
    contribution_id: UUID,
    hidden: bool,
    reason: str,
) -> ReadContribution:
    """Hide a contribution, or show it again; its words stay, and it is still owed its readings.

    Allowed after the synthesis too: moderation changes what may be read, not what was counted.
    Raises NotFound, BlankText."""
    project_id = await store.lock_contribution(conn, contribution_id)
    await store.insert_moderation(
        conn, contribution_id, hidden, non_blank(reason), moderator.name, clock.today()
    )
    await hint(conn, clock, "contribution", project_id)
    return await store.find_contribution(conn, contribution_id, moderator.subject)


async def set_readings_wanted(
    conn: Connection, clock: Clock, project_id: UUID, readings_wanted: int
) -> Collection:
    """Set how many readers each contribution needs. Raises NotFound, SynthesisMade."""
    collection = await collections.lock_collection(conn, project_id)
    refuse_once_synthesised(collection.state)
    changed = replace(collection, readings_wanted=readings_wanted)
    await collections.update_collection(conn, changed)
    await hint(conn, clock, "collection", project_id)
    return changed


async def take_note(
    conn: Connection,
    clock: Clock,
    randomness: Random,
    reader: Staff,
    project_id: UUID,
    note: SessionNote,
) -> ReadContribution:
    """Add a workshop's note as a contribution; it names nobody, not even its author.

    Raises NotFound, NothingToNote, SynthesisMade, BlankText."""
    rules.refuse_unless_taking_notes(await collections.share_collection_state(conn, project_id))
    id = UUID(int=randomness.getrandbits(128), version=4)
    await store.insert_session_note(
        conn, id, project_id, non_blank(note.title), non_blank(note.words), clock.today()
    )
    await hint(conn, clock, "contribution", project_id)
    return await store.find_contribution(conn, id, reader.subject)


async def search_contributions(
    conn: Connection, clock: Clock, reader: Staff, project_id: UUID, query: ContributionQuery
) -> Page:
    """A page of contributions by id. Raises NotFound."""
    await collections.find_collection(conn, project_id)
    search = None if query.search is None else search_words(query.search)
    ids = await store.list_contribution_ids(
        conn, project_id, replace(query, search=search, limit=query.limit + 1)
    )
    await store.insert_shown_time(conn, reader.subject, None, clock.now())
    return await page(conn, reader, ids, query.limit, include_hidden=query.include_hidden)


async def page(
    conn: Connection,
    reader: Staff,
    ids: Sequence[UUID],
    limit: int,
    *,
    include_hidden: bool = False,
) -> Page:
    """`ids` may hold one more than `limit`, which tells that another page follows."""
    page_ids = ids[:limit]
    next_after = page_ids[-1] if len(ids) > limit else None
    contributions = await store.list_contributions(
        conn, page_ids, reader.subject, include_hidden=include_hidden
    )
    return Page(contributions, next_after)
