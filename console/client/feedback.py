"""Calls to feedback: decisions, reports, follow-up, and corrections of the journal."""

from uuid import UUID

from console.client.calls import Calls
from services.contracts.http.common import Role
from services.contracts.http.feedback import (
    DecisionView,
    ProjectAccount,
    ProjectStanding,
    PublishReport,
    RecordFollowUp,
    ReportPreview,
    ReportView,
    SignDecision,
    WriteDecision,
    WriteReport,
)
from services.contracts.http.journal import CorrectEntry, Recorded

_SERVICE = "feedback"


class FeedbackCalls(Calls):
    async def project_statuses(self) -> list[ProjectStanding]:
        """How far each project is on the way to its report."""
        return await self._get(_SERVICE, "/projects", list[ProjectStanding], Role.CAMPAIGNS)

    async def project_account(self, project_id: UUID) -> ProjectAccount:
        """The decisions of one project and its report."""
        path = f"/projects/{project_id}"
        return await self._get(_SERVICE, path, ProjectAccount, Role.CAMPAIGNS)

    async def write_decision(self, proposal_id: UUID, draft: WriteDecision) -> DecisionView:
        path = f"/proposals/{proposal_id}/decision"
        return await self._put(_SERVICE, path, DecisionView, Role.ANALYSIS, draft)

    async def sign_decision(self, proposal_id: UUID, signature: SignDecision) -> DecisionView:
        path = f"/proposals/{proposal_id}/decision/signature"
        return await self._post(_SERVICE, path, DecisionView, Role.DECISION, signature)

    async def record_follow_up(self, proposal_id: UUID, step: RecordFollowUp) -> DecisionView:
        path = f"/proposals/{proposal_id}/follow-up"
        return await self._post(_SERVICE, path, DecisionView, Role.CAMPAIGNS, step)

    async def write_report(self, project_id: UUID, draft: WriteReport) -> ReportView:
        path = f"/projects/{project_id}/report"
        return await self._put(_SERVICE, path, ReportView, Role.ANALYSIS, draft)

    async def preview_report(self, project_id: UUID) -> ReportPreview:
        path = f"/projects/{project_id}/report/preview"
        return await self._get(_SERVICE, path, ReportPreview, Role.ANALYSIS)

    async def publish_report(self, project_id: UUID, order: PublishReport) -> ProjectAccount:
        path = f"/projects/{project_id}/report/publication"
        return await self._post(_SERVICE, path, ProjectAccount, Role.DECISION, order)

    async def correct_entry(self, correction: CorrectEntry) -> Recorded:
        path = "/journal/corrections"
        return await self._post(_SERVICE, path, Recorded, Role.DECISION, correction)
