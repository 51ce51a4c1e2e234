"""Staff API of documents."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.contracts.characters import clean_line
from services.contracts.http.responses import DocumentView
from services.responses.documents import cleaning, store, use_cases
from services.responses.documents.document_store import DocumentStore
from services.responses.documents.views import document_view
from services.runtime.http.bodies import body_limit
from services.runtime.http.dependencies import AnyButRegistryStaff, CampaignsOrAnalysisStaff
from services.runtime.service import Service

FILE_LIMIT = body_limit(cleaning.LARGEST_BYTES)


def file_body(*media_types: str) -> dict[str, Any]:
    """OpenAPI description of a body that is the file itself; FastAPI would describe none."""
    content: dict[str, Any] = {media_type: {} for media_type in media_types}
    return {"requestBody": {"content": content, "required": True}}


_DOCUMENT_BODY = file_body(
    "application/octet-stream", "application/pdf", "image/jpeg", "image/png", "text/html"
)


def router(service: Service, document_store: DocumentStore) -> APIRouter:
    router = APIRouter(prefix="/api")
    # A prefix of its own: a nested router's route would not know that of its parent.
    uploads = APIRouter(prefix="/api", route_class=FILE_LIMIT)

    @router.get("/collections/{project_id}/documents")
    async def list_documents(staff: AnyButRegistryStaff, project_id: UUID) -> list[DocumentView]:
        async with service.database.read_only() as conn:
            documents = await store.list_documents(conn, project_id)
        return [document_view(document) for document in documents]

    @uploads.post(
        "/collections/{project_id}/documents", status_code=201, openapi_extra=_DOCUMENT_BODY
    )
    async def add_document(
        staff: CampaignsOrAnalysisStaff,
        request: Request,
        project_id: UUID,
        title: Annotated[str, Query(min_length=1, max_length=200)],
    ) -> DocumentView:
        """The body is the file; its media type matters for HTML alone. The file is rewritten
        without metadata before it is stored."""
        declared = request.headers.get("content-type", "")
        cleaned = await cleaning.clean(await request.body(), declared)
        object_id = await document_store.put(cleaned.content)
        async with service.database.transaction() as conn:
            document = await use_cases.add_document(
                conn, service.clock, project_id, clean_line(title), cleaned, object_id
            )
        return document_view(document)

    routes = APIRouter()
    routes.include_router(router)
    routes.include_router(uploads)
    return routes
