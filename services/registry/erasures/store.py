"""SQL of erasures."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.campaigns import ErasureApplied
from services.registry.members.store import EVENT_TYPE, TOPIC
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    execute_counted,
    fetch,
    fetch_value,
)

queries = Queries("services.registry.erasures")


async def update_member_erased(
    conn: Connection, member_id: UUID, instant: datetime, today: date
) -> None:
    """Delete what identifies a member, and publish the status."""
    await execute(
        conn,
        queries.update_member_erased,
        member_id=member_id,
        topic=TOPIC,
        kind=EVENT_TYPE,
        now=instant,
        today=today,
    )


async def delete_contact(
    conn: Connection,
    member_id: UUID,
    person_id: UUID,
    *,
    day: date,
    latest_day: date,
    lock_days: int,
) -> None:
    """Delete the address; its keyed hash leads to the contact lock for `lock_days`.

    `day` is the member's civil day, `latest_day` the latest one anywhere on Earth.
    """
    await execute(
        conn,
        queries.delete_contact,
        member_id=member_id,
        person_id=person_id,
        day=day,
        latest_day=latest_day,
        lock_days=lock_days,
    )


async def delete_expired_locks(conn: Connection, today: date) -> int:
    """Delete contact locks of erased people whose month is over; returns their number."""
    return await execute_counted(conn, queries.delete_expired_locks, today=today)


async def update_acknowledged_erasures(
    conn: Connection, erasures: Sequence[ErasureApplied]
) -> None:
    await execute(
        conn,
        queries.update_acknowledged_erasures,
        member_ids=[erasure.member_id for erasure in erasures],
        days=[erasure.applied_on for erasure in erasures],
    )


async def list_unerased_members(conn: Connection, member_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the given members that registry knows and has not erased."""
    rows = await fetch(conn, queries.list_unerased_members, member_ids=member_ids)
    return [row["member_id"] for row in rows]


async def count_unacknowledged_erasures(conn: Connection) -> int:
    return int(await fetch_value(conn, queries.count_unacknowledged_erasures))
