"""Staff API of the contact ledger."""

from fastapi import APIRouter

from services.campaigns.ledger import use_cases
from services.contracts.http.campaigns import Contacts
from services.runtime.clock import Clock
from services.runtime.http.dependencies import AnyStaff
from services.runtime.postgres.database import Database


def router(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/contacts")
    async def show_contacts(staff: AnyStaff) -> Contacts:
        async with database.read_only() as conn:
            return await use_cases.show_contacts(conn, clock)

    return routes
