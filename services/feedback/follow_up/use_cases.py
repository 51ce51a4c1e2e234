"""Recording a step of follow-up, which is public at once."""

from uuid import UUID

from services.contracts.http.feedback import RecordFollowUp
from services.feedback.decisions.rules import DecisionChanged
from services.feedback.decisions.store import (
    list_published_decisions,
    lock_decision,
    update_decision_version,
)
from services.feedback.decisions.views import decision_state
from services.feedback.follow_up import rules, store
from services.feedback.journal import use_cases as journal
from services.feedback.journal.views import follow_up_entry
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def record_follow_up(
    conn: Connection, clock: Clock, staff: Staff, proposal_id: UUID, command: RecordFollowUp
) -> UUID:
    """Record the progress of a retained proposal, and publish it in the same commit.

    Returns the project. Raises NotFollowed, DecisionChanged, StepOutOfOrder,
    GivenUpWithoutReason."""
    decision = await lock_decision(conn, proposal_id)
    if decision is None:
        raise rules.NotFollowed
    if decision.version != command.version:
        raise DecisionChanged
    progress = await store.find_progress(conn, proposal_id)
    note = rules.next_note(progress.outcome, progress.steps, command.progress, command.note)
    number = len(progress.steps) + 1
    await store.insert_step(
        conn, proposal_id, number, command.progress, note, clock.today(), staff.name
    )
    await update_decision_version(conn, proposal_id)
    (published,) = await list_published_decisions(conn, [proposal_id])
    state = decision_state(published)
    await outbox.write(conn, clock, state)
    await journal.record(conn, clock, [follow_up_entry(state)])
    return decision.project_id
