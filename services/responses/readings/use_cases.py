"""The reading room: every contribution is read by named readers, each in an order of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

from services.contracts.http.reading import RecordReading, SessionNote
from services.responses.collections import store as collections
from services.responses.collections.daily_clock import Daily
from services.responses.collections.rules import Collection
from services.responses.proposals import store as proposals
from services.responses.readings import rules, store
from services.responses.readings.rules_searching import search_words
from services.responses.readings.store import ReadingCounts, Shown
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

_SEED_BYTES = 32


@dataclass(frozen=True)
class Next:
    """`contribution` is None when nothing is left for this reader."""

    contribution: Shown | None
    seed: bytes
    counts: ReadingCounts
    readings_wanted: int


async def next_reading(
    conn: Connection, clock: Clock, chance: Random, reader: Staff, project_id: UUID
) -> Next:
    """What this reader should read now; their order is drawn and recorded at the first call.

    Raises NotFound."""
    held = await collections.collection(conn, project_id)
    seed = await store.draw_order(
        conn, project_id, reader.subject, chance.randbytes(_SEED_BYTES), clock.today()
    )
    counts = (await store.count_readings(conn, [project_id], reader.subject))[project_id]
    found = await store.next_unread(conn, project_id, reader.subject, seed, held.readings_wanted)
    shown = None
    if found is not None:
        shown = await show(conn, clock, reader, found)
    return Next(shown, seed, counts, held.readings_wanted)


async def show(
    conn: Connection, clock: Clock, reader: Staff, contribution_id: UUID, *, hidden: bool = False
) -> Shown:
    """A contribution, to a reader whose time with it begins. Raises NotFound."""
    shown = await store.contribution(conn, contribution_id, reader.subject, hidden=hidden)
    await store.note_shown(conn, reader.subject, contribution_id, clock.now())
    return shown


async def record(
    conn: Connection, clock: Clock, reader: Staff, contribution_id: UUID, said: RecordReading
) -> Shown:
    """Raises NotFound, SynthesisMade, UnknownProposal, ProposalMerged."""
    project_id = await _hold(conn, contribution_id)
    found = await proposals.linkable(conn, project_id, said.proposals)
    rules.refuse_unless_linkable(said.proposals, found)
    now = clock.now()
    since = await store.restart_time(conn, reader.subject, contribution_id, now)
    await store.record_reading(
        conn,
        contribution_id,
        reader.subject,
        reader.name,
        clock.today(),
        rules.credited_seconds(said.seconds, since, now),
        said.mark,
        said.proposals,
    )
    await outbox.write_hint(conn, Daily(clock), "reading", project_id)
    return await store.contribution(conn, contribution_id, reader.subject)


async def moderate(
    conn: Connection,
    clock: Clock,
    moderator: Staff,
    contribution_id: UUID,
    hidden: bool,
    reason: str,
) -> Shown:
    """Hide, or show again; what was written stays, and is owed its readings all the same.

    Raises NotFound, BlankText. Possible after the synthesis too: what may be read changes with it,
    not what was counted."""
    project_id = await store.hold_contribution(conn, contribution_id)
    await store.moderate(
        conn, contribution_id, hidden, rules.said(reason), moderator.name, clock.today()
    )
    await outbox.write_hint(conn, Daily(clock), "contribution", project_id)
    return await store.contribution(conn, contribution_id, moderator.subject)


async def want_readings(
    conn: Connection, clock: Clock, project_id: UUID, readings_wanted: int
) -> Collection:
    """Of each contribution, by as many readers. Raises NotFound, SynthesisMade."""
    held = await collections.hold_collection(conn, project_id)
    rules.refuse_once_synthesised(held.state)
    wanted = replace(held, readings_wanted=readings_wanted)
    await collections.save_collection(conn, wanted)
    await outbox.write_hint(conn, Daily(clock), "collection", project_id)
    return wanted


async def take_note(
    conn: Connection,
    clock: Clock,
    chance: Random,
    reader: Staff,
    project_id: UUID,
    note: SessionNote,
) -> Shown:
    """What was said in a workshop; nobody's name is kept, not even of who wrote it down.

    Raises NotFound, NothingToNote, SynthesisMade, BlankText."""
    rules.refuse_unless_taking_notes(await collections.hold_reading(conn, project_id))
    id = UUID(int=chance.getrandbits(128), version=4)
    await store.add_session_note(
        conn,
        id,
        project_id,
        rules.said(note.title),
        rules.said(note.words),
        clock.today(),
    )
    await outbox.write_hint(conn, Daily(clock), "contribution", project_id)
    return await store.contribution(conn, id, reader.subject)


async def find(
    conn: Connection,
    clock: Clock,
    reader: Staff,
    project_id: UUID,
    *,
    words: str | None,
    unread: bool,
    hidden: bool,
    after: UUID | None,
    limit: int,
) -> tuple[Sequence[Shown], UUID | None]:
    """A page of contributions by id, and behind which id the next one begins. Raises NotFound."""
    await collections.collection(conn, project_id)
    ids = await store.find_contributions(
        conn,
        project_id,
        words=None if words is None else search_words(words),
        unread=unread,
        hidden=hidden,
        after=after,
        limit=limit + 1,
    )
    await store.note_shown(conn, reader.subject, None, clock.now())
    return await page(conn, reader, ids, limit, hidden=hidden)


async def page(
    conn: Connection, reader: Staff, ids: Sequence[UUID], limit: int, *, hidden: bool = False
) -> tuple[Sequence[Shown], UUID | None]:
    """Of ids, one more of which were asked for than are shown: it says whether more follow."""
    shown = ids[:limit]
    more = shown[-1] if len(ids) > limit else None
    return await store.contributions(conn, shown, reader.subject, hidden=hidden), more


async def _hold(conn: Connection, contribution_id: UUID) -> UUID:
    project_id = await store.hold_contribution(conn, contribution_id)
    rules.refuse_once_synthesised(await collections.hold_reading(conn, project_id))
    return project_id
