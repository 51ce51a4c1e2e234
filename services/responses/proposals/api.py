"""Staff draft proposals, merge them, and list them in a synthesis."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.reading import ContributionPage
from services.responses.collections.api import Reading
from services.responses.proposals import store
from services.responses.proposals import use_cases as proposals
from services.responses.proposals import use_cases_synthesis as synthesis
from services.responses.readings import use_cases as reading
from services.responses.readings import views as sheets
from services.responses.readings.api import PageLength, Reader
from services.runtime.http.pages import language_of
from services.runtime.service import Service
from services.runtime.text import Language

InLanguage = Annotated[Language, Depends(language_of)]


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections/{project_id}/proposals")
    async def proposal_board(
        staff: Reading, project_id: UUID, language: InLanguage
    ) -> ProposalBoard:
        async with service.database.read_only() as conn:
            return sheets.proposal_board(await proposals.board(conn, project_id), language)

    @router.post("/collections/{project_id}/proposals", status_code=201)
    async def draft_proposal(
        staff: Reader, project_id: UUID, written: WriteProposal
    ) -> ProposalView:
        async with service.database.transaction() as conn:
            drafted = await proposals.draft(conn, service.clock, staff, project_id, written)
        return sheets.proposal_view(drafted)

    @router.put("/proposals/{proposal_id}")
    async def edit_proposal(
        staff: Reader, proposal_id: UUID, written: WriteProposal
    ) -> ProposalView:
        """Refused if somebody changed it since the version that was read."""
        async with service.database.transaction() as conn:
            edited = await proposals.edit(conn, service.clock, proposal_id, written)
        return sheets.proposal_view(edited)

    @router.post("/proposals/{proposal_id}/merge")
    async def merge_proposal(
        staff: Reader, proposal_id: UUID, asked: MergeProposal
    ) -> ProposalView:
        """Answers with the proposal that remains."""
        async with service.database.transaction() as conn:
            survivor = await proposals.merge(
                conn, service.clock, staff, proposal_id, asked.into, asked.version
            )
        return sheets.proposal_view(survivor)

    @router.post("/proposals/{proposal_id}/unmerge")
    async def unmerge_proposal(
        staff: Reader, proposal_id: UUID, asked: UnmergeProposal
    ) -> ProposalView:
        """Undoes a merge, until the synthesis; answers with the draft that is there again."""
        async with service.database.transaction() as conn:
            separated = await proposals.unmerge(
                conn, service.clock, staff, proposal_id, asked.version
            )
        return sheets.proposal_view(separated)

    @router.get("/proposals/{proposal_id}/contributions")
    async def supporting_contributions(
        staff: Reader, proposal_id: UUID, after: UUID | None = None, limit: PageLength = 50
    ) -> ContributionPage:
        """What supports it, also by way of proposals that were merged into it."""
        async with service.database.read_only() as conn:
            ids = await store.supporters(conn, proposal_id, after, limit + 1)
            return sheets.contribution_page(*await reading.page(conn, staff, ids, limit))

    @router.post("/collections/{project_id}/synthesis")
    async def synthesise(
        staff: Reader, project_id: UUID, asked: Synthesise, language: InLanguage
    ) -> ProposalBoard:
        """Lists every draft at the version that was read; nothing changes afterwards."""
        async with service.database.transaction() as conn:
            await synthesis.synthesise(conn, service.clock, staff, project_id, asked.proposals)
            board = await proposals.board(conn, project_id)
        return sheets.proposal_board(board, language)

    return router
