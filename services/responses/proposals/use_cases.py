"""Draft proposals from contributions, and merge those that say the same."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from services.contracts.http.proposals import WriteProposal
from services.responses.collections import store as collections
from services.responses.collections.rules import (
    Collection,
    CollectionPhase,
    non_blank,
    refuse_once_synthesised,
)
from services.responses.collections.use_cases import hint
from services.responses.proposals import rules, store
from services.responses.proposals.rules import Draft, Obstacle, ProposalPhase
from services.responses.proposals.store import Proposal
from services.responses.proposals.views import Board
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Connection
from services.runtime.refusal import require_found


async def read_board(conn: Connection, project_id: UUID) -> Board:
    """All proposals of a project, and the obstacles to its synthesis. Raises NotFound."""
    collection = await collections.find_collection(conn, project_id)
    proposals = await store.list_proposals(conn, project_id)
    unread = (await collections.count_unread(conn, [project_id]))[project_id]
    return Board(
        collection,
        proposals,
        await store.list_similar_drafts(conn, project_id, rules.LEAST_SIMILARITY),
        unread,
        await store.count_marks(conn, project_id),
        await list_obstacles(conn, collection, proposals, unread),
    )


async def list_obstacles(
    conn: Connection, collection: Collection, proposals: Sequence[Proposal], unread: int
) -> list[Obstacle]:
    """A draft needs a linked contribution, unless the project has no contribution at all."""
    if collection.state is CollectionPhase.SYNTHESISED:
        return []
    project_id = collection.project_id
    counts = (await collections.count_responses(conn, [project_id]))[project_id]
    unsupported = [
        proposal.title
        for proposal in proposals
        if proposal.state is ProposalPhase.DRAFT and proposal.support == 0 and counts.opened
    ]
    return rules.obstacles(
        collection.state,
        collection.project_is_over,
        collection.collection_ends_on,
        unread,
        unsupported,
    )


async def draft_proposal(
    conn: Connection, clock: Clock, drafter: Staff, project_id: UUID, draft: WriteProposal
) -> Proposal:
    """Raises NotFound, SynthesisMade, BlankText."""
    refuse_once_synthesised(await collections.share_collection_state(conn, project_id))
    id = uuid4()
    await store.insert_proposal(conn, id, project_id, _draft(draft), drafter.name, clock.today())
    return await _hint_and_find(conn, clock, project_id, id)


async def edit_proposal(conn: Connection, clock: Clock, id: UUID, draft: WriteProposal) -> Proposal:
    """Raises NotFound, ProposalFinal, ProposalChanged, BlankText."""
    proposal = require_found((await store.lock_proposals(conn, [id])).get(id), id)
    rules.refuse_unless_draft(proposal, draft.version or 0)
    await store.update_proposal(conn, id, _draft(draft))
    return await _hint_and_find(conn, clock, proposal.project_id, id)


async def merge_proposal(
    conn: Connection,
    clock: Clock,
    author: Staff,
    id: UUID,
    survivor_id: UUID,
    version_read: int,
) -> Proposal:
    """Returns the survivor; the contributions that support either now support it.

    Raises NotFound, MergedIntoItself, SurvivorUnknown, ProposalFinal, ProposalChanged."""
    proposals = await store.lock_proposals(conn, [id, survivor_id])
    rules.refuse_unless_mergeable(id, survivor_id, version_read, proposals)
    await store.merge_proposal(conn, id, survivor_id)
    await store.insert_proposal_merge(conn, id, True, survivor_id, author.name, clock.today())
    return await _hint_and_find(conn, clock, proposals[survivor_id].project_id, survivor_id)


async def unmerge_proposal(
    conn: Connection, clock: Clock, author: Staff, id: UUID, version_read: int
) -> Proposal:
    """Undo a merge, until the synthesis: the proposal is a draft again, with its own support.

    Raises NotFound, SynthesisMade, NotMerged, ProposalChanged."""
    family = require_found(await store.find_family(conn, id), id)
    # The collection first, as the synthesis does: neither overlooks the other.
    refuse_once_synthesised(await collections.share_collection_state(conn, family.project_id))
    proposals = await store.lock_proposals(conn, [id, family.survivor_id])
    rules.refuse_unless_separable(proposals[id], version_read)
    await store.unmerge_proposal(conn, id, family.survivor_id)
    await store.insert_proposal_merge(
        conn, id, False, family.survivor_id, author.name, clock.today()
    )
    return await _hint_and_find(conn, clock, family.project_id, id)


def _draft(draft: WriteProposal) -> Draft:
    theme = (draft.theme or "").strip()
    return Draft(non_blank(draft.title), non_blank(draft.text), theme or None)


async def _hint_and_find(conn: Connection, clock: Clock, project_id: UUID, id: UUID) -> Proposal:
    await hint(conn, clock, "proposal", project_id)
    proposals = await store.list_proposals(conn, project_id)
    return next(proposal for proposal in proposals if proposal.id == id)
