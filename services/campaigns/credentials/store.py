"""Project keys and the credentials issued with them; see `sql/credentials.sql`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.campaigns.credentials.rules import Standing
from services.campaigns.queries import sql
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound


@dataclass(frozen=True)
class SealedKey:
    """A project's private key as it is stored."""

    project_id: UUID
    key_id: str
    sealed: bytes

    @property
    def box(self) -> Encrypted:
        return Encrypted(self.key_id, self.sealed)


async def insert_project_key(conn: Connection, key: SealedKey) -> None:
    await conn.execute(sql.insert_project_key, key.project_id, key.key_id, key.sealed)


async def project_key(conn: Connection, project_id: UUID) -> SealedKey:
    """Raises NotFound."""
    key = await db.maybe(conn, SealedKey, sql.project_key, project_id)
    if key is None:
        raise NotFound(what=project_id)
    return key


async def lock_standings(
    conn: Connection, invitation_ids: Sequence[UUID], member_ids: Sequence[UUID]
) -> dict[int, Standing]:
    """By their place among those who ask. Missing: nobody takes part by this invitation of this
    member."""
    await conn.execute(sql.lock_projects_asked, invitation_ids)
    rows = await conn.fetch(sql.lock_standings, invitation_ids, member_ids)
    found = [dict(row) for row in rows]
    return {row.pop("place") - 1: Standing(**row) for row in found}


async def keep_requests(conn: Connection, requests: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
    """Hashes by invitation: those that are kept, each this one or that of who came first."""
    rows = await conn.fetch(sql.keep_requests, list(requests), list(requests.values()))
    return {row["invitation_id"]: row["request_hash"] for row in rows}
