"""Decisions as the staff API shows them, and as events publish them."""

from datetime import date
from uuid import UUID

from services.contracts.events.feedback import DecisionState, FollowUp, Outcome, Signatory
from services.contracts.http.feedback import DecisionPhase, DecisionView
from services.feedback.decisions import store
from services.feedback.decisions.store import ProposalDecision, PublishedDecision
from services.feedback.projects.rules import ProjectRecord
from services.feedback.projects.store import find_project
from services.runtime.postgres.database import Connection


async def find_decision_view(
    conn: Connection, project_id: UUID, proposal_id: UUID, decide_within_days: int, today: date
) -> DecisionView:
    """The decision as it stands in this transaction."""
    project = await find_project(conn, project_id)
    (decision,) = await store.list_decisions(conn, project_id, proposal_id)
    return decision_view(decision, project, decide_within_days, today)


def decision_view(
    decision: ProposalDecision, project: ProjectRecord, decide_within_days: int, today: date
) -> DecisionView:
    """A decision on an older version of the proposal counts as awaited; its text is a start."""
    d = decision
    current = d.decided_version == d.proposal_version
    state = DecisionPhase(d.state) if current else DecisionPhase.AWAITING
    unsigned = state in (DecisionPhase.AWAITING, DecisionPhase.DRAFTED)
    late = unsigned and d.published_on is None
    return DecisionView(
        proposal_id=d.proposal_id,
        proposal_version=d.proposal_version,
        project_id=d.project_id,
        title=d.title,
        text=d.text,
        theme=d.theme,
        support=d.support,
        version=d.version,
        state=state,
        outcome=Outcome(d.outcome) if d.outcome else None,
        reason=d.reason,
        next_step=d.next_step,
        due_on=d.due_on,
        owner=d.owner,
        drafted_by=d.drafted_by,
        signed_by=Signatory(name=d.signed_by_name, role=d.signed_by_role or "")
        if d.signed_by_name
        else None,
        signed_on=d.signed_on,
        published_on=d.published_on,
        overdue_days=project.overdue_days(decide_within_days, today) if late else 0,
        follow_up=[FollowUp.model_validate(step) for step in d.follow_up],
    )


def decision_state(decision: PublishedDecision) -> DecisionState:
    d = decision
    return DecisionState(
        version=d.version,
        proposal_id=d.proposal_id,
        project_id=d.project_id,
        proposal_version=d.proposal_version,
        outcome=Outcome(d.outcome),
        reason=d.reason,
        decided_by=Signatory(name=d.decided_by_name, role=d.decided_by_role),
        decided_on=d.decided_on,
        next_step=d.next_step,
        due_on=d.due_on,
        owner=d.owner,
        follow_up=[FollowUp.model_validate(step) for step in d.follow_up],
    )
