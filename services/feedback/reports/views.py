"""Reports as the staff API shows them, and as events publish them."""

from collections.abc import Sequence
from datetime import date

from services.contracts.events.feedback import DecidedProposal, ReportState
from services.contracts.http.feedback import ProjectAccount, ReportView
from services.feedback.decisions.views import decision_view
from services.feedback.projects.views import project_view
from services.feedback.reports.rules.publication import Report
from services.feedback.reports.store import ProjectOverview
from services.runtime.text import Language


def overview_view(
    overview: ProjectOverview,
    public_url: str,
    decide_within_days: int,
    today: date,
    language: Language,
) -> ProjectAccount:
    project = overview.project
    return ProjectAccount(
        standing=project_view(project, decide_within_days, today, language),
        decisions=[
            decision_view(decision, project, decide_within_days, today)
            for decision in overview.decisions
        ],
        report=report_view(overview, public_url),
    )


def report_view(overview: ProjectOverview, public_url: str) -> ReportView:
    published = overview.published
    return ReportView(
        project_id=overview.project.project_id,
        version=overview.draft.version,
        summary=overview.draft.summary,
        published_version=published.version if published else None,
        published_on=published.published_on if published else None,
        url=report_url(public_url, published) if published else None,
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
    """Permanent, and always the newest version, which links to the older ones."""
    return f"{public_url}/projects/{report.project_id}/report"
