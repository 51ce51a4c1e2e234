"""Drafting and signing the decision on one proposal.

Both lock the list of the synthesis first, then the decision, so that they cannot deadlock with the
publication of a report, the only way in which a published decision changes.
"""

from uuid import UUID

from services.contracts.http.feedback import SignDecision, WriteDecision
from services.feedback.decisions import rules, store
from services.feedback.decisions.rules import DecisionText, Drafter, Outcome, Signer
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def draft_decision(
    conn: Connection, clock: Clock, drafter: Staff, proposal_id: UUID, command: WriteDecision
) -> UUID:
    """Save a first draft, or a new text in place of one that was drafted, signed or published.

    Returns the project. Raises NotListed, DecisionChanged, ReasonMissing, NextStepMissing."""
    listed = await store.find_listed_proposal(conn, proposal_id)
    if listed is None:
        raise rules.NotListed
    current = await store.lock_decision(conn, proposal_id)
    drafted = rules.draft(
        current,
        proposal_id,
        listed.project_id,
        listed.version,
        DecisionText(
            outcome=Outcome(command.outcome),
            reason=command.reason,
            next_step=command.next_step,
            due_on=command.due_on,
            owner=command.owner,
        ),
        Drafter(drafter.subject, drafter.name),
        command.version,
        clock.today(),
    )
    if current:
        await store.update_decision(conn, drafted)
    elif not await store.insert_decision(conn, drafted):
        raise rules.DecisionChanged
    await outbox.write_hint(conn, clock, "decision", listed.project_id)
    return listed.project_id


async def sign_decision(
    conn: Connection, clock: Clock, signer: Staff, proposal_id: UUID, command: SignDecision
) -> UUID:
    """Sign with the decision maker's account in today's mandate; the drafter cannot sign.

    Returns the project. Raises NotListed, DecisionChanged, NothingToSign, OldProposal,
    DecisionMakerWithoutAccount, SignedByAnother, DraftedByTheSigner, DraftedUnderTheSameName."""
    listed = await store.find_listed_proposal(conn, proposal_id)
    if listed is None:
        raise rules.NotListed
    current = await store.lock_decision(conn, proposal_id)
    if current is None:
        raise rules.NothingToSign
    if current.version != command.version:
        raise rules.DecisionChanged
    signed = current.sign(
        Signer(signer.subject, signer.name, signer.account),
        listed.decision_maker,
        listed.version,
        clock.today(),
    )
    await store.update_decision(conn, signed)
    await outbox.write_hint(conn, clock, "decision", listed.project_id)
    return listed.project_id
