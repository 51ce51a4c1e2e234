"""Project records as the staff API shows them."""

from datetime import date

from services.contracts.events.campaigns import ProjectPhase, ReportDuties
from services.contracts.http.feedback import ProjectStanding
from services.feedback.projects.rules import ProjectRecord
from services.runtime.text import Language


def project_view(
    project: ProjectRecord, decide_within_days: int, today: date, language: Language
) -> ProjectStanding:
    duties = project.duties
    return ProjectStanding(
        project_id=project.project_id,
        title=project.title,
        state=ProjectPhase(project.state),
        decision_maker=project.decision_maker,
        collection_ends_on=project.collection_ends_on,
        collection=project.collection,
        contributions=project.contributions,
        unread=project.unread,
        proposals=project.proposals,
        signed=project.signed,
        overdue=project.overdue(decide_within_days, today),
        decide_by=project.decide_by(decide_within_days),
        report_version=project.report_version,
        report_duties=ReportDuties.model_validate(duties) if duties else None,
        blocked_by=[blocker.sentence(language) for blocker in project.blockers],
    )
