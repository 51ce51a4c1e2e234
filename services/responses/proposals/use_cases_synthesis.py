"""The synthesis: an explicit, versioned list of proposals, once every contribution was read.

Afterwards nothing that led to it changes, and feedback owes a decision on each listed version.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.contracts.events.responses import CollectionState, ListedProposal, ProposalState
from services.contracts.http.proposals import DraftToList
from services.responses.collections import store as collections
from services.responses.collections.daily_clock import DailyClock
from services.responses.collections.rules import (
    Collection,
    CollectionPhase,
    refuse_once_synthesised,
)
from services.responses.collections.use_cases import Synthesis, publish_collections
from services.responses.proposals import rules, store
from services.responses.proposals.rules import ProposalPhase
from services.responses.proposals.store import Proposal
from services.responses.proposals.use_cases import list_obstacles
from services.responses.proposals.views import proposal_state
from services.responses.readings.use_cases_attention import measure_attention
from services.responses.readings.views import attention_figures
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def synthesise(
    conn: Connection,
    clock: Clock,
    author: Staff,
    project_id: UUID,
    listed: Sequence[DraftToList],
) -> None:
    """Submit the drafts, list them, and end reading: one commit. The list may be empty.

    Raises NotFound, SynthesisMade, SynthesisBlocked, ListDiffers."""
    collection = await collections.lock_collection(conn, project_id)
    refuse_once_synthesised(collection.state)
    await store.lock_drafts(conn, project_id)
    proposals = await store.list_proposals(conn, project_id)
    drafts = [proposal for proposal in proposals if proposal.state is ProposalPhase.DRAFT]
    unread = (await collections.count_unread(conn, [project_id]))[project_id]
    if obstacles := await list_obstacles(conn, collection, drafts, unread):
        raise rules.SynthesisBlocked(obstacles)
    rules.refuse_unless_listed(
        [(entry.id, entry.version) for entry in listed],
        {draft.id: (draft.version, draft.title) for draft in drafts},
    )
    await store.submit_drafts(conn, project_id)
    synthesised = replace(
        collection,
        state=CollectionPhase.SYNTHESISED,
        version=collection.version + 1,
        synthesised_by=author.name,
        synthesised_on=clock.today(),
    )
    await collections.update_collection(conn, synthesised)
    await outbox.write_many(conn, DailyClock(clock), [proposal_state(draft) for draft in drafts])
    await _publish(conn, clock, [synthesised], drafts)


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """Publish the state of every collection and of every submitted proposal again."""
    every_collection = await collections.list_collections(conn)
    proposals = await store.list_proposals(
        conn, *(collection.project_id for collection in every_collection)
    )
    submitted = [proposal for proposal in proposals if proposal.state is ProposalPhase.SUBMITTED]
    await _publish(conn, clock, every_collection, submitted)
    await outbox.write_many(
        conn, DailyClock(clock), [proposal_state(proposal) for proposal in submitted]
    )
    return {
        CollectionState.event_type: len(every_collection),
        ProposalState.event_type: len(submitted),
    }


async def _publish(
    conn: Connection,
    clock: Clock,
    published: Sequence[Collection],
    submitted: Sequence[Proposal],
) -> None:
    syntheses = {}
    for collection in published:
        if collection.state is CollectionPhase.SYNTHESISED:
            attention = await measure_attention(conn, collection.project_id)
            syntheses[collection.project_id] = Synthesis(
                attention_figures(attention),
                [
                    ListedProposal(id=proposal.id, version=proposal.version)
                    for proposal in submitted
                    if proposal.project_id == collection.project_id
                ],
            )
    await publish_collections(conn, clock, published, syntheses)
