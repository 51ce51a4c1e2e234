"""Drafting proposals from what was read, and merging those that say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from services.contracts.http.proposals import WriteProposal
from services.responses.collections import store as collections
from services.responses.collections.daily_clock import Daily
from services.responses.collections.rules import Collection
from services.responses.proposals import rules, store
from services.responses.proposals.rules import Draft, Line
from services.responses.proposals.store import Marked, Near, Proposal
from services.responses.readings import use_cases_attention as attention
from services.responses.readings.rules import refuse_once_synthesised, said
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound


@dataclass(frozen=True)
class Board:
    collection: Collection
    proposals: Sequence[Proposal]
    near: Sequence[Near]
    unread: int
    marked: Marked
    blocked_by: Sequence[Line]


async def board(conn: Connection, project_id: UUID) -> Board:
    """All proposals of a project and what still stands in the way of its synthesis.

    Raises NotFound."""
    held = await collections.collection(conn, project_id)
    found = await store.proposals(conn, project_id)
    unread = (await attention.unread(conn, [project_id]))[project_id]
    return Board(
        held,
        found,
        await store.near_proposals(conn, project_id, rules.ALIKE),
        unread,
        await store.count_marks(conn, project_id),
        await blocked(conn, held, found, unread),
    )


async def blocked(
    conn: Connection, held: Collection, found: Sequence[Proposal], unread: int
) -> list[Line]:
    """Where nobody spoke nothing can be linked: what was drafted meanwhile is answered as it is."""
    if held.state == "synthesised":
        return []
    counts = (await collections.count_answers(conn, [held.project_id]))[held.project_id]
    unsupported = [
        one.title for one in found if one.state == "draft" and one.support == 0 and counts.open
    ]
    return rules.blocked(
        held.state, held.project_is_over, held.collection_ends_on, unread, unsupported
    )


async def draft(
    conn: Connection, clock: Clock, drafter: Staff, project_id: UUID, written: WriteProposal
) -> Proposal:
    """Raises NotFound, SynthesisMade, BlankText."""
    refuse_once_synthesised(await collections.hold_reading(conn, project_id))
    id = uuid4()
    await store.add_proposal(conn, id, project_id, _draft(written), drafter.name, clock.today())
    return await _changed(conn, clock, project_id, id)


async def edit(conn: Connection, clock: Clock, id: UUID, written: WriteProposal) -> Proposal:
    """Raises NotFound, ProposalFinal, ProposalChanged, BlankText."""
    held = (await store.hold_proposals(conn, [id])).get(id)
    if held is None:
        raise NotFound(what=id)
    rules.refuse_unless_draft(held, written.version or 0)
    await store.write_proposal(conn, id, _draft(written))
    return await _changed(conn, clock, held.project_id, id)


async def merge(
    conn: Connection, clock: Clock, author: Staff, id: UUID, into: UUID, version_read: int
) -> Proposal:
    """Returns the survivor, which is supported from now on by what supported either.

    Raises NotFound, MergedIntoItself, SurvivorUnknown, ProposalFinal, ProposalChanged."""
    held = await store.hold_proposals(conn, [id, into])
    rules.refuse_unless_mergeable(id, into, version_read, held)
    await store.merge_proposal(conn, id, into)
    await store.record_merge(conn, id, True, into, author.name, clock.today())
    return await _changed(conn, clock, held[into].project_id, into)


async def unmerge(
    conn: Connection, clock: Clock, author: Staff, id: UUID, version_read: int
) -> Proposal:
    """Undo a merge, until the synthesis: the proposal is a draft again, with what supported it.

    Raises NotFound, SynthesisMade, NotMerged, ProposalChanged."""
    family = await store.family_of(conn, id)
    if family is None:
        raise NotFound(what=id)
    # The collection first, as the synthesis does: neither overlooks the other.
    refuse_once_synthesised(await collections.hold_reading(conn, family.project_id))
    held = await store.hold_proposals(conn, [id, family.survivor])
    rules.refuse_unless_separable(held[id], version_read)
    await store.unmerge_proposal(conn, id, family.survivor)
    await store.record_merge(conn, id, False, family.survivor, author.name, clock.today())
    return await _changed(conn, clock, family.project_id, id)


def _draft(written: WriteProposal) -> Draft:
    theme = (written.theme or "").strip()
    return Draft(said(written.title), said(written.text), theme or None)


async def _changed(conn: Connection, clock: Clock, project_id: UUID, id: UUID) -> Proposal:
    await outbox.write_hint(conn, Daily(clock), "proposal", project_id)
    return next(one for one in await store.proposals(conn, project_id) if one.id == id)
