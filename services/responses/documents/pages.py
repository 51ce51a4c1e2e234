"""A document as the response page frames it: one address for every participant of a project."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.responses.documents import store
from services.responses.documents.document_store import DocumentStore
from services.runtime.postgres.database import Database

# A document runs no script, sends nothing, and is framed by the response page alone.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "public, max-age=86400, immutable",
}


def router(database: Database, document_store: DocumentStore) -> APIRouter:
    routes = APIRouter(prefix="/answer", include_in_schema=False)

    @routes.get("/{project_id}/documents/{id}")
    async def document(project_id: UUID, id: UUID) -> Response:
        async with database.read_only() as conn:
            stored = await store.find_content(conn, project_id, id)
        content = await document_store.get(id, stored)
        return Response(content, media_type=stored.media_type, headers=_HEADERS)

    return routes
