"""The synthesis: an explicit, versioned list of proposals, once everything was read.

From then on nothing that led to it changes, and `feedback` owes an answer to each listed version.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.contracts.events.responses import CollectionState, ProposalState
from services.contracts.http.proposals import DraftToList
from services.responses.collections import store as collections
from services.responses.collections.daily_clock import Daily
from services.responses.collections.use_cases import collection_states
from services.responses.proposals import rules, store
from services.responses.proposals.store import Proposal
from services.responses.proposals.use_cases import blocked
from services.responses.readings.rules import refuse_once_synthesised
from services.responses.readings.use_cases_attention import unread
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
    """Proposals, list and end of reading are one commit. The list may be empty, but is explicit.

    Raises NotFound, SynthesisMade, SynthesisBlocked, ListDiffers."""
    held = await collections.hold_collection(conn, project_id)
    refuse_once_synthesised(held.state)
    await store.hold_drafts(conn, project_id)
    drafts = [one for one in await store.proposals(conn, project_id) if one.state == "draft"]
    still_unread = (await unread(conn, [project_id]))[project_id]
    if reasons := await blocked(conn, held, drafts, still_unread):
        raise rules.SynthesisBlocked(reasons)
    rules.refuse_unless_listed(
        [(one.id, one.version) for one in listed],
        {one.id: (one.version, one.title) for one in drafts},
    )
    await store.submit_proposals(conn, project_id)
    made = replace(
        held,
        state="synthesised",
        version=held.version + 1,
        synthesised_by=author.name,
        synthesised_on=clock.today(),
    )
    await collections.save_collection(conn, made)
    day = Daily(clock)
    await outbox.write_many(conn, day, [proposal_state(one) for one in drafts])
    await outbox.write_many(conn, day, await collection_states(conn, [made]))


def proposal_state(proposal: Proposal) -> ProposalState:
    return ProposalState(
        version=proposal.version,
        proposal_id=proposal.id,
        project_id=proposal.project_id,
        title=proposal.title,
        text=proposal.text,
        theme=proposal.theme,
        support=proposal.support,
        merged_ids=proposal.merged_ids,
    )


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """Every collection and every submitted proposal, as they stand."""
    held = await collections.collections(conn)
    found = await store.proposals(conn, *(one.project_id for one in held))
    submitted = [proposal_state(one) for one in found if one.state == "submitted"]
    await outbox.write_many(conn, Daily(clock), await collection_states(conn, held))
    await outbox.write_many(conn, Daily(clock), submitted)
    return {CollectionState.event_type: len(held), ProposalState.event_type: len(submitted)}
