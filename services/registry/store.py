"""Every SQL call of registry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import (
    ErasureApplied,
    OrderRequest,
    OrderState,
    ProjectState,
)
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import DeliveryState, FiguresState, MemberState
from services.contracts.topics import topic_of
from services.registry.domain import NOTICES_A_DAY, Class, State, Status
from services.runtime.crypto.encryption import Encrypted
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.registry")

MEMBERS, MEMBER = topic_of(MemberState).name, MemberState.event_type
DELIVERIES, DELIVERY = topic_of(DeliveryState).name, DeliveryState.event_type
FIGURES, FIGURE = topic_of(FiguresState).name, FiguresState.event_type


@dataclass(frozen=True)
class Member:
    """Of who is erased nothing is known but the id."""

    member_id: UUID
    person_id: UUID | None
    status: Status
    language: str | None
    zone: str | None
    version: int


@dataclass(frozen=True)
class Claimed:
    """A pending order with all that its message needs; what is missing is None."""

    order_id: UUID
    order_class: Class
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
    status: Status | None
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
class LockBefore:
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


# -- members


async def lock_member(conn: Connection, member_id: UUID) -> Member | None:
    return _member(await conn.fetchrow(sql.lock_member, member_id))


async def read_member(conn: Connection, member_id: UUID) -> Member | None:
    return _member(await conn.fetchrow(sql.read_member, member_id))


def _member(row: Any) -> Member | None:
    return None if row is None else Member(**{**row, "status": Status(row["status"])})


async def survivor_of(conn: Connection, member_id: UUID) -> UUID:
    survivor: UUID | None = await conn.fetchval(sql.survivor_of, member_id)
    return survivor or member_id


async def wait_for_messages(conn: Connection, member_id: UUID) -> None:
    await conn.execute(sql.wait_for_messages, member_id)


async def mark_left(conn: Connection, member_id: UUID, now: datetime) -> None:
    await conn.execute(sql.mark_left, member_id, MEMBERS, MEMBER, now)


async def suppress_contact(conn: Connection, member_id: UUID, person_id: UUID, since: date) -> None:
    await conn.execute(sql.suppress_contact, member_id, person_id, since)


async def erase_member(conn: Connection, member_id: UUID, now: datetime, today: date) -> None:
    await conn.execute(sql.erase_member, member_id, MEMBERS, MEMBER, now, today)


async def forget_contact(
    conn: Connection, member_id: UUID, person_id: UUID, day: date, latest: date, lock_days: int
) -> None:
    await conn.execute(sql.forget_contact, member_id, person_id, day, latest, lock_days)


async def forget_locks(conn: Connection, today: date) -> int:
    return rows_of(await conn.execute(sql.forget_locks, today))


async def acknowledge_erasures(conn: Connection, erasures: Sequence[ErasureApplied]) -> None:
    await conn.execute(
        sql.acknowledge_erasures,
        [one.member_id for one in erasures],
        [one.applied_on for one in erasures],
    )


async def unerased(conn: Connection, member_ids: Sequence[UUID]) -> list[UUID]:
    """Of these, those whom registry knows and has not erased."""
    return [row["member_id"] for row in await conn.fetch(sql.unerased, member_ids)]


async def count_unacknowledged(conn: Connection) -> int:
    return int(await conn.fetchval(sql.count_unacknowledged))


async def most_solicited(conn: Connection, today: date) -> int:
    """Solicitations of one person in any 31 days of the last two months."""
    return int(await conn.fetchval(sql.most_solicited, today))


async def expire_members(conn: Connection, now: datetime) -> int:
    return int(await conn.fetchval(sql.expire_members, now, MEMBERS, MEMBER))


async def republish_members(conn: Connection, now: datetime) -> int:
    return rows_of(await conn.execute(sql.republish_members, MEMBERS, MEMBER, now))


async def count_members(conn: Connection) -> dict[str, int]:
    return {row["status"]: row["members"] for row in await conn.fetch(sql.count_members)}


# -- what campaigns says


async def hold_projects(conn: Connection, projects: Sequence[ProjectState]) -> None:
    await conn.execute(
        sql.hold_projects,
        [project.project_id for project in projects],
        [project.version for project in projects],
        [project.state for project in projects],
        [project.mandate.model_dump(mode="json") for project in projects],
        [project.recruitment_ends_on for project in projects],
        [project.collection_ends_on for project in projects],
    )


async def hold_reports(conn: Connection, reports: Sequence[ReportState]) -> None:
    await conn.execute(
        sql.hold_reports,
        [report.project_id for report in reports],
        [report.version for report in reports],
        [report.url for report in reports],
        [report.summary for report in reports],
    )


async def hold_orders(conn: Connection, orders: Sequence[OrderState]) -> None:
    await conn.execute(
        sql.hold_orders,
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


async def cancel_orders(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute(sql.cancel_orders, order_ids)


# -- deliveries


async def hopeless_orders(conn: Connection, now: datetime) -> list[UUID]:
    """Pending orders that can no longer be sent."""
    return [row["order_id"] for row in await conn.fetch(sql.hopeless_orders, now)]


async def pending_orders_of(conn: Connection, member_id: UUID) -> list[UUID]:
    return [row["order_id"] for row in await conn.fetch(sql.pending_orders_of, member_id)]


async def refuse_orders(conn: Connection, now: datetime, order_ids: Sequence[UUID]) -> int:
    """Answer those of the orders that can no longer be sent; returns how many."""
    return int(await conn.fetchval(sql.refuse_orders, now, order_ids, DELIVERIES, DELIVERY))


@dataclass(frozen=True)
class Page:
    """What is due of some pending orders, and the id after which the next page starts."""

    due: list[tuple[UUID, UUID]]
    last: UUID | None


async def due_orders(conn: Connection, now: datetime, after: UUID, size: int) -> Page:
    """A page of at most `size` pending orders: (order, member) of those that could be sent now.

    `last` is None on the last page.
    """
    rows = await conn.fetch(sql.due_orders, now, after, size, NOTICES_A_DAY)
    due = [(row["order_id"], row["member_id"]) for row in rows if row["due"]]
    return Page(due, rows[-1]["order_id"] if len(rows) == size else None)


async def hold_member(conn: Connection, member_id: UUID) -> bool:
    return bool(await conn.fetchval(sql.hold_member, member_id))


async def release_member(conn: Connection, member_id: UUID) -> None:
    await conn.execute(sql.release_member, member_id)


async def claim_order(conn: Connection, order_id: UUID) -> Claimed | None:
    row = await conn.fetchrow(sql.claim_order, order_id)
    if row is None:
        return None
    columns = dict(row)
    key_id, sealed = columns.pop("key_id"), columns.pop("sealed")
    columns["order_class"] = Class(columns.pop("class"))
    columns["status"] = Status(columns["status"]) if columns["status"] else None
    return Claimed(**columns, box=Encrypted(key_id, sealed) if sealed else None)


async def lock_before(conn: Connection, person_id: UUID) -> LockBefore | None:
    row = await conn.fetchrow(sql.lock_before, person_id)
    return row and LockBefore(row["last_day"], row["order_id"])


async def take_contact_lock(conn: Connection, person_id: UUID, today: date, order_id: UUID) -> bool:
    return await conn.fetchval(sql.take_contact_lock, person_id, today, order_id) is not None


async def take_notice_locks(
    conn: Connection, person_id: UUID, kind: str, about: UUID, today: date, order_id: UUID
) -> tuple[bool, LockBefore | None]:
    """Take a place of the day and the lock of the kind: both, or neither.

    Returns whether they were taken, and the lock as it stood before, to be put back after a
    refusal. Every sender takes the place first and then the lock: in any other order two senders of
    one person wait for each other.
    """
    place = await conn.fetchval(sql.take_notice_place, person_id, today, order_id, NOTICES_A_DAY)
    if place is None:
        return False, None
    row = await conn.fetchrow(sql.notice_lock_before, person_id, kind, about)
    before = row and LockBefore(row["last_day"], row["order_id"])
    if await conn.fetchval(sql.take_notice_lock, person_id, kind, about, today, order_id):
        return True, before
    await conn.execute(sql.leave_notice_place, person_id, today, order_id)
    return False, before


async def forget_notices(conn: Connection, earliest: date) -> None:
    await conn.execute(sql.forget_notices, earliest)


async def record_attempt(
    conn: Connection,
    order_id: UUID,
    day: date,
    locked_person: UUID | None,
    before: LockBefore | None,
) -> int:
    """The number of the attempt."""
    return int(
        await conn.fetchval(
            sql.record_attempt,
            order_id,
            day,
            locked_person,
            before and before.day,
            before and before.order_id,
        )
    )


async def still_mine(conn: Connection, order_id: UUID, attempt: int) -> bool:
    return bool(await conn.fetchval(sql.still_mine, order_id, attempt))


async def record_outcome(
    conn: Connection,
    order_id: UUID,
    attempt: int,
    now: datetime,
    state: State,
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
            sql.record_outcome,
            order_id,
            attempt,
            state,
            reason,
            retry_at,
            state is not State.SENT and not handed_over,
            DELIVERIES,
            DELIVERY,
            now,
            reply,
            handed_over and state is not State.SENT,
        )
    )


async def tell_locked(conn: Connection, order_ids: Sequence[UUID], now: datetime) -> None:
    await conn.execute(sql.tell_locked, order_ids, MEMBERS, MEMBER, now)


async def unanswered_attempts(conn: Connection) -> list[tuple[UUID, UUID]]:
    """(order, member)"""
    rows = await conn.fetch(sql.unanswered_attempts)
    return [(row["order_id"], row["member_id"]) for row in rows]


async def nobody_is_sending(conn: Connection, member_id: UUID) -> bool:
    return bool(await conn.fetchval(sql.nobody_is_sending, member_id))


async def attempt_of(conn: Connection, order_id: UUID) -> tuple[int, Class, int] | None:
    """(attempt, class, how often it was unknown before) of an open attempt."""
    row = await conn.fetchrow(sql.attempt_of, order_id)
    return row and (row["attempt"], Class(row["class"]), row["unknowns"])


async def mark_unknown(conn: Connection, order_id: UUID, attempt: int) -> None:
    await conn.execute(sql.mark_unknown, order_id, attempt)


async def try_again(conn: Connection, order_id: UUID, retry_at: datetime) -> None:
    await conn.execute(sql.try_again, order_id, retry_at)


async def tell_delivery(conn: Connection, order_id: UUID, now: datetime) -> None:
    await conn.execute(sql.tell_delivery, order_id, DELIVERIES, DELIVERY, now)


async def republish_deliveries(conn: Connection, now: datetime) -> int:
    return rows_of(await conn.execute(sql.republish_deliveries, DELIVERIES, DELIVERY, now))


async def count_deliveries(conn: Connection) -> list[DeliveryCount]:
    return [DeliveryCount(*row) for row in await conn.fetch(sql.count_deliveries)]


async def count_replies(conn: Connection) -> list[ReplyCount]:
    return [ReplyCount(*row) for row in await conn.fetch(sql.count_replies)]


# -- figures


async def count_months(conn: Connection, today: date, now: datetime) -> int:
    """Returns how many months have new numbers to tell."""
    return rows_of(await conn.execute(sql.count_months, today, FIGURES, FIGURE, now))


async def republish_figures(conn: Connection, now: datetime) -> int:
    return rows_of(await conn.execute(sql.republish_figures, FIGURES, FIGURE, now))


def rows_of(status: str) -> int:
    """PostgreSQL's command tag, such as "INSERT 0 5000"."""
    return int(status.rpartition(" ")[2])
