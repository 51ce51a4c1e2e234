"""Drafting, signing and following up the answer to one proposal.

Everybody locks the list of the synthesis first, then the decision. What is published changes only
with a report (see `reports`), or by a step of follow-up, which is public at once.
"""

from uuid import UUID

from services.contracts.http.feedback import RecordFollowUp, SignDecision, WriteDecision
from services.feedback.decisions import rules, store
from services.feedback.decisions.rules import Drafter, Signer, Written
from services.feedback.decisions.views import decision_state
from services.feedback.journal import use_cases as journal
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def draft_decision(
    conn: Connection, clock: Clock, drafter: Staff, proposal_id: UUID, written: WriteDecision
) -> UUID:
    """A first draft, or a text in place of what was drafted, signed or published.

    Returns the project. Raises NotListed, DecisionChanged, ReasonMissing, NextStepMissing."""
    listed = await store.hold_listed(conn, proposal_id)
    if listed is None:
        raise rules.NotListed
    held = await store.lock_decision(conn, proposal_id)
    drafted = rules.draft(
        held,
        proposal_id,
        listed.project_id,
        listed.version,
        Written(
            outcome=written.outcome,
            reason=written.reason,
            next_step=written.next_step,
            due_on=written.due_on,
            owner=written.owner,
        ),
        Drafter(drafter.subject, drafter.name),
        written.version,
        clock.today(),
    )
    if held:
        await store.save_decision(conn, drafted)
    elif not await store.begin_decision(conn, drafted):
        raise rules.DecisionChanged
    await outbox.write_hint(conn, clock, "decision", listed.project_id)
    return listed.project_id


async def sign_decision(
    conn: Connection, clock: Clock, signer: Staff, proposal_id: UUID, asked: SignDecision
) -> UUID:
    """By the decision maker whose account the mandate names on that day, who is not the drafter.

    Returns the project. Raises NotListed, DecisionChanged, NothingToSign, OldProposal,
    DecisionMakerWithoutAccount, SignedByAnother, DraftedByTheSigner, DraftedUnderTheSameName."""
    listed = await store.hold_listed(conn, proposal_id)
    if listed is None:
        raise rules.NotListed
    held = await store.lock_decision(conn, proposal_id)
    if held is None:
        raise rules.NothingToSign
    if held.version != asked.version:
        raise rules.DecisionChanged
    signed = held.sign(
        Signer(signer.subject, signer.name, signer.account),
        listed.maker,
        listed.version,
        clock.today(),
    )
    await store.save_decision(conn, signed)
    await outbox.write_hint(conn, clock, "decision", listed.project_id)
    return listed.project_id


async def record_follow_up(
    conn: Connection, clock: Clock, staff: Staff, proposal_id: UUID, asked: RecordFollowUp
) -> UUID:
    """Did the administration do what it said? Public at once.

    Returns the project. Raises NotFollowed, DecisionChanged, StepOutOfOrder,
    GivenUpWithoutReason."""
    held = await store.lock_decision(conn, proposal_id)
    if held is None:
        raise rules.NotFollowed
    if held.version != asked.version:
        raise rules.DecisionChanged
    before = await store.steps(conn, proposal_id)
    note = rules.follow(before.outcome, before.steps, asked.progress, asked.note)
    number = len(before.steps) + 1
    await store.add_follow_up(
        conn, proposal_id, number, asked.progress, note, clock.today(), staff.name
    )
    await store.touch_decision(conn, proposal_id)
    (published,) = await store.published_states(conn, [proposal_id])
    state = decision_state(published)
    await outbox.write(conn, clock, state)
    await journal.record(conn, clock, [journal.of_follow_up(state)])
    return held.project_id
