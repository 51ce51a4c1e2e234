"""SQL of members, their contact details and the suppression list."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.contracts.events.registry import MemberState
from services.contracts.topics import topic_of
from services.registry.members.rules import MemberStatus
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry.members", ".")

MEMBERS, MEMBER = topic_of(MemberState).name, MemberState.event_type


@dataclass(frozen=True)
class Member:
    """Of who is erased nothing is known but the id."""

    member_id: UUID
    person_id: UUID | None
    status: MemberStatus
    language: str | None
    zone: str | None
    version: int


async def lock_member(conn: Connection, member_id: UUID) -> Member | None:
    return _member(await conn.fetchrow(queries.lock_member, member_id))


async def find_member(conn: Connection, member_id: UUID) -> Member | None:
    return _member(await conn.fetchrow(queries.find_member, member_id))


def _member(row: Any) -> Member | None:
    return None if row is None else Member(**{**row, "status": MemberStatus(row["status"])})


async def find_survivor(conn: Connection, member_id: UUID) -> UUID:
    survivor: UUID | None = await conn.fetchval(queries.find_survivor, member_id)
    return survivor or member_id


async def wait_for_messages(conn: Connection, member_id: UUID) -> None:
    await conn.execute(queries.wait_for_messages, member_id)


async def update_member_left(conn: Connection, member_id: UUID, now: datetime) -> None:
    await conn.execute(queries.update_member_left, member_id, MEMBERS, MEMBER, now)


async def delete_contact(conn: Connection, member_id: UUID, person_id: UUID, since: date) -> None:
    await conn.execute(queries.delete_contact, member_id, person_id, since)


async def update_expired_members(conn: Connection, now: datetime) -> int:
    return int(await conn.fetchval(queries.update_expired_members, now, MEMBERS, MEMBER))


async def republish_members(conn: Connection, now: datetime) -> int:
    return affected_rows(await conn.execute(queries.republish_members, MEMBERS, MEMBER, now))


async def count_members(conn: Connection) -> dict[str, int]:
    return {row["status"]: row["members"] for row in await conn.fetch(queries.count_members)}


def affected_rows(status: str) -> int:
    """PostgreSQL's command tag, such as "INSERT 0 5000"."""
    return int(status.rpartition(" ")[2])
