"""Calls to campaigns: projects and their mandates, campaigns and launches, the contact ledger."""

from uuid import UUID

from console.client.calls import Calls
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

_SERVICE, _ROLE = "campaigns", Role.CAMPAIGNS


class CampaignsCalls(Calls):
    async def me(self, role: Role = _ROLE) -> Me:
        """The person to whom the token for this role belongs."""
        return await self._get(_SERVICE, "/me", Me, role)

    async def today(self) -> Today:
        return await self._get(_SERVICE, "/today", Today, _ROLE)

    async def projects(self) -> list[ProjectView]:
        return await self._get(_SERVICE, "/projects", list[ProjectView], _ROLE)

    async def project(self, project_id: UUID) -> ProjectView:
        return await self._get(_SERVICE, f"/projects/{project_id}", ProjectView, _ROLE)

    async def create_project(self, project: ProjectSheet) -> ProjectView:
        return await self._post(_SERVICE, "/projects", ProjectView, _ROLE, project)

    async def publish_project(self, project_id: UUID) -> ProjectView:
        return await self._post(_SERVICE, f"/projects/{project_id}/publish", ProjectView, _ROLE)

    async def change_decision_maker(
        self, project_id: UUID, change: ChangeDecisionMaker
    ) -> ProjectView:
        path = f"/projects/{project_id}/decision-maker"
        return await self._put(_SERVICE, path, ProjectView, _ROLE, change)

    async def end_early(self, project_id: UUID, order: EndEarly) -> ProjectView:
        return await self._post(_SERVICE, f"/projects/{project_id}/end", ProjectView, _ROLE, order)

    async def opt_ins(self, project_id: UUID) -> OptIns:
        return await self._get(_SERVICE, f"/projects/{project_id}/opt-ins", OptIns, _ROLE)

    async def campaigns_of(self, project_id: UUID) -> list[CampaignView]:
        path = f"/projects/{project_id}/campaigns"
        return await self._get(_SERVICE, path, list[CampaignView], _ROLE)

    async def create_campaign(self, campaign: CampaignSheet) -> CampaignView:
        return await self._post(_SERVICE, "/campaigns", CampaignView, _ROLE, campaign)

    async def preview(self, campaign_id: UUID) -> Preview:
        """Preview the launch of a stored campaign."""
        return await self._post(_SERVICE, f"/campaigns/{campaign_id}/preview", Preview, _ROLE)

    async def preview_unsaved(self, campaign: CampaignSheet) -> Preview:
        """Preview the launch of a campaign that is not stored yet."""
        return await self._post(_SERVICE, "/previews", Preview, _ROLE, campaign)

    async def launch(self, order: Launch) -> list[CampaignView]:
        return await self._post(_SERVICE, "/launches", list[CampaignView], _ROLE, order)

    async def contacts(self) -> Contacts:
        return await self._get(_SERVICE, "/contacts", Contacts, _ROLE)
