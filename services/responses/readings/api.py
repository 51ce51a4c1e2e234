"""Staff API of the reading room: contributions, readings, moderation, notes and attention."""

from random import Random
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

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
from services.responses.collections.use_cases import with_counts
from services.responses.collections.views import collection_view
from services.responses.readings import use_cases, views
from services.responses.readings.store import ContributionQuery
from services.responses.readings.use_cases_attention import measure_attention
from services.runtime.http.dependencies import AnalysisStaff, AnyButRegistryStaff
from services.runtime.service import Service

# The words of a hidden contribution are returned to readers who ask for them.
Hidden = Literal["show"] | None
PageLength = Annotated[int, Query(ge=1, le=200)]


def router(service: Service, randomness: Random) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections/{project_id}/readings/next")
    async def next_reading(staff: AnalysisStaff, project_id: UUID) -> NextReading:
        """The contribution that this reader should read now. The first call draws their order."""
        async with service.database.transaction() as conn:
            next_contribution = await use_cases.next_reading(
                conn, service.clock, randomness, staff, project_id
            )
        return views.next_reading(next_contribution)

    @router.get("/collections/{project_id}/contributions")
    async def contributions(
        staff: AnalysisStaff,
        project_id: UUID,
        search: Annotated[str | None, Query(max_length=200)] = None,
        unread: bool = False,
        hidden: Hidden = None,
        after: UUID | None = None,
        limit: PageLength = 50,
    ) -> ContributionPage:
        """Opened contributions, by id; `search` looks for words, in French and in English."""
        query = ContributionQuery(
            search=(search and search.strip()) or None,
            unread_only=unread,
            include_hidden=hidden is not None,
            after=after,
            limit=limit,
        )
        async with service.database.transaction() as conn:
            page = await use_cases.search_contributions(
                conn, service.clock, staff, project_id, query
            )
        return views.contribution_page(page)

    @router.get("/contributions/{contribution_id}")
    async def contribution(
        staff: AnalysisStaff, contribution_id: UUID, hidden: Hidden = None
    ) -> ContributionView:
        async with service.database.transaction() as conn:
            contribution = await use_cases.show_contribution(
                conn, service.clock, staff, contribution_id, include_hidden=hidden is not None
            )
        return views.contribution_view(contribution)

    @router.post("/contributions/{contribution_id}/readings")
    async def record_reading(
        staff: AnalysisStaff, contribution_id: UUID, recorded: RecordReading
    ) -> ContributionView:
        """A named reading; recorded again, it replaces links and mark and adds the seconds."""
        async with service.database.transaction() as conn:
            contribution = await use_cases.record_reading(
                conn, service.clock, staff, contribution_id, recorded
            )
        return views.contribution_view(contribution)

    @router.post("/contributions/{contribution_id}/moderation")
    async def moderate(
        staff: AnalysisStaff, contribution_id: UUID, moderation: Moderate
    ) -> ContributionView:
        """Hide with a reason, or show again. Nothing is deleted; it is still owed its readings."""
        async with service.database.transaction() as conn:
            contribution = await use_cases.moderate(
                conn,
                service.clock,
                staff,
                contribution_id,
                moderation.hidden,
                moderation.reason,
            )
        return views.contribution_view(contribution)

    @router.put("/collections/{project_id}/readings-wanted")
    async def want_readings(
        staff: AnalysisStaff, project_id: UUID, readings: ReadingsWanted
    ) -> CollectionView:
        async with service.database.transaction() as conn:
            changed = await use_cases.set_readings_wanted(
                conn, service.clock, project_id, readings.readings_wanted
            )
            counted = await with_counts(conn, changed)
        return collection_view(counted.collection, counted.counts)

    @router.post("/collections/{project_id}/notes", status_code=201)
    async def take_note(
        staff: AnalysisStaff, project_id: UUID, note: SessionNote
    ) -> ContributionView:
        """A workshop's note, attributed to nobody and read like any contribution."""
        async with service.database.transaction() as conn:
            contribution = await use_cases.take_note(
                conn, service.clock, randomness, staff, project_id, note
            )
        return views.contribution_view(contribution)

    @router.get("/collections/{project_id}/attention")
    async def get_attention(staff: AnyButRegistryStaff, project_id: UUID) -> AttentionView:
        async with service.database.read_only() as conn:
            attention = await measure_attention(conn, project_id)
        return views.attention_view(attention, service.clock.today())

    return router
