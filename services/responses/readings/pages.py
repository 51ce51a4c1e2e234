"""Public page of attention: whether every contribution was read, and how equally.

Published once a project's collection has ended, for five contributions or more; figures of all
contributions together, never of one.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.contracts.http.reading import PublicAttention
from services.responses.collections.rules import MINIMUM_CELL
from services.responses.readings.rules_attention import NotMeasuredYet, TooFewToShow
from services.responses.readings.use_cases_attention import measure_attention
from services.responses.readings.views import public_attention
from services.runtime.clock import Clock
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Database
from services.runtime.refusal import NotFound

_CACHED = {"Cache-Control": "public, max-age=300"}
_SIDE = 200  # of the square in which the Lorenz curve is drawn


def router(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/attention", include_in_schema=False)
    pages = Pages("services.responses.readings")

    async def find_attention(project_id: UUID) -> PublicAttention:
        async with database.read_only() as conn:
            attention = await measure_attention(conn, project_id)
        if attention.collection.project_id != project_id:  # the address of a preview
            raise NotFound(what=project_id)
        if not attention.collection.has_ended:
            raise NotMeasuredYet
        if len(attention.histories) < MINIMUM_CELL:
            raise TooFewToShow(minimum=MINIMUM_CELL)
        return public_attention(attention, clock.today())

    @routes.get("/{project_id}.json")
    async def data(project_id: UUID, response: Response) -> PublicAttention:
        response.headers.update(_CACHED)
        return await find_attention(project_id)

    @routes.get("/{project_id}")
    async def page(request: Request, project_id: UUID) -> HTMLResponse:
        attention = await find_attention(project_id)
        curve = " ".join(
            f"{point.contributions * _SIDE:.1f},{(1 - point.attention) * _SIDE:.1f}"
            for point in attention.lorenz
        )
        half = next(
            (point.attention for point in attention.lorenz if point.contributions >= 0.5), None
        )
        html = pages.render(
            "attention.html",
            language_of(request),
            shown=attention,
            curve=curve,
            side=_SIDE,
            half=half,
        )
        html.headers.update({**_CACHED, "Vary": "Accept-Language"})
        return html

    return routes
