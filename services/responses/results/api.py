"""Results of a questionnaire, on screen and as files."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import TypeAdapter

from services.contracts.http.results import CrossTable, ExportFormat, ResultsView
from services.responses.collections import store as collections
from services.responses.collections.api import Reading
from services.responses.proposals.api import InLanguage
from services.responses.readings.api import Reader
from services.responses.results import exports, store
from services.responses.results import use_cases as results
from services.responses.results.exports import Table
from services.responses.results.store import Exported
from services.runtime.service import Service

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in exports.MEDIA_TYPES.values()}}
}
_CONTRIBUTIONS: TypeAdapter[list[Exported]] = TypeAdapter(list[Exported])


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api/collections/{project_id}")

    @router.get("/results")
    async def get_results(staff: Reading, project_id: UUID) -> ResultsView:
        """Once the collection has ended: every question by itself."""
        async with service.database.read_only() as conn:
            return await results.results(conn, project_id)

    @router.get("/results/cross")
    async def cross_results(
        staff: Reading, project_id: UUID, rows: str, columns: str
    ) -> CrossTable:
        """Two questions against each other; no other filter is offered, so none can be
        subtracted."""
        async with service.database.read_only() as conn:
            return await results.cross(conn, project_id, rows, columns)

    @router.get("/results/export", response_class=Response, responses=_FILES)
    async def export_results(
        staff: Reading,
        project_id: UUID,
        format: ExportFormat,
        language: InLanguage,
        rows: str | None = None,
        columns: str | None = None,
    ) -> Response:
        """All questions, or the cross-table of two."""
        async with service.database.read_only() as conn:
            if rows is None or columns is None:
                found = await results.results(conn, project_id)
                table = exports.results_table(found, language)
                return await _file(format, "results", lambda: table, found.model_dump_json)
            crossed = await results.cross(conn, project_id, rows, columns)
        table = exports.cross_table(crossed, language)
        return await _file(format, "cross-table", lambda: table, crossed.model_dump_json)

    @router.get("/contributions/export", response_class=Response, responses=_FILES)
    async def export_contributions(
        staff: Reader, project_id: UUID, format: ExportFormat, language: InLanguage
    ) -> Response:
        """What was written, under random ids; of what is hidden, only that it is."""
        async with service.database.read_only() as conn:
            await collections.collection(conn, project_id)
            found = await store.exported(conn, project_id)
        return await _file(
            format,
            "contributions",
            lambda: exports.contributions_table(found, language),
            lambda: _CONTRIBUTIONS.dump_json(found),
        )

    return router


async def _file(
    format: ExportFormat, name: str, table: Callable[[], Table], json: Callable[[], str | bytes]
) -> Response:
    """In a thread: tens of thousands of lines would keep everybody else waiting."""

    def written() -> str | bytes:
        match format:
            case "csv":
                return exports.as_csv(table())
            case "xlsx":
                return exports.as_xlsx(table())
            case "json":
                return json()

    return Response(
        await asyncio.to_thread(written),
        media_type=exports.MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )
