"""Use cases of deliveries: accept send orders, attempt them, record their outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.campaigns import (
    OrderRequest,
    OrderState,
)
from services.registry.deliveries import rules, store
from services.registry.deliveries.replies import Reply, Stage
from services.registry.deliveries.rules import DeliveryStatus, OrderClass, RefusalReason
from services.registry.deliveries.store import ClaimedOrder
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.messages.renderer import Letter, Report
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection

_NO_PROJECT = UUID(int=0)


async def apply_order_states(conn: Connection, clock: Clock, orders: Sequence[OrderState]) -> None:
    """Hold each order once; answer at once those that cannot be sent any more."""
    await store.insert_orders(conn, orders)
    if cancelled := [o.order_id for o in orders if o.state is OrderRequest.CANCELLED]:
        await store.update_cancelled_orders(conn, cancelled)
    await refuse_unsendable_orders(conn, clock, [order.order_id for order in orders])


async def refuse_unsendable_orders(
    conn: Connection, clock: Clock, order_ids: Sequence[UUID]
) -> int:
    """Answer those of the orders that can no longer be sent; returns how many.

    Campaigns frees the days of a refused order, so it learns of a contact lock that stays.
    """
    now = clock.now()
    refused = await store.update_unsendable_orders(conn, now, order_ids)
    if refused:
        await store.publish_kept_locks(conn, order_ids, now)
    return refused


async def refuse_all_unsendable_orders(conn: Connection, clock: Clock) -> int:
    """Refuse every pending order that cannot be sent any more, at any hour; returns how many."""
    hopeless = await store.list_unsendable_orders(conn, clock.now())
    return await refuse_unsendable_orders(conn, clock, hopeless) if hopeless else 0


@dataclass(frozen=True)
class Attempt:
    """An attempt as recorded, and the letter to hand over."""

    order_id: UUID
    number: int
    order_class: OrderClass
    started: datetime
    day: date
    zone: str
    letter: Letter
    handovers: int = 0

    def in_time(self, now: datetime) -> bool:
        return rules.is_attempt_valid(self.started, self.day, self.zone, now)

    @property
    def in_hours(self) -> bool:
        return rules.within_sending_hours(self.started, self.zone)


async def start_attempt(
    conn: Connection, clock: Clock, encryptor: ContactEncryptor, order_id: UUID
) -> Attempt | None:
    """Record that a message is about to be sent, with the contact lock or the locks of a notice.

    None: somebody else has the order, it was refused, or it must wait. The caller holds the
    member's advisory lock, and commits before it speaks to the mail server.
    """
    claimed = await store.lock_pending_order(conn, order_id)
    if claimed is None:
        return None
    now = clock.now()
    verdict = rules.evaluate(_pending_order(claimed), now)
    if isinstance(verdict, rules.Refuse):
        await refuse_unsendable_orders(conn, clock, [order_id])
        return None
    if isinstance(verdict, rules.Wait):
        return None
    letter = _letter(claimed, encryptor)
    assert claimed.person_id is not None
    person = claimed.person_id
    if claimed.order_class is OrderClass.SOLICITATION:
        before = await store.lock_contact_lock(conn, person)
        taken = await store.upsert_contact_lock(conn, person, verdict.day, order_id)
    else:
        kind, about = claimed.kind, claimed.project_id or _NO_PROJECT
        taken, before = await store.acquire_notice_locks(
            conn, person, kind, about, verdict.day, order_id
        )
    if not taken:
        # Refused for good if its lock ends after the window, else it waits for that day.
        await refuse_unsendable_orders(conn, clock, [order_id])
        return None
    number = await store.update_attempting(conn, order_id, verdict.day, person, before)
    assert claimed.zone is not None
    return Attempt(
        order_id,
        number,
        claimed.order_class,
        now,
        verdict.day,
        claimed.zone,
        letter,
        claimed.handovers,
    )


def _pending_order(claimed: ClaimedOrder) -> rules.PendingOrder:
    held = claimed.project_id is None or (
        claimed.held_version is not None and claimed.held_version >= (claimed.project_version or 1)
    )
    report_held = claimed.report_version is None or (
        claimed.held_report is not None and claimed.held_report >= claimed.report_version
    )
    return rules.PendingOrder(
        first_day=claimed.first_day,
        last_day=claimed.last_day,
        cancelled=claimed.cancelled,
        retry_at=claimed.retry_at,
        status=claimed.status,
        zone=claimed.zone,
        ends_on=claimed.ends_on,
        has_address=claimed.box is not None,
        project_held=held,
        report_held=report_held,
    )


def _letter(claimed: ClaimedOrder, encryptor: ContactEncryptor) -> Letter:
    assert claimed.box is not None
    assert claimed.ends_on is not None
    return Letter(
        order_id=claimed.order_id,
        kind=claimed.kind,
        member_id=claimed.member_id,
        subject_id=claimed.subject_id,
        language="en" if claimed.language == "en" else "fr",
        to=encryptor.open(claimed.member_id, claimed.box),
        mandate=claimed.mandate,
        recruitment_ends_on=claimed.recruitment_ends_on,
        collection_ends_on=claimed.collection_ends_on,
        membership_ends_on=claimed.ends_on,
        details=claimed.details,
        report=_report(claimed),
    )


def _report(claimed: ClaimedOrder) -> Report | None:
    if claimed.report_version is None:
        return None
    # Judged before: an order waits until its report is held.
    assert claimed.report_url is not None
    assert claimed.report_summary is not None
    assert claimed.held_report is not None
    return Report(claimed.held_report, claimed.report_url, claimed.report_summary)


async def record_sent(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """The mail server took responsibility. False: the attempt had been judged meanwhile."""
    return await store.update_outcome(
        conn, attempt.order_id, attempt.number, clock.now(), DeliveryStatus.SENT
    )


async def record_postponed(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """Nothing was handed over: the previous contact lock is back, and the order is tried again."""
    now = clock.now()
    return await store.update_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        now,
        DeliveryStatus.PENDING,
        retry_at=rules.next_retry(now, attempt.number),
    )


async def record_refusal(conn: Connection, clock: Clock, attempt: Attempt, reply: Reply) -> bool:
    """A negative reply: before the content the previous contact lock is back, afterwards it stays.

    Campaigns frees the days of a refused order, so it learns of a lock that stays.
    """
    now = clock.now()
    state = rules.status_after_refusal(attempt.order_class, reply, attempt.handovers)
    pending = state is DeliveryStatus.PENDING
    recorded = await store.update_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        now,
        state,
        RefusalReason.REJECTED if state is DeliveryStatus.REFUSED else None,
        rules.retry_after_refusal(now, attempt.number, reply) if pending else None,
        reply=reply.without_personal_data(attempt.letter.to.address, attempt.letter.to.name),
        handed_over=reply.stage is Stage.CONTENT,
    )
    await store.publish_kept_locks(conn, [attempt.order_id], now)
    return recorded


async def record_unknown(conn: Connection, clock: Clock, order_id: UUID, number: int) -> None:
    """Nobody can know whether the message left. A solicitation stays so; a notice comes again."""
    found = await store.lock_open_attempt(conn, order_id)
    if found is None or found[0] != number:
        return
    _, order_class, unknowns = found
    now = clock.now()
    await store.update_unknown(conn, order_id, number)
    if rules.status_after_unknown(order_class, unknowns) is DeliveryStatus.PENDING:
        await store.update_pending_again(conn, order_id, rules.next_retry(now, number))
    else:
        await store.publish_delivery(conn, order_id, now)


async def settle_stale_attempt(
    conn: Connection, clock: Clock, order_id: UUID, member_id: UUID
) -> bool:
    """An open attempt whose member nobody holds has lost its sender: its result is unknown."""
    if not await store.acquire_member_exclusive(conn, member_id):
        return False
    found = await store.lock_open_attempt(conn, order_id)
    if found is None:
        return False
    await record_unknown(conn, clock, order_id, found[0])
    return True
