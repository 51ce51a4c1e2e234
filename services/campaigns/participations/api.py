"""Staff API of participations: the newest replies, by pseudonym."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.participations import use_cases
from services.contracts.http.campaigns import OptIns
from services.runtime.clock import Clock
from services.runtime.http.dependencies import AnyStaff
from services.runtime.postgres.database import Database


def router(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/projects/{id}/opt-ins")
    async def show_opt_ins(staff: AnyStaff, id: UUID) -> OptIns:
        async with database.read_only() as conn:
            return await use_cases.show_opt_ins(conn, clock, id)

    return routes
