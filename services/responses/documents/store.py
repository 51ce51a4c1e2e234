"""Documents that participants test, with their bytes where PostgreSQL holds them."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from services.responses.documents.cleaning import CleanedDocument
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch_all, fetch_optional
from services.runtime.refusal import require_found

queries = Queries("services.responses.documents")


@dataclass(frozen=True)
class Document:
    """`size` in bytes; `words` is the plain text that marked passages count in."""

    id: UUID
    project_id: UUID
    title: str
    media_type: str
    size: int
    pages: int | None
    words: str | None


@dataclass(frozen=True)
class StoredContent:
    """`content` is None when the bytes are in the object store; `digest` is their SHA-256."""

    media_type: str
    content: bytes | None
    digest: bytes


async def insert_document(
    conn: Connection,
    id: UUID,
    project_id: UUID,
    title: str,
    cleaned: CleanedDocument,
    *,
    bytes_in_row: bool,
) -> Document:
    """Without `bytes_in_row` the document store holds the bytes under this id."""
    size = len(cleaned.content)
    await execute(
        conn,
        queries.insert_document,
        id=id,
        project_id=project_id,
        title=title,
        media_type=cleaned.media_type,
        content=cleaned.content if bytes_in_row else None,
        pages=cleaned.pages,
        words=cleaned.words,
        size=size,
        digest=hashlib.sha256(cleaned.content).digest(),
    )
    return Document(id, project_id, title, cleaned.media_type, size, cleaned.pages, cleaned.words)


async def list_documents(conn: Connection, project_id: UUID) -> list[Document]:
    return await fetch_all(conn, Document, queries.list_documents, project_id=project_id)


async def find_content(conn: Connection, project_id: UUID, document_id: UUID) -> StoredContent:
    """Raises NotFound."""
    content = await fetch_optional(
        conn,
        StoredContent,
        queries.find_content,
        project_id=project_id,
        document_id=document_id,
    )
    return require_found(content, document_id)
