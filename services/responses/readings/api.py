"""Staff read: contributions in an order of their own, readings, moderation, notes, attention."""

from random import Random
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from services.contracts.http.common import Role
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
from services.responses.collections import use_cases as preparing
from services.responses.collections.api import Reading
from services.responses.collections.views import collection_view
from services.responses.readings import use_cases as reading
from services.responses.readings import use_cases_attention as attention
from services.responses.readings import views as sheets
from services.runtime.http.dependencies import require
from services.runtime.http.staff_tokens import Staff
from services.runtime.service import Service

Reader = Annotated[Staff, require(Role.ANALYSIS)]
# Words of a hidden contribution are shown to who asks for them.
Hidden = Literal["show"] | None
PageLength = Annotated[int, Query(ge=1, le=200)]


def router(service: Service, chance: Random) -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/collections/{project_id}/readings/next")
    async def next_reading(staff: Reader, project_id: UUID) -> NextReading:
        """What this reader should read now. Their order is drawn, once, by the first call."""
        async with service.database.transaction() as conn:
            found = await reading.next_reading(conn, service.clock, chance, staff, project_id)
        return sheets.next_reading(found)

    @router.get("/collections/{project_id}/contributions")
    async def contributions(
        staff: Reader,
        project_id: UUID,
        search: Annotated[str | None, Query(max_length=200)] = None,
        unread: bool = False,
        hidden: Hidden = None,
        after: UUID | None = None,
        limit: PageLength = 50,
    ) -> ContributionPage:
        """Opened contributions, by id; `search` looks for words, in French and in English."""
        async with service.database.transaction() as conn:
            found = await reading.find(
                conn,
                service.clock,
                staff,
                project_id,
                words=(search and search.strip()) or None,
                unread=unread,
                hidden=hidden is not None,
                after=after,
                limit=limit,
            )
        return sheets.contribution_page(*found)

    @router.get("/contributions/{contribution_id}")
    async def contribution(
        staff: Reader, contribution_id: UUID, hidden: Hidden = None
    ) -> ContributionView:
        async with service.database.transaction() as conn:
            shown = await reading.show(
                conn, service.clock, staff, contribution_id, hidden=hidden is not None
            )
        return sheets.contribution_view(shown)

    @router.post("/contributions/{contribution_id}/readings")
    async def record_reading(
        staff: Reader, contribution_id: UUID, said: RecordReading
    ) -> ContributionView:
        """A named reading; recorded again, it replaces links and mark and adds the seconds."""
        async with service.database.transaction() as conn:
            shown = await reading.record(conn, service.clock, staff, contribution_id, said)
        return sheets.contribution_view(shown)

    @router.post("/contributions/{contribution_id}/moderation")
    async def moderate(staff: Reader, contribution_id: UUID, asked: Moderate) -> ContributionView:
        """Hide with a reason, or show again. Nothing is deleted; it is still owed its readings."""
        async with service.database.transaction() as conn:
            shown = await reading.moderate(
                conn, service.clock, staff, contribution_id, asked.hidden, asked.reason
            )
        return sheets.contribution_view(shown)

    @router.put("/collections/{project_id}/readings-wanted")
    async def want_readings(
        staff: Reader, project_id: UUID, asked: ReadingsWanted
    ) -> CollectionView:
        async with service.database.transaction() as conn:
            await reading.want_readings(conn, service.clock, project_id, asked.readings_wanted)
            return collection_view(await preparing.standing(conn, project_id))

    @router.post("/collections/{project_id}/notes", status_code=201)
    async def take_note(staff: Reader, project_id: UUID, note: SessionNote) -> ContributionView:
        """What was said in a workshop, attributed to nobody; read like any contribution."""
        async with service.database.transaction() as conn:
            shown = await reading.take_note(conn, service.clock, chance, staff, project_id, note)
        return sheets.contribution_view(shown)

    @router.get("/collections/{project_id}/attention")
    async def get_attention(staff: Reading, project_id: UUID) -> AttentionView:
        async with service.database.read_only() as conn:
            found = await attention.attention(conn, project_id)
        return sheets.attention_view(found, service.clock.today())

    return router
