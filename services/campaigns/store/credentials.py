"""Project keys and the credentials issued with them; see `sql/credentials.sql`."""

from dataclasses import dataclass
from uuid import UUID

from services.campaigns.domain.credentials import Standing
from services.campaigns.store import sql
from services.runtime import db
from services.runtime.db import Connection
from services.runtime.refusal import NotFound
from services.runtime.sealing import Sealed


@dataclass(frozen=True)
class SealedKey:
    """A project's private key as it is stored."""

    project_id: UUID
    key_id: str
    sealed: bytes

    @property
    def box(self) -> Sealed:
        return Sealed(self.key_id, self.sealed)


async def insert_project_key(conn: Connection, key: SealedKey) -> None:
    await conn.execute(sql.insert_project_key, key.project_id, key.key_id, key.sealed)


async def project_key(conn: Connection, project_id: UUID) -> SealedKey:
    """Raises NotFound."""
    key = await db.maybe(conn, SealedKey, sql.project_key, project_id)
    if key is None:
        raise NotFound(what=project_id)
    return key


async def lock_standing(conn: Connection, invitation_id: UUID, member_id: UUID) -> Standing | None:
    """None: nobody takes part by this invitation of this member."""
    return await db.maybe(conn, Standing, sql.lock_standing, invitation_id, member_id)


async def keep_request(conn: Connection, invitation_id: UUID, request_hash: bytes) -> bytes:
    """The hash that is kept: this one, or that of who came first."""
    kept: bytes = await conn.fetchval(sql.keep_request, invitation_id, request_hash)
    return kept
