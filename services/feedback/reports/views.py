"""What staff are shown, from what is stored."""

from services.contracts.events.campaigns import ProjectPhase, ReportDuties
from services.contracts.events.feedback import FollowUp, Outcome, Signatory
from services.contracts.http.feedback import (
    DecisionPhase,
    DecisionView,
    ProjectAccount,
    ProjectStanding,
    ReportView,
)
from services.feedback.decisions.store import Answer
from services.feedback.decisions.views import report_url
from services.feedback.projects.rules import Standing
from services.feedback.reports.overview import Account, Manners
from services.runtime.text import Language


def project_standing(standing: Standing, manners: Manners, language: Language) -> ProjectStanding:
    s = standing
    return ProjectStanding(
        project_id=s.project_id,
        title=s.title,
        state=ProjectPhase(s.state),
        decision_maker=s.decision_maker,
        collection_ends_on=s.collection_ends_on,
        collection=s.collection,
        contributions=s.contributions,
        unread=s.unread,
        proposals=s.proposals,
        signed=s.signed,
        overdue=s.overdue(manners.decide_within_days, manners.today),
        decide_by=s.decide_by(manners.decide_within_days),
        report_version=s.report_version,
        report_duties=ReportDuties.model_validate(s.duties) if s.duties else None,
        blocked_by=[line.say(language) for line in s.blocked_by],
    )


def decision_view(answer: Answer, standing: Standing, manners: Manners) -> DecisionView:
    """A decision on an older version of the proposal counts as awaiting, its text as a start."""
    a = answer
    current = a.decided_version == a.proposal_version
    state = DecisionPhase(a.state) if current else DecisionPhase.AWAITING
    late = state in (DecisionPhase.AWAITING, DecisionPhase.DRAFTED) and a.published_on is None
    return DecisionView(
        proposal_id=a.proposal_id,
        proposal_version=a.proposal_version,
        project_id=a.project_id,
        title=a.title,
        text=a.text,
        theme=a.theme,
        support=a.support,
        version=a.version,
        state=state,
        outcome=Outcome(a.outcome) if a.outcome else None,
        reason=a.reason,
        next_step=a.next_step,
        due_on=a.due_on,
        owner=a.owner,
        drafted_by=a.drafted_by,
        signed_by=Signatory(name=a.signed_by_name, role=a.signed_by_role or "")
        if a.signed_by_name
        else None,
        signed_on=a.signed_on,
        published_on=a.published_on,
        overdue_days=standing.overdue_days(manners.decide_within_days, manners.today)
        if late
        else 0,
        follow_up=[FollowUp.model_validate(step) for step in a.follow_up],
    )


def report_view(account: Account, manners: Manners) -> ReportView:
    published = account.published
    return ReportView(
        project_id=account.standing.project_id,
        version=account.draft.version,
        summary=account.draft.summary,
        published_version=published.version if published else None,
        published_on=published.published_on if published else None,
        url=report_url(manners.public_url, published) if published else None,
    )


def project_account(account: Account, manners: Manners, language: Language) -> ProjectAccount:
    return ProjectAccount(
        standing=project_standing(account.standing, manners, language),
        decisions=[decision_view(one, account.standing, manners) for one in account.answers],
        report=report_view(account, manners),
    )
