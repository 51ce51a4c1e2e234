"""Staff prepare a collection: questionnaire, documents, and when it is ready."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from services.contracts.characters import clean_line
from services.contracts.http.common import Role
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import (
    CollectionView,
    DocumentView,
    ImportedQuestionnaire,
)
from services.responses.collections import use_cases as preparing
from services.responses.collections import views as sheets
from services.responses.documents import cleaning as documents
from services.responses.documents import store as shelf
from services.responses.documents.document_store import Shelves
from services.responses.questionnaires import imports
from services.runtime.http.bodies import body_limit
from services.runtime.http.dependencies import require
from services.runtime.http.staff_tokens import Staff
from services.runtime.service import Service

Preparing = Annotated[Staff, require(Role.CAMPAIGNS, Role.ANALYSIS)]
Reading = Annotated[
    Staff, require(Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
]


def _file(*media_types: str) -> dict[str, Any]:
    """Bytes as they are; without this, the described interface would say nothing of the body."""
    return {"requestBody": {"content": {kind: {} for kind in media_types}, "required": True}}


_BYTES = "application/octet-stream"
_DOCUMENT = _file(_BYTES, "application/pdf", "image/jpeg", "image/png", "text/html")


def router(service: Service, shelves: Shelves) -> APIRouter:
    router = APIRouter(prefix="/api")
    uploads = APIRouter(prefix="/api", route_class=body_limit(documents.LARGEST_BYTES))

    @router.get("/collections")
    async def collections(staff: Reading) -> list[CollectionView]:
        async with service.database.read_only() as conn:
            return [sheets.collection_view(one) for one in await preparing.standings(conn)]

    @router.get("/collections/{project_id}")
    async def collection(staff: Reading, project_id: UUID) -> CollectionView:
        async with service.database.read_only() as conn:
            return sheets.collection_view(await preparing.standing(conn, project_id))

    @router.put("/collections/{project_id}/questionnaire")
    async def write_questionnaire(
        staff: Preparing, project_id: UUID, questionnaire: Annotated[Questionnaire, Body()]
    ) -> CollectionView:
        """Saves a draft: it can be previewed and written again until the collection is ready."""
        async with service.database.transaction() as conn:
            drafted = await preparing.write_questionnaire(
                conn, service.clock, project_id, questionnaire.model_dump(mode="json")
            )
        return sheets.collection_view(drafted)

    @router.post("/collections/{project_id}/ready")
    async def make_ready(staff: Preparing, project_id: UUID) -> CollectionView:
        """Freezes the questionnaire, so that the project can be launched."""
        async with service.database.transaction() as conn:
            ready = await preparing.make_ready(conn, service.clock, project_id)
        return sheets.collection_view(ready)

    @router.get("/collections/{project_id}/documents")
    async def list_documents(staff: Reading, project_id: UUID) -> list[DocumentView]:
        async with service.database.read_only() as conn:
            return [sheets.document_view(one) for one in await shelf.documents(conn, project_id)]

    @uploads.post("/collections/{project_id}/documents", status_code=201, openapi_extra=_DOCUMENT)
    async def add_document(
        staff: Preparing,
        request: Request,
        project_id: UUID,
        title: Annotated[str, Query(min_length=1, max_length=200)],
    ) -> DocumentView:
        """The body is the file; only HTML needs its media type said. What is stored was written
        anew, without metadata."""
        declared = request.headers.get("content-type", "")
        cleaned = await documents.clean(await request.body(), declared)
        shelved = await shelves.put(cleaned.content)
        async with service.database.transaction() as conn:
            added = await preparing.add_document(
                conn, service.clock, project_id, clean_line(title), cleaned, shelved
            )
        return sheets.document_view(added)

    @uploads.post("/questionnaires/imports", openapi_extra=_file(_BYTES))
    async def import_questionnaire(
        staff: Preparing, request: Request, format: imports.Format
    ) -> ImportedQuestionnaire:
        """The body is the file. Nothing is saved: the answer is a draft to correct."""
        return await imports.read_apart(format, await request.body())

    both = APIRouter()
    both.include_router(router)
    both.include_router(uploads)
    return both
