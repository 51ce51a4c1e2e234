"""HTTP edge of the journal for staff: corrections."""

from fastapi import APIRouter

from services.contracts.http.journal import CorrectEntry, Recorded
from services.feedback.journal import use_cases
from services.runtime.http.dependencies import DecisionStaff
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post("/journal/corrections")
    async def correct_entry(staff: DecisionStaff, correction: CorrectEntry) -> Recorded:
        """Append a correction with its reason; the entry itself stays."""
        async with service.database.transaction() as conn:
            number = await use_cases.correct(
                conn, service.clock, staff, correction.number, correction.reason
            )
        return Recorded(number=number)

    return router
