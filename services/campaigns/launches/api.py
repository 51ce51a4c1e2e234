"""Staff API of campaigns: preparation, previews, launches. Each route is one transaction."""

from uuid import UUID

from fastapi import APIRouter

from services.campaigns.launches import use_cases
from services.campaigns.launches.use_cases import RandomBytes
from services.contracts.http.campaigns import CampaignSheet, CampaignView, Launch, Preview
from services.runtime.clock import Clock
from services.runtime.http.dependencies import AnyStaff, CampaignsStaff
from services.runtime.postgres.database import Database, long_running


def router(database: Database, clock: Clock, random_bytes: RandomBytes) -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.get("/projects/{id}/campaigns")
    async def list_campaigns(staff: AnyStaff, id: UUID) -> list[CampaignView]:
        async with database.read_only() as conn:
            return await use_cases.list_campaigns(conn, id)

    @routes.post("/campaigns", status_code=201)
    async def create_campaign(staff: CampaignsStaff, sheet: CampaignSheet) -> CampaignView:
        async with database.transaction() as conn:
            campaign_id = await use_cases.create_campaign(conn, clock, sheet)
            return (await use_cases.show_campaigns(conn, [campaign_id]))[0]

    @routes.post("/previews")
    async def preview_sheet(staff: AnyStaff, sheet: CampaignSheet) -> Preview:
        with long_running():
            async with database.read_only() as conn:
                return await use_cases.preview_sheet(conn, clock, sheet)

    @routes.post("/campaigns/{id}/preview")
    async def preview_campaign(staff: AnyStaff, id: UUID) -> Preview:
        with long_running():
            async with database.read_only() as conn:
                return await use_cases.preview_campaign(conn, clock, id)

    @routes.post("/launches")
    async def launch(staff: CampaignsStaff, order: Launch) -> list[CampaignView]:
        with long_running():
            async with database.transaction() as conn:
                await use_cases.launch(conn, clock, order.campaign_ids, random_bytes)
                return await use_cases.show_campaigns(conn, order.campaign_ids)

    return routes
