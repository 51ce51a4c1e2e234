"""Staff API of the day's figures, over all projects."""

from fastapi import APIRouter

from services.campaigns.members import use_cases
from services.contracts.http.campaigns import Today
from services.runtime.clock import Clock
from services.runtime.http.dependencies import AnyStaff
from services.runtime.postgres.database import Database


def router(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/today")
    async def show_today(staff: AnyStaff) -> Today:
        async with database.read_only() as conn:
            return await use_cases.show_today(conn, clock)

    return routes
