"""The staff edge: JSON under /api. Each route is one transaction."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.campaigns.credentials.issuer import Keyring
from services.campaigns.launches import use_cases as launches
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects import views
from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    ChangeDecisionMaker,
    Contacts,
    EndEarly,
    Launch,
    OptIns,
    Preview,
    ProjectSheet,
    ProjectView,
    Today,
)
from services.contracts.http.common import Me, Role
from services.runtime.clock import Clock
from services.runtime.http.dependencies import require
from services.runtime.http.pages import language_of
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Database, long_running
from services.runtime.text import Language

Reader = Annotated[Staff, require(*Role)]
Reading = Annotated[Language, Depends(language_of)]
Writer = Annotated[Staff, require(Role.CAMPAIGNS)]


def router(
    database: Database, clock: Clock, random_bytes: launches.RandomBytes, keyring: Keyring
) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.post("/projects", status_code=201)
    async def create_project(staff: Writer, sheet: ProjectSheet) -> ProjectView:
        async with database.transaction() as conn:
            created = await projects.create_project(conn, clock, sheet)
            return await views.show_project(conn, created)

    @routes.put("/projects/{id}")
    async def edit_project(staff: Writer, id: UUID, sheet: ProjectSheet) -> ProjectView:
        async with database.transaction() as conn:
            await projects.edit_project(conn, clock, id, sheet)
            return await views.show_project(conn, id)

    @routes.get("/projects")
    async def list_projects(staff: Reader, language: Reading) -> list[ProjectView]:
        async with database.read_only() as conn:
            return await views.list_projects(conn, language)

    @routes.get("/projects/{id}")
    async def show_project(staff: Reader, id: UUID, language: Reading) -> ProjectView:
        async with database.read_only() as conn:
            return await views.show_project(conn, id, language)

    @routes.post("/projects/{id}/publish")
    async def publish_project(staff: Writer, id: UUID) -> ProjectView:
        key = await keyring.new_key(id)
        async with database.transaction() as conn:
            await projects.publish_project(conn, clock, id, key)
            return await views.show_project(conn, id)

    @routes.post("/projects/{id}/abandon")
    async def abandon_project(staff: Writer, id: UUID) -> ProjectView:
        async with database.transaction() as conn:
            await projects.abandon_project(conn, clock, id)
            return await views.show_project(conn, id)

    @routes.put("/projects/{id}/decision-maker")
    async def change_decision_maker(
        staff: Writer, id: UUID, asked: ChangeDecisionMaker
    ) -> ProjectView:
        """Of a published mandate: an event of its own, kept with who said so and why."""
        async with database.transaction() as conn:
            await projects.change_decision_maker(conn, clock, staff, id, asked)
            return await views.show_project(conn, id)

    @routes.post("/projects/{id}/end")
    async def end_early(staff: Writer, id: UUID, asked: EndEarly) -> ProjectView:
        """Today is the last day of recruitment and collection; a report is still owed."""
        async with database.transaction() as conn:
            await projects.end_early(conn, clock, id, asked.reason)
            return await views.show_project(conn, id)

    @routes.get("/projects/{id}/campaigns")
    async def list_campaigns(staff: Reader, id: UUID) -> list[CampaignView]:
        async with database.read_only() as conn:
            return await views.list_campaigns(conn, id)

    @routes.get("/projects/{id}/opt-ins")
    async def show_opt_ins(staff: Reader, id: UUID) -> OptIns:
        async with database.read_only() as conn:
            return await views.show_opt_ins(conn, clock, id)

    @routes.post("/campaigns", status_code=201)
    async def create_campaign(staff: Writer, sheet: CampaignSheet) -> CampaignView:
        async with database.transaction() as conn:
            created = await launches.create_campaign(conn, clock, sheet)
            return (await views.show_campaigns(conn, [created]))[0]

    @routes.post("/previews")
    async def preview_sheet(staff: Reader, sheet: CampaignSheet) -> Preview:
        with long_running():
            async with database.read_only() as conn:
                return await launches.preview_sheet(conn, clock, sheet)

    @routes.post("/campaigns/{id}/preview")
    async def preview_campaign(staff: Reader, id: UUID) -> Preview:
        with long_running():
            async with database.read_only() as conn:
                return await launches.preview_campaign(conn, clock, id)

    @routes.post("/launches")
    async def launch(staff: Writer, order: Launch) -> list[CampaignView]:
        with long_running():
            async with database.transaction() as conn:
                await launches.launch(conn, clock, order.campaign_ids, random_bytes)
                return await views.show_campaigns(conn, order.campaign_ids)

    @routes.get("/contacts")
    async def show_contacts(staff: Reader) -> Contacts:
        async with database.read_only() as conn:
            return await views.show_contacts(conn, clock)

    @routes.get("/me")
    async def show_me(staff: Reader) -> Me:
        """With the code of one's account, which a mandate needs to name its decision maker."""
        return Me(name=staff.name, account=staff.account, roles=sorted(staff.roles))

    @routes.get("/today")
    async def show_today(staff: Reader) -> Today:
        async with database.read_only() as conn:
            return await views.show_today(conn, clock)

    return routes
