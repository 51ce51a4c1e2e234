"""SQL of deliveries, contact locks and notice locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import (
    OrderRequest,
    OrderState,
)
from services.contracts.events.registry import DeliveryState
from services.contracts.topics import topic_of
from services.registry.deliveries.rules import MAX_NOTICES_PER_DAY, DeliveryStatus, OrderClass
from services.registry.members.rules import MemberStatus
from services.registry.members.store import MEMBER, MEMBERS, affected_rows
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry.deliveries", ".")

DELIVERIES, DELIVERY = topic_of(DeliveryState).name, DeliveryState.event_type


@dataclass(frozen=True)
class ClaimedOrder:
    """A pending order with all that its message needs; what is missing is None."""

    order_id: UUID
    order_class: OrderClass
    kind: str
    member_id: UUID
    subject_id: UUID
    project_id: UUID | None
    project_version: int | None
    report_version: int | None
    first_day: date
    last_day: date
    details: dict[str, str]
    cancelled: bool
    attempt: int
    unknowns: int
    handovers: int
    retry_at: datetime | None
    person_id: UUID | None
    status: MemberStatus | None
    language: str | None
    zone: str | None
    ends_on: date | None
    box: Encrypted | None
    held_version: int | None
    mandate: dict[str, Any] | None
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    held_report: int | None
    report_url: str | None
    report_summary: str | None


@dataclass(frozen=True)
class PreviousLock:
    """What a person's contact lock said before it was taken."""

    day: date
    order_id: UUID | None


@dataclass(frozen=True)
class DeliveryCount:
    """Orders of one class in one state, refused for one reason."""

    class_: str
    state: str
    reason: str | None
    orders: int


@dataclass(frozen=True)
class ReplyCount:
    """Orders last refused with the same words, those of them that still wait, and until when."""

    reply: str
    orders: int
    waiting: int
    until: date


async def insert_orders(conn: Connection, orders: Sequence[OrderState]) -> None:
    await conn.execute(
        queries.insert_orders,
        [order.order_id for order in orders],
        [order.order_class for order in orders],
        [order.kind for order in orders],
        [order.member_id for order in orders],
        [order.subject_id for order in orders],
        [order.project_id for order in orders],
        [order.project_version for order in orders],
        [order.report_version for order in orders],
        [order.first_day for order in orders],
        [order.last_day for order in orders],
        [order.details for order in orders],
        [order.state is OrderRequest.CANCELLED for order in orders],
    )


async def update_cancelled_orders(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute(queries.update_cancelled_orders, order_ids)


async def list_unsendable_orders(conn: Connection, now: datetime) -> list[UUID]:
    """Pending orders that can no longer be sent."""
    return [row["order_id"] for row in await conn.fetch(queries.list_unsendable_orders, now)]


async def list_pending_orders(conn: Connection, member_id: UUID) -> list[UUID]:
    return [row["order_id"] for row in await conn.fetch(queries.list_pending_orders, member_id)]


async def update_unsendable_orders(
    conn: Connection, now: datetime, order_ids: Sequence[UUID]
) -> int:
    """Answer those of the orders that can no longer be sent; returns how many."""
    return int(
        await conn.fetchval(queries.update_unsendable_orders, now, order_ids, DELIVERIES, DELIVERY)
    )


@dataclass(frozen=True)
class DuePage:
    """What is due of some pending orders, and the id after which the next page starts."""

    due: list[tuple[UUID, UUID]]
    last: UUID | None


async def list_due_orders(conn: Connection, now: datetime, after: UUID, size: int) -> DuePage:
    """A page of at most `size` pending orders: (order, member) of those that could be sent now.

    `last` is None on the last page.
    """
    rows = await conn.fetch(queries.list_due_orders, now, after, size, MAX_NOTICES_PER_DAY)
    due = [(row["order_id"], row["member_id"]) for row in rows if row["due"]]
    return DuePage(due, rows[-1]["order_id"] if len(rows) == size else None)


async def acquire_member_shared(conn: Connection, member_id: UUID) -> bool:
    return bool(await conn.fetchval(queries.acquire_member_shared, member_id))


async def release_member(conn: Connection, member_id: UUID) -> None:
    await conn.execute(queries.release_member, member_id)


async def lock_pending_order(conn: Connection, order_id: UUID) -> ClaimedOrder | None:
    row = await conn.fetchrow(queries.lock_pending_order, order_id)
    if row is None:
        return None
    columns = dict(row)
    key_id, sealed = columns.pop("key_id"), columns.pop("sealed")
    columns["order_class"] = OrderClass(columns.pop("class"))
    columns["status"] = MemberStatus(columns["status"]) if columns["status"] else None
    return ClaimedOrder(**columns, box=Encrypted(key_id, sealed) if sealed else None)


async def lock_contact_lock(conn: Connection, person_id: UUID) -> PreviousLock | None:
    row = await conn.fetchrow(queries.lock_contact_lock, person_id)
    return row and PreviousLock(row["last_day"], row["order_id"])


async def upsert_contact_lock(
    conn: Connection, person_id: UUID, today: date, order_id: UUID
) -> bool:
    return await conn.fetchval(queries.upsert_contact_lock, person_id, today, order_id) is not None


async def acquire_notice_locks(
    conn: Connection, person_id: UUID, kind: str, about: UUID, today: date, order_id: UUID
) -> tuple[bool, PreviousLock | None]:
    """Take a place of the day and the lock of the kind: both, or neither.

    Returns whether they were taken, and the lock as it stood before, to be put back after a
    refusal. Every sender takes the place first and then the lock: in any other order two senders of
    one person wait for each other.
    """
    place = await conn.fetchval(
        queries.insert_notice_place, person_id, today, order_id, MAX_NOTICES_PER_DAY
    )
    if place is None:
        return False, None
    row = await conn.fetchrow(queries.lock_notice_lock, person_id, kind, about)
    before = row and PreviousLock(row["last_day"], row["order_id"])
    if await conn.fetchval(queries.upsert_notice_lock, person_id, kind, about, today, order_id):
        return True, before
    await conn.execute(queries.delete_notice_place, person_id, today, order_id)
    return False, before


async def delete_expired_notice_locks(conn: Connection, earliest: date) -> None:
    await conn.execute(queries.delete_expired_notice_locks, earliest)


async def update_attempting(
    conn: Connection,
    order_id: UUID,
    day: date,
    locked_person: UUID | None,
    before: PreviousLock | None,
) -> int:
    """The number of the attempt."""
    return int(
        await conn.fetchval(
            queries.update_attempting,
            order_id,
            day,
            locked_person,
            before and before.day,
            before and before.order_id,
        )
    )


async def is_attempt_open(conn: Connection, order_id: UUID, attempt: int) -> bool:
    return bool(await conn.fetchval(queries.is_attempt_open, order_id, attempt))


async def update_outcome(
    conn: Connection,
    order_id: UUID,
    attempt: int,
    now: datetime,
    state: DeliveryStatus,
    reason: str | None = None,
    retry_at: datetime | None = None,
    *,
    reply: str | None = None,
    handed_over: bool = False,
) -> bool:
    """How an attempt ended; whether it was still open.

    `handed_over`: the mail server had the content. The lock is put back only where it had not.
    """
    return bool(
        await conn.fetchval(
            queries.update_outcome,
            order_id,
            attempt,
            state,
            reason,
            retry_at,
            state is not DeliveryStatus.SENT and not handed_over,
            DELIVERIES,
            DELIVERY,
            now,
            reply,
            handed_over and state is not DeliveryStatus.SENT,
        )
    )


async def publish_kept_locks(conn: Connection, order_ids: Sequence[UUID], now: datetime) -> None:
    await conn.execute(queries.publish_kept_locks, order_ids, MEMBERS, MEMBER, now)


async def list_open_attempts(conn: Connection) -> list[tuple[UUID, UUID]]:
    """(order, member)"""
    rows = await conn.fetch(queries.list_open_attempts)
    return [(row["order_id"], row["member_id"]) for row in rows]


async def acquire_member_exclusive(conn: Connection, member_id: UUID) -> bool:
    return bool(await conn.fetchval(queries.acquire_member_exclusive, member_id))


async def lock_open_attempt(conn: Connection, order_id: UUID) -> tuple[int, OrderClass, int] | None:
    """(attempt, class, how often it was unknown before) of an open attempt."""
    row = await conn.fetchrow(queries.lock_open_attempt, order_id)
    return row and (row["attempt"], OrderClass(row["class"]), row["unknowns"])


async def update_unknown(conn: Connection, order_id: UUID, attempt: int) -> None:
    await conn.execute(queries.update_unknown, order_id, attempt)


async def update_pending_again(conn: Connection, order_id: UUID, retry_at: datetime) -> None:
    await conn.execute(queries.update_pending_again, order_id, retry_at)


async def publish_delivery(conn: Connection, order_id: UUID, now: datetime) -> None:
    await conn.execute(queries.publish_delivery, order_id, DELIVERIES, DELIVERY, now)


async def republish_deliveries(conn: Connection, now: datetime) -> int:
    return affected_rows(
        await conn.execute(queries.republish_deliveries, DELIVERIES, DELIVERY, now)
    )


async def count_deliveries(conn: Connection) -> list[DeliveryCount]:
    return [DeliveryCount(*row) for row in await conn.fetch(queries.count_deliveries)]


async def count_replies(conn: Connection) -> list[ReplyCount]:
    return [ReplyCount(*row) for row in await conn.fetch(queries.count_replies)]
