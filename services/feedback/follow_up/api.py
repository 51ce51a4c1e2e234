"""HTTP edge of follow-up for staff."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.feedback import DecisionView, RecordFollowUp
from services.feedback.decisions.views import find_decision_view
from services.feedback.follow_up import use_cases
from services.feedback.settings import FeedbackSettings
from services.runtime.http.dependencies import CampaignsOrDecisionStaff
from services.runtime.service import Service


def router(service: Service, settings: FeedbackSettings) -> APIRouter:
    router = APIRouter(prefix="/api")
    clock = service.clock

    @router.post("/proposals/{proposal_id}/follow-up")
    async def record_follow_up(
        staff: CampaignsOrDecisionStaff, proposal_id: UUID, command: RecordFollowUp
    ) -> DecisionView:
        """Dated, and public at once."""
        async with service.database.transaction() as conn:
            project_id = await use_cases.record_follow_up(conn, clock, staff, proposal_id, command)
            return await find_decision_view(
                conn, project_id, proposal_id, settings.decide_within_days, clock.today()
            )

    return router
