"""What other services tell: members, deliveries, collections; see `sql/news.sql`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class MemberNews:
    member_id: UUID
    version: int
    status: str
    merged_into: UUID | None
    zone: str | None
    attributes: dict[str, str] | None
    not_before: date | None
    ends_on: date | None


@dataclass(frozen=True)
class Gone:
    """Somebody who has just left the panel, for good."""

    member_id: UUID
    version: int
    status: str
    merged_into: UUID | None


@dataclass(frozen=True)
class Answer:
    """Registry's answer to one send order."""

    order_id: UUID
    version: int
    answer: str
    day: date | None
    reason: str | None


@dataclass(frozen=True)
class StoredOrder:
    order_id: UUID
    version: int
    state: str
    order_class: str
    kind: str
    member_id: UUID
    subject_id: UUID
    project_id: UUID
    project_version: int
    report_version: int | None
    first_day: date
    last_day: date
    details: dict[str, Any]


def _json(attributes: dict[str, str] | None) -> str | None:
    return None if attributes is None else orjson.dumps(attributes).decode()


async def know_members(conn: Connection, news: Sequence[MemberNews], today: date) -> list[Gone]:
    """Store what is newer; returns who is gone with it."""
    attributes = [_json(n.attributes) for n in news]
    await conn.execute(sql.know_profiles, sorted({a for a in attributes if a is not None}))
    return await db.many(
        conn,
        Gone,
        sql.know_members,
        [n.member_id for n in news],
        [n.version for n in news],
        [n.status for n in news],
        [n.merged_into for n in news],
        [n.zone for n in news],
        attributes,
        [n.not_before for n in news],
        [n.ends_on for n in news],
        today,
    )


async def lock_projects_of(conn: Connection, member_ids: list[UUID]) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.lock_projects_of, member_ids)]


async def move_invitations(conn: Connection, merges: dict[UUID, UUID]) -> None:
    await conn.execute(sql.move_invitations, list(merges), list(merges.values()))


async def close_invitations(conn: Connection, gone: Sequence[Gone]) -> None:
    await conn.execute(sql.close_invitations, [g.member_id for g in gone], [g.status for g in gone])


async def end_participations(
    conn: Connection, member_ids: list[UUID], day: date
) -> dict[UUID, int]:
    """Returns how many places of each project this frees."""
    rows = await conn.fetch(sql.end_participations, member_ids, day)
    return {row["project_id"]: row["places"] for row in rows}


async def cancel_orders(conn: Connection, member_ids: list[UUID]) -> list[StoredOrder]:
    return await db.many(conn, StoredOrder, sql.cancel_orders, member_ids)


async def cancel_solicitations(conn: Connection, project_id: UUID) -> list[StoredOrder]:
    return await db.many(conn, StoredOrder, sql.cancel_solicitations, project_id)


async def know_collections(conn: Connection, news: Sequence[tuple[UUID, int, str]]) -> list[UUID]:
    """Store what is newer; returns the projects concerned."""
    rows = await conn.fetch(
        sql.know_collections, [n[0] for n in news], [n[1] for n in news], [n[2] for n in news]
    )
    return [row["project_id"] for row in rows]


async def settle_orders(conn: Connection, answers: Sequence[Answer], at: datetime) -> list[UUID]:
    """Apply answers not seen before; returns the projects concerned."""
    rows = await conn.fetch(
        sql.settle_orders,
        [a.order_id for a in answers],
        [a.version for a in answers],
        [a.answer for a in answers],
        [a.day for a in answers],
        [a.reason for a in answers],
        at,
    )
    return [row["project_id"] for row in rows]
