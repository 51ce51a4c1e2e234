"""Calls to responses for analysts: readings, proposals, the synthesis and the results."""

from uuid import UUID

from console.client.calls import Calls
from services.contracts.http.common import Role
from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.reading import (
    AttentionView,
    ContributionPage,
    ContributionView,
    Moderate,
    NextReading,
    ReadingsWanted,
    RecordReading,
    SessionNote,
)
from services.contracts.http.responses import CollectionView
from services.contracts.http.results import CrossTable, ResultsView

_SERVICE, _ROLE = "responses", Role.ANALYSIS


class AnalysisCalls(Calls):
    async def want_readings(self, project_id: UUID, order: ReadingsWanted) -> CollectionView:
        path = f"/collections/{project_id}/readings-wanted"
        return await self._put(_SERVICE, path, CollectionView, _ROLE, order)

    async def take_note(self, project_id: UUID, note: SessionNote) -> ContributionView:
        path = f"/collections/{project_id}/notes"
        return await self._post(_SERVICE, path, ContributionView, _ROLE, note)

    async def next_reading(self, project_id: UUID) -> NextReading:
        path = f"/collections/{project_id}/readings/next"
        return await self._get(_SERVICE, path, NextReading, _ROLE)

    async def record_reading(
        self, contribution_id: UUID, reading: RecordReading
    ) -> ContributionView:
        path = f"/contributions/{contribution_id}/readings"
        return await self._post(_SERVICE, path, ContributionView, _ROLE, reading)

    async def moderate(self, contribution_id: UUID, order: Moderate) -> ContributionView:
        path = f"/contributions/{contribution_id}/moderation"
        return await self._post(_SERVICE, path, ContributionView, _ROLE, order)

    async def contribution(self, contribution_id: UUID, show_hidden: bool) -> ContributionView:
        params = {"hidden": "show"} if show_hidden else None
        path = f"/contributions/{contribution_id}"
        return await self._get(_SERVICE, path, ContributionView, _ROLE, params)

    async def contributions(
        self, project_id: UUID, search: str | None = None, *, unread: bool = False
    ) -> ContributionPage:
        params = ({"unread": True} if unread else {}) | ({"search": search} if search else {})
        path = f"/collections/{project_id}/contributions"
        return await self._get(_SERVICE, path, ContributionPage, _ROLE, params)

    async def attention(self, project_id: UUID) -> AttentionView:
        path = f"/collections/{project_id}/attention"
        return await self._get(_SERVICE, path, AttentionView, _ROLE)

    async def proposal_board(self, project_id: UUID) -> ProposalBoard:
        path = f"/collections/{project_id}/proposals"
        return await self._get(_SERVICE, path, ProposalBoard, _ROLE)

    async def draft_proposal(self, project_id: UUID, draft: WriteProposal) -> ProposalView:
        path = f"/collections/{project_id}/proposals"
        return await self._post(_SERVICE, path, ProposalView, _ROLE, draft)

    async def edit_proposal(self, proposal_id: UUID, draft: WriteProposal) -> ProposalView:
        return await self._put(_SERVICE, f"/proposals/{proposal_id}", ProposalView, _ROLE, draft)

    async def merge_proposal(self, proposal_id: UUID, order: MergeProposal) -> ProposalView:
        path = f"/proposals/{proposal_id}/merge"
        return await self._post(_SERVICE, path, ProposalView, _ROLE, order)

    async def unmerge_proposal(self, proposal_id: UUID, order: UnmergeProposal) -> ProposalView:
        path = f"/proposals/{proposal_id}/unmerge"
        return await self._post(_SERVICE, path, ProposalView, _ROLE, order)

    async def supporting_contributions(self, proposal_id: UUID) -> ContributionPage:
        path = f"/proposals/{proposal_id}/contributions"
        return await self._get(_SERVICE, path, ContributionPage, _ROLE)

    async def synthesise(self, project_id: UUID, order: Synthesise) -> ProposalBoard:
        path = f"/collections/{project_id}/synthesis"
        return await self._post(_SERVICE, path, ProposalBoard, _ROLE, order)

    async def results(self, project_id: UUID) -> ResultsView:
        return await self._get(_SERVICE, f"/collections/{project_id}/results", ResultsView, _ROLE)

    async def cross_results(self, project_id: UUID, rows: str, columns: str) -> CrossTable:
        path = f"/collections/{project_id}/results/cross"
        params = {"rows": rows, "columns": columns}
        return await self._get(_SERVICE, path, CrossTable, _ROLE, params)

    async def export_results(
        self, project_id: UUID, format: str, cross: tuple[str, str] | None = None
    ) -> bytes:
        """A file of the results of all questions, or of the cross table of two."""
        params = {"format": format} | ({"rows": cross[0], "columns": cross[1]} if cross else {})
        path = f"/collections/{project_id}/results/export"
        return await self._download(_SERVICE, path, _ROLE, params)

    async def export_contributions(self, project_id: UUID, format: str) -> bytes:
        path = f"/collections/{project_id}/contributions/export"
        return await self._download(_SERVICE, path, _ROLE, {"format": format})
