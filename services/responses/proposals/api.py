"""Staff API of proposals: drafted, merged, and listed in a synthesis."""

from uuid import UUID

from fastapi import APIRouter

from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.reading import ContributionPage
from services.responses.proposals import store, use_cases, views
from services.responses.proposals import use_cases_synthesis as synthesis
from services.responses.readings import use_cases as readings
from services.responses.readings.api import PageLength
from services.responses.readings.views import contribution_page
from services.runtime.http.dependencies import (
    AnalysisStaff,
    AnyButRegistryStaff,
    RequestLanguage,
)
from services.runtime.service import Service


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections/{project_id}/proposals")
    async def proposal_board(
        staff: AnyButRegistryStaff, project_id: UUID, language: RequestLanguage
    ) -> ProposalBoard:
        async with service.database.read_only() as conn:
            board = await use_cases.read_board(conn, project_id)
        return views.proposal_board(board, language)

    @router.post("/collections/{project_id}/proposals", status_code=201)
    async def draft_proposal(
        staff: AnalysisStaff, project_id: UUID, draft: WriteProposal
    ) -> ProposalView:
        async with service.database.transaction() as conn:
            drafted = await use_cases.draft_proposal(conn, service.clock, staff, project_id, draft)
        return views.proposal_view(drafted)

    @router.put("/proposals/{proposal_id}")
    async def edit_proposal(
        staff: AnalysisStaff, proposal_id: UUID, draft: WriteProposal
    ) -> ProposalView:
        """Refused if somebody changed it since the version that was read."""
        async with service.database.transaction() as conn:
            edited = await use_cases.edit_proposal(conn, service.clock, proposal_id, draft)
        return views.proposal_view(edited)

    @router.post("/proposals/{proposal_id}/merge")
    async def merge_proposal(
        staff: AnalysisStaff, proposal_id: UUID, merge: MergeProposal
    ) -> ProposalView:
        """Returns the proposal that remains."""
        async with service.database.transaction() as conn:
            survivor = await use_cases.merge_proposal(
                conn, service.clock, staff, proposal_id, merge.into, merge.version
            )
        return views.proposal_view(survivor)

    @router.post("/proposals/{proposal_id}/unmerge")
    async def unmerge_proposal(
        staff: AnalysisStaff, proposal_id: UUID, unmerge: UnmergeProposal
    ) -> ProposalView:
        """Undoes a merge, until the synthesis; returns the draft that is there again."""
        async with service.database.transaction() as conn:
            separated = await use_cases.unmerge_proposal(
                conn, service.clock, staff, proposal_id, unmerge.version
            )
        return views.proposal_view(separated)

    @router.get("/proposals/{proposal_id}/contributions")
    async def supporting_contributions(
        staff: AnalysisStaff,
        proposal_id: UUID,
        after: UUID | None = None,
        limit: PageLength = 50,
    ) -> ContributionPage:
        """The contributions that support it or a proposal that was merged into it."""
        async with service.database.read_only() as conn:
            ids = await store.list_supporting_ids(conn, proposal_id, after, limit + 1)
            return contribution_page(await readings.page(conn, staff, ids, limit))

    @router.post("/collections/{project_id}/synthesis")
    async def synthesise(
        staff: AnalysisStaff, project_id: UUID, request: Synthesise, language: RequestLanguage
    ) -> ProposalBoard:
        """Lists every draft at the version that was read; nothing changes afterwards."""
        async with service.database.transaction() as conn:
            await synthesis.synthesise(conn, service.clock, staff, project_id, request.proposals)
            board = await use_cases.read_board(conn, project_id)
        return views.proposal_board(board, language)

    return router
