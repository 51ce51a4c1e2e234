"""Staff API of results, on screen and as files."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import TypeAdapter

from services.contracts.http.results import CrossTable, ExportFormat, ResultsView
from services.responses.collections import store as collections
from services.responses.results import exports, store, use_cases
from services.responses.results.exports import Table
from services.responses.results.store import ExportedContribution
from services.runtime.http.dependencies import (
    AnalysisStaff,
    AnyButRegistryStaff,
    RequestLanguage,
)
from services.runtime.service import Service

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in exports.MEDIA_TYPES.values()}}
}
_CONTRIBUTIONS: TypeAdapter[list[ExportedContribution]] = TypeAdapter(list[ExportedContribution])


def router(service: Service) -> APIRouter:
    router = APIRouter(prefix="/api/collections/{project_id}")

    @router.get("/results")
    async def get_results(staff: AnyButRegistryStaff, project_id: UUID) -> ResultsView:
        """Once the collection has ended: every question by itself."""
        async with service.database.read_only() as conn:
            return await use_cases.read_results(conn, project_id)

    @router.get("/results/cross")
    async def cross_results(
        staff: AnyButRegistryStaff, project_id: UUID, rows: str, columns: str
    ) -> CrossTable:
        """Two questions against each other; no other filter is offered, so none can be
        subtracted."""
        async with service.database.read_only() as conn:
            return await use_cases.cross_questions(conn, project_id, rows, columns)

    @router.get("/results/export", response_class=Response, responses=_FILES)
    async def export_results(
        staff: AnyButRegistryStaff,
        project_id: UUID,
        format: ExportFormat,
        language: RequestLanguage,
        rows: str | None = None,
        columns: str | None = None,
    ) -> Response:
        """All questions, or the cross-table of two."""
        async with service.database.read_only() as conn:
            if rows is None or columns is None:
                results = await use_cases.read_results(conn, project_id)
                table = exports.results_table(results, language)
                return await _file(format, "results", lambda: table, results.model_dump_json)
            crossed = await use_cases.cross_questions(conn, project_id, rows, columns)
        table = exports.cross_table(crossed, language)
        return await _file(format, "cross-table", lambda: table, crossed.model_dump_json)

    @router.get("/contributions/export", response_class=Response, responses=_FILES)
    async def export_contributions(
        staff: AnalysisStaff, project_id: UUID, format: ExportFormat, language: RequestLanguage
    ) -> Response:
        """Contributions under random ids; a hidden one without its words."""
        async with service.database.read_only() as conn:
            await collections.find_collection(conn, project_id)
            contributions = await store.list_exported(conn, project_id)
        return await _file(
            format,
            "contributions",
            lambda: exports.contributions_table(contributions, language),
            lambda: _CONTRIBUTIONS.dump_json(contributions),
        )

    return router


async def _file(
    format: ExportFormat, name: str, table: Callable[[], Table], json: Callable[[], str | bytes]
) -> Response:
    """Written in a thread: tens of thousands of rows would block the event loop."""

    def write() -> str | bytes:
        match format:
            case "csv":
                return exports.as_csv(table())
            case "xlsx":
                return exports.as_xlsx(table())
            case "json":
                return json()

    return Response(
        await asyncio.to_thread(write),
        media_type=exports.MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )
