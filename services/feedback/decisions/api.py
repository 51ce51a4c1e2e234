"""HTTP edge of decisions for staff: drafts and signatures."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.feedback import DecisionView, SignDecision, WriteDecision
from services.feedback.decisions import use_cases
from services.feedback.decisions.views import find_decision_view
from services.feedback.settings import FeedbackSettings
from services.runtime.http.dependencies import AnalysisOrDecisionStaff, DecisionStaff
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def router(service: Service, settings: FeedbackSettings) -> APIRouter:
    router = APIRouter(prefix="/api")
    clock = service.clock

    async def view(conn: Connection, project_id: UUID, proposal_id: UUID) -> DecisionView:
        return await find_decision_view(
            conn, project_id, proposal_id, settings.decide_within_days, clock.today()
        )

    @router.put("/proposals/{proposal_id}/decision")
    async def draft_decision(
        staff: AnalysisOrDecisionStaff, proposal_id: UUID, command: WriteDecision
    ) -> DecisionView:
        """A signature is on one exact text: a new text needs a new one."""
        async with service.database.transaction() as conn:
            project_id = await use_cases.draft_decision(conn, clock, staff, proposal_id, command)
            return await view(conn, project_id, proposal_id)

    @router.post("/proposals/{proposal_id}/decision/signature")
    async def sign_decision(
        staff: DecisionStaff, proposal_id: UUID, command: SignDecision
    ) -> DecisionView:
        """Only the decision maker of the mandate signs, and never a text of their own."""
        async with service.database.transaction() as conn:
            project_id = await use_cases.sign_decision(conn, clock, staff, proposal_id, command)
            return await view(conn, project_id, proposal_id)

    return router
