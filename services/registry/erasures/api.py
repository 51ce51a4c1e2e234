"""Staff API of erasures."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.registry import Erasure
from services.registry.erasures import use_cases
from services.runtime.http.dependencies import RegistryStaff
from services.runtime.postgres.database import long_running
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.post("/members/{member_id}/erasure", status_code=200)
    async def erase_member(member_id: UUID, staff: RegistryStaff) -> Erasure:
        """For good: identity, address, attributes and consents are forgotten."""
        with long_running():
            async with service.database.transaction() as conn:
                erased = await use_cases.erase_member(conn, service.clock, member_id)
        return Erasure(member_id=member_id, erased_now=erased)

    return router
