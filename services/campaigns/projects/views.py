"""Conversion of stored projects to project.state and to the staff API's models."""

from collections.abc import Mapping, Sequence

from services.campaigns.projects.rules import (
    DrawCommitment,
    MandateChange,
    Project,
    ProjectProgress,
)
from services.contracts.events.campaigns import (
    Compensation,
    DecisionMaker,
    DecisionMakerChange,
    Mandate,
    ProjectPhase,
    ProjectState,
    ReportDuties,
)
from services.contracts.http.campaigns import (
    CompensationSheet,
    DecisionMakerSheet,
    DutyCounts,
    MandateSheet,
    ProjectCounts,
    ProjectView,
)
from services.runtime.text import Language

# Published numbers of people are multiples of this, and none is below it.
_MINIMUM_CELL = 5


def project_state(
    project: Project, commitments: Sequence[DrawCommitment], changes: Sequence[MandateChange]
) -> ProjectState:
    assert project.recruitment_ends_on is not None
    assert project.collection_ends_on is not None
    return ProjectState(
        project_id=project.id,
        version=project.version,
        state=ProjectPhase(project.state),
        mandate=_mandate(project),
        recruitment_ends_on=project.recruitment_ends_on,
        collection_ends_on=project.collection_ends_on,
        asked=_floored(project.asked),
        joined=_floored(project.joined),
        credential_key=project.credential_key,
        credentials_issued=_floored(project.credentials_issued),
        floor_reached=None
        if project.credentials_issued is None
        else project.credentials_issued >= project.anonymity_floor,
        anonymity_floor=project.anonymity_floor,
        draw_commitments=[draw.commitment for draw in commitments],
        draw_seeds=[draw.seed for draw in commitments] if project.reveals_seeds else [],
        report_duties=_report_duties(project.report_duties) if project.report_duties else None,
        ended_early_reason=project.ended_early_reason,
        decision_maker_changes=[_decision_maker_change(change) for change in changes],
    )


def project_view(progress: ProjectProgress, language: Language) -> ProjectView:
    project, blockers = progress.project, progress.blockers
    return ProjectView(
        id=project.id,
        version=project.version,
        state=ProjectPhase(project.state),
        title=project.title,
        mandate=_mandate_sheet(project),
        missing=project.missing,
        recruitment_ends_on=project.recruitment_ends_on,
        collection_ends_on=project.collection_ends_on,
        places=project.places,
        anonymity_floor=project.anonymity_floor,
        collection=progress.collection,
        counts=ProjectCounts(**progress.counts),
        report_duties=DutyCounts(report_version=project.report_version, **(progress.duties or {}))
        if project.report_version
        else None,
        blocked_by=list(blockers),
        blocked_in_words=[sentence.in_(language) for sentence in blockers.values()],
    )


def _mandate(project: Project) -> Mandate:
    return Mandate(
        title=project.title,
        nature=project.nature,
        why=project.why,
        stakes=project.stakes,
        objectives=project.objectives,
        purpose=project.purpose,
        decision_maker=DecisionMaker(
            name=project.decision_maker_name,
            role=project.decision_maker_role,
            account=project.decision_maker_account or None,
        ),
        who=project.who,
        how=project.how,
        compensation=Compensation(
            terms=project.compensation_terms, reference=project.compensation_reference or ""
        )
        if project.compensation_terms is not None
        else None,
    )


def _mandate_sheet(project: Project) -> MandateSheet:
    return MandateSheet(
        nature=project.nature,
        why=project.why,
        stakes=project.stakes,
        objectives=project.objectives,
        purpose=project.purpose,
        decision_maker=DecisionMakerSheet(
            name=project.decision_maker_name,
            role=project.decision_maker_role,
            account=project.decision_maker_account,
        ),
        who=project.who,
        how=project.how,
        compensation=CompensationSheet(
            terms=project.compensation_terms, reference=project.compensation_reference or ""
        )
        if project.compensation_terms is not None
        else None,
    )


def _decision_maker_change(change: MandateChange) -> DecisionMakerChange:
    return DecisionMakerChange(
        version=change.version,
        name=change.name,
        role=change.role,
        account=change.account or None,
        name_before=change.name_before,
        role_before=change.role_before,
        account_before=change.account_before or None,
        reason=change.reason,
        changed_on=change.changed_on,
    )


def _floored(count: int | None) -> int | None:
    """The multiple of five below, and None below five.

    Exact numbers of participants and of credentials could be subtracted down to a few people.
    """
    return None if count is None else count - count % _MINIMUM_CELL or None


def _report_duties(counts: Mapping[str, int]) -> ReportDuties:
    """Floored, so that two versions of a project cannot be subtracted down to one person."""
    return ReportDuties(
        report_version=counts["report_version"],
        owed=_floored(counts["owed"]),
        sent=_floored(counts["sent"]),
        undeliverable=_floored(counts["undeliverable"]),
        exempt=_floored(counts["exempt"]),
    )
