"""Add a document to a project."""

from uuid import UUID, uuid4

from services.responses.collections import store as collections
from services.responses.collections.use_cases import hint
from services.responses.documents import store
from services.responses.documents.cleaning import CleanedDocument
from services.responses.documents.store import Document
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection


async def add_document(
    conn: Connection,
    clock: Clock,
    project_id: UUID,
    title: str,
    cleaned: CleanedDocument,
    object_id: UUID | None = None,
) -> Document:
    """`object_id`: the key of the bytes in the object store; None: they belong in the row.

    A frozen questionnaire names its documents, so one that is added later changes nothing that
    members read. Raises NotFound."""
    collection = await collections.lock_collection(conn, project_id)
    document = await store.insert_document(
        conn,
        object_id or uuid4(),
        collection.project_id,
        title,
        cleaned,
        bytes_in_row=object_id is None,
    )
    await hint(conn, clock, "collection", project_id)
    return document
