"""Staff API of projects. Each route is one transaction."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.projects import use_cases
from services.campaigns.projects.signing_keys import generate_key_pair
from services.contracts.http.campaigns import (
    ChangeDecisionMaker,
    EndEarly,
    ProjectSheet,
    ProjectView,
)
from services.contracts.http.common import Me
from services.runtime.clock import Clock
from services.runtime.crypto.encryption import Encryptor
from services.runtime.http.dependencies import AnyStaff, CampaignsStaff, RequestLanguage
from services.runtime.postgres.database import Database


def router(database: Database, clock: Clock, encryptor: Encryptor) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.post("/projects", status_code=201)
    async def create_project(staff: CampaignsStaff, sheet: ProjectSheet) -> ProjectView:
        async with database.transaction() as conn:
            project_id = await use_cases.create_project(conn, clock, sheet)
            return await use_cases.show_project(conn, project_id)

    @routes.put("/projects/{id}")
    async def edit_project(staff: CampaignsStaff, id: UUID, sheet: ProjectSheet) -> ProjectView:
        async with database.transaction() as conn:
            await use_cases.edit_project(conn, clock, id, sheet)
            return await use_cases.show_project(conn, id)

    @routes.get("/projects")
    async def list_projects(staff: AnyStaff, language: RequestLanguage) -> list[ProjectView]:
        async with database.read_only() as conn:
            return await use_cases.list_projects(conn, language)

    @routes.get("/projects/{id}")
    async def show_project(staff: AnyStaff, id: UUID, language: RequestLanguage) -> ProjectView:
        async with database.read_only() as conn:
            return await use_cases.show_project(conn, id, language)

    @routes.post("/projects/{id}/publish")
    async def publish_project(staff: CampaignsStaff, id: UUID) -> ProjectView:
        key = await generate_key_pair(encryptor, id)
        async with database.transaction() as conn:
            await use_cases.publish_project(conn, clock, id, key)
            return await use_cases.show_project(conn, id)

    @routes.post("/projects/{id}/abandon")
    async def abandon_project(staff: CampaignsStaff, id: UUID) -> ProjectView:
        async with database.transaction() as conn:
            await use_cases.abandon_project(conn, clock, id)
            return await use_cases.show_project(conn, id)

    @routes.put("/projects/{id}/decision-maker")
    async def change_decision_maker(
        staff: CampaignsStaff, id: UUID, change: ChangeDecisionMaker
    ) -> ProjectView:
        """Change the decision maker of a published mandate; recorded with its author and reason."""
        async with database.transaction() as conn:
            await use_cases.change_decision_maker(conn, clock, staff, id, change)
            return await use_cases.show_project(conn, id)

    @routes.post("/projects/{id}/end")
    async def end_early(staff: CampaignsStaff, id: UUID, end: EndEarly) -> ProjectView:
        """Make today the last day of recruitment and collection; a report is still owed."""
        async with database.transaction() as conn:
            await use_cases.end_early(conn, clock, id, end.reason)
            return await use_cases.show_project(conn, id)

    @routes.get("/me")
    async def show_me(staff: AnyStaff) -> Me:
        """Return the signed-in person, with the account code that a mandate names."""
        return Me(name=staff.name, account=staff.account, roles=sorted(staff.roles))

    return routes
