"""HTTP edge of feedback for staff."""

from typing import Annotated

from fastapi import APIRouter

from services.contracts.events.campaigns import ProjectPhase
from services.contracts.http.common import Role
from services.contracts.http.feedback import ProjectStanding
from services.feedback.store import standing as store
from services.runtime.auth import Staff, require
from services.runtime.service import Service

Reading = Annotated[
    Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
]


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/projects")
    async def standings(staff: Reading) -> list[ProjectStanding]:
        async with service.database.reading() as conn:
            return [
                ProjectStanding(
                    project_id=standing.project_id,
                    title=standing.title,
                    state=ProjectPhase(standing.state),
                    decision_maker=standing.decision_maker,
                    collection_ends_on=standing.collection_ends_on,
                    collection=standing.collection,
                )
                for standing in await store.standings(conn)
            ]

    return router
