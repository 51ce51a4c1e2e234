"""Documents to test."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from services.responses.documents.cleaning import Cleaned
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound

sql = db.Queries("services.responses.documents", ".")


@dataclass(frozen=True)
class Document:
    id: UUID
    project_id: UUID
    title: str
    media_type: str
    size: int
    pages: int | None
    words: str | None


@dataclass(frozen=True)
class Content:
    """`content` is None when the bytes are in the object store; `digest` is their SHA-256."""

    media_type: str
    content: bytes | None
    digest: bytes


async def add_document(
    conn: Connection, id: UUID, project_id: UUID, title: str, cleaned: Cleaned, *, inside: bool
) -> Document:
    """`inside`: its bytes are kept in the row."""
    size = len(cleaned.content)
    await conn.execute(
        sql.add_document,
        id,
        project_id,
        title,
        cleaned.media_type,
        cleaned.content if inside else None,
        cleaned.pages,
        cleaned.words,
        size,
        hashlib.sha256(cleaned.content).digest(),
    )
    return Document(id, project_id, title, cleaned.media_type, size, cleaned.pages, cleaned.words)


async def documents(conn: Connection, project_id: UUID) -> list[Document]:
    return await db.many(conn, Document, sql.documents, project_id)


async def document_content(conn: Connection, project_id: UUID, id: UUID) -> Content:
    """Raises NotFound."""
    found = await db.maybe(conn, Content, sql.document_content, project_id, id)
    if found is None:
        raise NotFound(what=id)
    return found
