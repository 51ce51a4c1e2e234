"""SQL of erasures."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.campaigns import (
    ErasureApplied,
)
from services.registry.members.store import MEMBER, MEMBERS, affected_rows
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry.erasures", ".")


async def update_member_erased(
    conn: Connection, member_id: UUID, now: datetime, today: date
) -> None:
    await conn.execute(queries.update_member_erased, member_id, MEMBERS, MEMBER, now, today)


async def delete_contact(
    conn: Connection, member_id: UUID, person_id: UUID, day: date, latest: date, lock_days: int
) -> None:
    await conn.execute(queries.delete_contact, member_id, person_id, day, latest, lock_days)


async def delete_expired_locks(conn: Connection, today: date) -> int:
    return affected_rows(await conn.execute(queries.delete_expired_locks, today))


async def update_acknowledged_erasures(
    conn: Connection, erasures: Sequence[ErasureApplied]
) -> None:
    await conn.execute(
        queries.update_acknowledged_erasures,
        [one.member_id for one in erasures],
        [one.applied_on for one in erasures],
    )


async def list_unerased_members(conn: Connection, member_ids: Sequence[UUID]) -> list[UUID]:
    """Of these, those whom registry knows and has not erased."""
    return [row["member_id"] for row in await conn.fetch(queries.list_unerased_members, member_ids)]


async def count_unacknowledged_erasures(conn: Connection) -> int:
    return int(await conn.fetchval(queries.count_unacknowledged_erasures))
