"""Proposals, who supports them, and which look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.responses.proposals.rules import Draft, Held
from services.responses.readings.rules import Linkable
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.responses.proposals", ".")

_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True)
class Proposal:
    """`support`: contributions linked to it or to what was merged into it, each once."""

    id: UUID
    project_id: UUID
    version: int
    state: str
    title: str
    text: str
    theme: str | None
    merged_into: UUID | None
    support: int
    merged_ids: list[UUID]
    drafted_by: str
    drafted_on: date


@dataclass(frozen=True)
class Near:
    first: UUID
    second: UUID
    similarity: float


@dataclass(frozen=True)
class Family:
    """The project of a proposal and the one that remains of all merges, which may be itself."""

    project_id: UUID
    survivor: UUID


@dataclass(frozen=True)
class Marked:
    personal_cases: int
    no_suggestion: int


async def add_proposal(
    conn: Connection, id: UUID, project_id: UUID, draft: Draft, by: str, today: date
) -> None:
    await conn.execute(
        sql.add_proposal, id, project_id, draft.title, draft.text, draft.theme, by, today
    )


async def hold_proposals(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Held]:
    """Locked until the transaction ends; ids that are unknown are not there."""
    held = await db.many(conn, Held, sql.hold_proposals, ids)
    return {one.id: one for one in held}


async def hold_drafts(conn: Connection, project_id: UUID) -> None:
    await conn.execute(sql.hold_drafts, project_id)


async def write_proposal(conn: Connection, id: UUID, draft: Draft) -> None:
    await conn.execute(sql.write_proposal, id, draft.title, draft.text, draft.theme)


async def merge_proposal(conn: Connection, id: UUID, into: UUID) -> None:
    await conn.execute(sql.merge_proposal, id, into)


async def unmerge_proposal(conn: Connection, id: UUID, survivor: UUID) -> None:
    await conn.execute(sql.unmerge_proposal, id, survivor)


async def record_merge(
    conn: Connection, id: UUID, merged: bool, survivor: UUID, by: str, today: date
) -> None:
    await conn.execute(sql.record_merge, id, merged, survivor, by, today)


async def family_of(conn: Connection, id: UUID) -> Family | None:
    row = await conn.fetchrow(sql.family_of, id)
    return Family(**row) if row else None


async def submit_proposals(conn: Connection, project_id: UUID) -> None:
    await conn.execute(sql.submit_proposals, project_id)


async def linkable(conn: Connection, project_id: UUID, ids: Sequence[UUID]) -> list[Linkable]:
    return await db.many(conn, Linkable, sql.linkable, project_id, ids)


async def proposals(conn: Connection, *project_ids: UUID) -> list[Proposal]:
    """By theme, those with most support first."""
    return await db.many(conn, Proposal, sql.proposals, project_ids)


async def near_proposals(conn: Connection, project_id: UUID, alike: float) -> list[Near]:
    return await db.many(conn, Near, sql.near_proposals, project_id, alike)


async def count_marks(conn: Connection, project_id: UUID) -> Marked:
    row = await conn.fetchrow(sql.count_marks, project_id)
    assert row is not None
    return Marked(**row)


async def supporters(
    conn: Connection, proposal_id: UUID, after: UUID | None, limit: int
) -> list[UUID]:
    rows = await conn.fetch(sql.supporters, proposal_id, after or _BEFORE_ALL, limit)
    return [row["id"] for row in rows]
