"""From what is stored to what is published: the only place that knows both shapes."""

from collections.abc import Sequence

from services.contracts.events.feedback import (
    DecidedProposal,
    DecisionState,
    FollowUp,
    Outcome,
    ReportState,
    Signatory,
)
from services.feedback.decisions.store import PublishedDecision
from services.feedback.reports.rules.publication import Report


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


def report_state(
    report: Report, decided: Sequence[DecidedProposal], public_url: str
) -> ReportState:
    return ReportState(
        version=report.version,
        project_id=report.project_id,
        collection_version=report.collection_version,
        summary=report.summary,
        url=report_url(public_url, report),
        decisions=list(decided),
        published_on=report.published_on,
    )


def report_url(public_url: str, report: Report) -> str:
    """Stable: always the newest version; older ones are linked from it."""
    return f"{public_url}/projects/{report.project_id}/report"
