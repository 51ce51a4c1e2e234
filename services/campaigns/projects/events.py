"""From what is stored to what is published: the only place that knows both shapes."""

from collections.abc import Mapping, Sequence

from services.campaigns.invitations.store import Notice
from services.campaigns.launches.rules import Window
from services.campaigns.members.store import StoredOrder
from services.campaigns.projects.rules import Committed, MandateChange, Project
from services.contracts.events.campaigns import (
    Compensation,
    DecisionMaker,
    DecisionMakerChange,
    Mandate,
    OrderClass,
    OrderKind,
    OrderRequest,
    OrderState,
    ProjectPhase,
    ProjectState,
    ReportDuties,
)

# Public counts of people: smaller ones are not shown.
_MINIMUM_CELL = 5


def project_state(
    project: Project, launches: Sequence[Committed], changes: Sequence[MandateChange]
) -> ProjectState:
    assert project.recruitment_ends_on is not None
    assert project.collection_ends_on is not None
    return ProjectState(
        project_id=project.id,
        version=project.version,
        state=ProjectPhase(project.state),
        mandate=Mandate(
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
                terms=project.compensation_terms,
                reference=project.compensation_reference or "",
            )
            if project.compensation_terms is not None
            else None,
        ),
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
        draw_commitments=[one.commitment for one in launches],
        draw_seeds=[one.seed for one in launches] if project.shows_its_seeds else [],
        report_duties=_in_fives(project.report_duties) if project.report_duties else None,
        ended_early_reason=project.ended_early_reason,
        decision_maker_changes=[_change(change) for change in changes],
    )


def _change(change: MandateChange) -> DecisionMakerChange:
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
    """Rounded down to a multiple of five, and none below five: exact numbers of participants and of
    credentials would be subtracted down to a few people."""
    return None if count is None else count - count % _MINIMUM_CELL or None


def _in_fives(counts: Mapping[str, int]) -> ReportDuties:
    """Rounded down, so that two versions of a project cannot be subtracted down to one person."""

    def shown(state: str) -> int | None:
        return _floored(counts[state])

    return ReportDuties(
        report_version=counts["report_version"],
        owed=shown("owed"),
        sent=shown("sent"),
        undeliverable=shown("undeliverable"),
        exempt=shown("exempt"),
    )


def notice_state(notice: Notice, window: Window) -> OrderState:
    return OrderState(
        order_id=notice.order_id,
        version=1,
        state=OrderRequest.ORDERED,
        order_class=OrderClass.NOTICE,
        kind=OrderKind(notice.kind),
        member_id=notice.member_id,
        subject_id=notice.subject_id,
        project_id=notice.project_id,
        project_version=notice.project_version,
        first_day=window.first_day,
        last_day=window.last_day,
        details=notice.details,
    )


def order_state(order: StoredOrder) -> OrderState:
    return OrderState(
        order_id=order.order_id,
        version=order.version,
        state=OrderRequest(order.state),
        order_class=OrderClass(order.order_class),
        kind=OrderKind(order.kind),
        member_id=order.member_id,
        subject_id=order.subject_id,
        project_id=order.project_id,
        project_version=order.project_version,
        report_version=order.report_version,
        first_day=order.first_day,
        last_day=order.last_day,
        details=order.details,
    )
