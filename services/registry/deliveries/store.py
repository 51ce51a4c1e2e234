"""SQL of deliveries, contact locks and notice locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import OrderRequest, OrderState
from services.contracts.events.registry import DeliveryState
from services.contracts.topics import topic_of
from services.registry.deliveries.rules import MAX_NOTICES_PER_DAY, DeliveryStatus, OrderClass
from services.registry.members import store as members
from services.registry.members.rules import MemberStatus
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    execute_counted,
    fetch,
    fetch_row,
    fetch_value,
)

queries = Queries("services.registry.deliveries")

TOPIC, EVENT_TYPE = topic_of(DeliveryState).name, DeliveryState.event_type


@dataclass(frozen=True)
class ClaimedOrder:
    """A pending order with everything that its message needs; None where something is missing."""

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
    contact: Encrypted | None
    known_project_version: int | None
    mandate: dict[str, Any] | None
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    known_report_version: int | None
    report_url: str | None
    report_summary: str | None


@dataclass(frozen=True)
class PreviousLock:
    """A lock before it was taken, to be put back after a refusal."""

    day: date
    order_id: UUID | None


@dataclass(frozen=True)
class OpenAttempt:
    number: int
    order_class: OrderClass
    unknowns: int
    """How often the fate of an earlier attempt was unknown."""


@dataclass(frozen=True)
class DuePage:
    """A page of pending orders."""

    due: list[tuple[UUID, UUID]]
    """(order, member) of the orders that could be sent now."""
    last: UUID | None
    """The id after which the next page starts; None on the last page."""


@dataclass(frozen=True)
class DeliveryCount:
    """Orders of one class in one state, with one reason of refusal."""

    order_class: str
    state: str
    reason: str | None
    orders: int


@dataclass(frozen=True)
class ReplyCount:
    """Orders whose last refusal had the same reply."""

    reply: str
    orders: int
    waiting: int
    until: date
    """The last day on which one of them may still be sent."""


async def insert_orders(conn: Connection, orders: Sequence[OrderState]) -> None:
    await execute(
        conn,
        queries.insert_orders,
        order_ids=[order.order_id for order in orders],
        classes=[order.order_class for order in orders],
        kinds=[order.kind for order in orders],
        member_ids=[order.member_id for order in orders],
        subject_ids=[order.subject_id for order in orders],
        project_ids=[order.project_id for order in orders],
        project_versions=[order.project_version for order in orders],
        report_versions=[order.report_version for order in orders],
        first_days=[order.first_day for order in orders],
        last_days=[order.last_day for order in orders],
        details=[order.details for order in orders],
        cancelled=[order.state is OrderRequest.CANCELLED for order in orders],
    )


async def update_cancelled_orders(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await execute(conn, queries.update_cancelled_orders, order_ids=order_ids)


async def list_unsendable_orders(conn: Connection, instant: datetime) -> list[UUID]:
    """Pending orders that can no longer be sent."""
    rows = await fetch(conn, queries.list_unsendable_orders, now=instant)
    return [row["order_id"] for row in rows]


async def list_pending_orders(conn: Connection, member_id: UUID) -> list[UUID]:
    """Pending orders of one member."""
    rows = await fetch(conn, queries.list_pending_orders, member_id=member_id)
    return [row["order_id"] for row in rows]


async def update_unsendable_orders(
    conn: Connection, instant: datetime, order_ids: Sequence[UUID]
) -> int:
    """Refuse those of the orders that can no longer be sent, and publish it; returns how many."""
    return int(
        await fetch_value(
            conn,
            queries.update_unsendable_orders,
            now=instant,
            order_ids=order_ids,
            topic=TOPIC,
            kind=EVENT_TYPE,
        )
    )


async def list_due_orders(
    conn: Connection, instant: datetime, after_id: UUID, limit: int
) -> DuePage:
    """A page of at most `limit` pending orders, beginning after the order `after`."""
    rows = await fetch(
        conn,
        queries.list_due_orders,
        now=instant,
        after=after_id,
        limit=limit,
        max_notices_per_day=MAX_NOTICES_PER_DAY,
    )
    due = [(row["order_id"], row["member_id"]) for row in rows if row["due"]]
    return DuePage(due, rows[-1]["order_id"] if len(rows) == limit else None)


async def acquire_member_shared(conn: Connection, member_id: UUID) -> bool:
    """Take the session's lock on a member, shared among senders; False: the member is leaving."""
    return bool(await fetch_value(conn, queries.acquire_member_shared, member_id=member_id))


async def acquire_member_exclusive(conn: Connection, member_id: UUID) -> bool:
    """Exclude senders of a member until the transaction ends; False: one is at work."""
    return bool(await fetch_value(conn, queries.acquire_member_exclusive, member_id=member_id))


async def release_member(conn: Connection, member_id: UUID) -> None:
    await execute(conn, queries.release_member, member_id=member_id)


async def lock_pending_order(conn: Connection, order_id: UUID) -> ClaimedOrder | None:
    """Claim a pending order; None: another sender has it, or it is not pending."""
    row = await fetch_row(conn, queries.lock_pending_order, order_id=order_id)
    if row is None:
        return None
    columns = dict(row)
    key_id, sealed = columns.pop("key_id"), columns.pop("sealed")
    columns["order_class"] = OrderClass(columns.pop("class"))
    columns["status"] = MemberStatus(columns["status"]) if columns["status"] else None
    return ClaimedOrder(**columns, contact=Encrypted(key_id, sealed) if sealed else None)


async def lock_contact_lock(conn: Connection, person_id: UUID) -> PreviousLock | None:
    row = await fetch_row(conn, queries.lock_contact_lock, person_id=person_id)
    return row and PreviousLock(row["last_day"], row["order_id"])


async def upsert_contact_lock(
    conn: Connection, person_id: UUID, today: date, order_id: UUID
) -> bool:
    """Take the contact lock; False: the last solicitation is less than 31 civil days ago."""
    taken = await fetch_value(
        conn, queries.upsert_contact_lock, person_id=person_id, today=today, order_id=order_id
    )
    return taken is not None


async def acquire_notice_locks(
    conn: Connection, person_id: UUID, kind: str, project_id: UUID, today: date, order_id: UUID
) -> tuple[bool, PreviousLock | None]:
    """Take a place of the day and the lock of the kind: both, or neither.

    Returns whether they were taken, and the lock as it was before. Every sender takes the place
    first and then the lock: in any other order two senders of one person wait for each other.
    """
    slot = await fetch_value(
        conn,
        queries.insert_notice_place,
        person_id=person_id,
        today=today,
        order_id=order_id,
        max_notices_per_day=MAX_NOTICES_PER_DAY,
    )
    if slot is None:
        return False, None
    row = await fetch_row(
        conn, queries.lock_notice_lock, person_id=person_id, kind=kind, about=project_id
    )
    previous = row and PreviousLock(row["last_day"], row["order_id"])
    if await fetch_value(
        conn,
        queries.upsert_notice_lock,
        person_id=person_id,
        kind=kind,
        about=project_id,
        today=today,
        order_id=order_id,
    ):
        return True, previous
    await execute(
        conn, queries.delete_notice_place, person_id=person_id, today=today, order_id=order_id
    )
    return False, previous


async def delete_expired_notice_locks(conn: Connection, earliest_day: date) -> None:
    """`earliest_day` is the earliest civil day anywhere on Earth."""
    await execute(conn, queries.delete_expired_notice_locks, earliest_day=earliest_day)


async def update_attempting(
    conn: Connection,
    order_id: UUID,
    day: date,
    locked_person: UUID | None,
    previous: PreviousLock | None,
) -> int:
    """Record an attempt; returns its number."""
    return int(
        await fetch_value(
            conn,
            queries.update_attempting,
            order_id=order_id,
            day=day,
            locked_person=locked_person,
            previous_day=previous and previous.day,
            previous_order_id=previous and previous.order_id,
        )
    )


async def is_attempt_open(conn: Connection, order_id: UUID, attempt: int) -> bool:
    return bool(
        await fetch_value(conn, queries.is_attempt_open, order_id=order_id, attempt=attempt)
    )


async def update_outcome(
    conn: Connection,
    order_id: UUID,
    attempt: int,
    instant: datetime,
    state: DeliveryStatus,
    reason: str | None = None,
    retry_at: datetime | None = None,
    *,
    reply: str | None = None,
    handed_over: bool = False,
) -> bool:
    """Record how an attempt ended; False: another process had settled it.

    `handed_over`: the mail server had the content. The lock is put back only where it had not.
    """
    sent = state is DeliveryStatus.SENT
    return bool(
        await fetch_value(
            conn,
            queries.update_outcome,
            order_id=order_id,
            attempt=attempt,
            state=state,
            reason=reason,
            retry_at=retry_at,
            restore_lock=not sent and not handed_over,
            topic=TOPIC,
            kind=EVENT_TYPE,
            now=instant,
            reply=reply,
            handed_over=handed_over and not sent,
        )
    )


async def publish_kept_locks(
    conn: Connection, order_ids: Sequence[UUID], instant: datetime
) -> None:
    """Publish the members of refused solicitations whose contact lock stays."""
    await execute(
        conn,
        queries.publish_kept_locks,
        order_ids=order_ids,
        topic=members.TOPIC,
        kind=members.EVENT_TYPE,
        now=instant,
    )


async def list_open_attempts(conn: Connection) -> list[tuple[UUID, UUID]]:
    """(order, member) of open attempts."""
    rows = await fetch(conn, queries.list_open_attempts)
    return [(row["order_id"], row["member_id"]) for row in rows]


async def lock_open_attempt(conn: Connection, order_id: UUID) -> OpenAttempt | None:
    row = await fetch_row(conn, queries.lock_open_attempt, order_id=order_id)
    return row and OpenAttempt(row["attempt"], OrderClass(row["class"]), row["unknowns"])


async def update_unknown(conn: Connection, order_id: UUID, attempt: int) -> None:
    await execute(conn, queries.update_unknown, order_id=order_id, attempt=attempt)


async def update_pending_again(conn: Connection, order_id: UUID, retry_at: datetime) -> None:
    await execute(conn, queries.update_pending_again, order_id=order_id, retry_at=retry_at)


async def publish_delivery(conn: Connection, order_id: UUID, instant: datetime) -> None:
    await execute(
        conn, queries.publish_delivery, order_id=order_id, topic=TOPIC, kind=EVENT_TYPE, now=instant
    )


async def republish_deliveries(conn: Connection, instant: datetime) -> int:
    return await execute_counted(
        conn, queries.republish_deliveries, topic=TOPIC, kind=EVENT_TYPE, now=instant
    )


async def count_deliveries(conn: Connection) -> list[DeliveryCount]:
    return [DeliveryCount(*row) for row in await fetch(conn, queries.count_deliveries)]


async def count_replies(conn: Connection) -> list[ReplyCount]:
    return [ReplyCount(*row) for row in await fetch(conn, queries.count_replies)]
