"""SQL of members, their contact details and the suppression list."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.registry import MemberState
from services.contracts.topics import topic_of
from services.registry.members.rules import MemberStatus, MemberUnknown
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    Query,
    execute,
    execute_counted,
    fetch,
    fetch_row,
    fetch_value,
)

queries = Queries("services.registry.members")

TOPIC, EVENT_TYPE = topic_of(MemberState).name, MemberState.event_type


@dataclass(frozen=True)
class Member:
    """A member without identity; of an erased member only id, status and version remain."""

    member_id: UUID
    person_id: UUID | None
    status: MemberStatus
    language: str | None
    zone: str | None
    version: int


async def lock_member(conn: Connection, member_id: UUID) -> Member:
    """Raises MemberUnknown."""
    return await _fetch_member(conn, queries.lock_member, member_id)


async def find_member(conn: Connection, member_id: UUID) -> Member:
    """Raises MemberUnknown."""
    return await _fetch_member(conn, queries.find_member, member_id)


async def _fetch_member(conn: Connection, query: Query, member_id: UUID) -> Member:
    row = await fetch_row(conn, query, member_id=member_id)
    if row is None:
        raise MemberUnknown
    return Member(**{**row, "status": MemberStatus(row["status"])})


async def find_survivor(conn: Connection, member_id: UUID) -> UUID:
    """The member that a merged identity became part of; without a merge, the member itself."""
    survivor: UUID | None = await fetch_value(conn, queries.find_survivor, member_id=member_id)
    return survivor or member_id


async def wait_for_messages(conn: Connection, member_id: UUID) -> None:
    """Wait for a message that is being sent; none starts before the transaction ends."""
    await execute(conn, queries.wait_for_messages, member_id=member_id)


async def update_member_left(conn: Connection, member_id: UUID, instant: datetime) -> None:
    """End a membership by the member's own act, and publish it."""
    await execute(
        conn,
        queries.update_member_left,
        member_id=member_id,
        topic=TOPIC,
        kind=EVENT_TYPE,
        now=instant,
    )


async def delete_contact(conn: Connection, member_id: UUID, person_id: UUID, since: date) -> None:
    """Delete the address; its keyed hash joins the suppression list."""
    await execute(
        conn, queries.delete_contact, member_id=member_id, person_id=person_id, since=since
    )


async def update_expired_members(conn: Connection, instant: datetime) -> int:
    """Expire members whose three years are over; returns their number."""
    return int(
        await fetch_value(
            conn, queries.update_expired_members, now=instant, topic=TOPIC, kind=EVENT_TYPE
        )
    )


async def republish_members(conn: Connection, instant: datetime) -> int:
    return await execute_counted(
        conn, queries.republish_members, topic=TOPIC, kind=EVENT_TYPE, now=instant
    )


async def count_members(conn: Connection) -> dict[str, int]:
    """Members by status."""
    return {row["status"]: row["members"] for row in await fetch(conn, queries.count_members)}
