"""The public page of attention: whether each word was read, and as much as any other.

Shown once a project's collection has ended, and only of five contributions or more. Figures of the
whole, never of one contribution.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.contracts.http.reading import PublicAttention
from services.responses.readings import use_cases_attention as attention
from services.responses.readings import views as sheets
from services.responses.readings.rules_attention import NotMeasuredYet, TooFewToShow
from services.responses.results.rules import MINIMUM_CELL
from services.runtime.clock import Clock
from services.runtime.http.pages import Pages, language_of
from services.runtime.postgres.database import Database
from services.runtime.refusal import NotFound

_CACHED = {"Cache-Control": "public, max-age=300"}
_SIDE = 200


def router(database: Database, clock: Clock) -> APIRouter:
    routes = APIRouter(prefix="/attention", include_in_schema=False)
    pages = Pages("services.responses.readings")

    async def read(project_id: UUID) -> PublicAttention:
        async with database.read_only() as conn:
            found = await attention.attention(conn, project_id)
        if found.collection.project_id != project_id:  # the address of a preview
            raise NotFound(what=project_id)
        if found.collection.state not in ("ended", "synthesised"):
            raise NotMeasuredYet
        if len(found.heard) < MINIMUM_CELL:
            raise TooFewToShow(minimum=MINIMUM_CELL)
        return sheets.public_attention(found, clock.today())

    @routes.get("/{project_id}.json")
    async def data(project_id: UUID, response: Response) -> PublicAttention:
        response.headers.update(_CACHED)
        return await read(project_id)

    @routes.get("/{project_id}")
    async def page(request: Request, project_id: UUID) -> HTMLResponse:
        shown = await read(project_id)
        curve = " ".join(
            f"{point.contributions * _SIDE:.1f},{(1 - point.attention) * _SIDE:.1f}"
            for point in shown.lorenz
        )
        half = next((p.attention for p in shown.lorenz if p.contributions >= 0.5), None)
        html = pages.render(
            "attention.html", language_of(request), shown=shown, curve=curve, side=_SIDE, half=half
        )
        html.headers.update({**_CACHED, "Vary": "Accept-Language"})
        return html

    return routes
