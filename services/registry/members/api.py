"""Staff API of members: counts only, nothing that shows who anybody is."""

from fastapi import APIRouter

from services.contracts.events.registry import MemberStatus
from services.contracts.http.registry import MemberCounts
from services.registry.members import store
from services.runtime.http.dependencies import AnyButAnalysisStaff
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/members/counts")
    async def members(staff: AnyButAnalysisStaff) -> MemberCounts:
        async with service.database.read_only() as conn:
            counts = await store.count_members(conn)
        return MemberCounts(
            by_status={MemberStatus(status): count for status, count in counts.items()}
        )

    return router
