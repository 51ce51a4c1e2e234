"""Use cases of deliveries: accept send orders, attempt them, record their outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.campaigns import OrderRequest, OrderState
from services.registry.deliveries import rules, store
from services.registry.deliveries.replies import Reply, Stage
from services.registry.deliveries.rules import DeliveryStatus, OrderClass, RefusalReason
from services.registry.deliveries.store import ClaimedOrder
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.messages.rules import MessageContent, Report
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection

_NO_PROJECT = UUID(int=0)


async def apply_order_states(conn: Connection, clock: Clock, orders: Sequence[OrderState]) -> None:
    """Insert each order once; refuse at once the orders that can no longer be sent."""
    await store.insert_orders(conn, orders)
    cancelled = [order.order_id for order in orders if order.state is OrderRequest.CANCELLED]
    if cancelled:
        await store.update_cancelled_orders(conn, cancelled)
    await refuse_unsendable_orders(conn, clock, [order.order_id for order in orders])


async def refuse_unsendable_orders(
    conn: Connection, clock: Clock, order_ids: Sequence[UUID]
) -> int:
    """Refuse those of the orders that can no longer be sent; returns how many.

    campaigns frees the days of a refused order, so it learns of a contact lock that stays.
    """
    instant = clock.now()
    refused = await store.update_unsendable_orders(conn, instant, order_ids)
    if refused:
        await store.publish_kept_locks(conn, order_ids, instant)
    return refused


async def refuse_all_unsendable_orders(conn: Connection, clock: Clock) -> int:
    """Refuse every pending order that can no longer be sent, at any hour; returns how many."""
    unsendable = await store.list_unsendable_orders(conn, clock.now())
    return await refuse_unsendable_orders(conn, clock, unsendable) if unsendable else 0


@dataclass(frozen=True)
class Attempt:
    """A recorded attempt, and the content of the message to hand over."""

    order_id: UUID
    number: int
    order_class: OrderClass
    started_at: datetime
    day: date
    zone: str
    content: MessageContent
    handovers: int = 0

    def is_valid(self, instant: datetime) -> bool:
        """Whether the message may still be handed over as this attempt."""
        return rules.is_attempt_valid(self.started_at, self.day, self.zone, instant)

    @property
    def started_within_hours(self) -> bool:
        return rules.within_sending_hours(self.started_at, self.zone)


async def start_attempt(
    conn: Connection, clock: Clock, encryptor: ContactEncryptor, order_id: UUID
) -> Attempt | None:
    """Record that a message is about to be sent, with the contact lock or the locks of a notice.

    None: another sender has the order, it was refused, or it must wait. The caller holds the
    member's advisory lock, and commits before it speaks to the mail server.
    """
    order = await store.lock_pending_order(conn, order_id)
    if order is None:
        return None
    instant = clock.now()
    evaluation = rules.evaluate(_pending_order(order), instant)
    if isinstance(evaluation, rules.Refuse):
        await refuse_unsendable_orders(conn, clock, [order_id])
        return None
    if isinstance(evaluation, rules.Wait):
        return None
    content = _message_content(order, encryptor)
    assert order.person_id is not None
    if order.order_class is OrderClass.SOLICITATION:
        previous = await store.lock_contact_lock(conn, order.person_id)
        locked = await store.upsert_contact_lock(conn, order.person_id, evaluation.day, order_id)
    else:
        project_id = order.project_id or _NO_PROJECT
        locked, previous = await store.acquire_notice_locks(
            conn, order.person_id, order.kind, project_id, evaluation.day, order_id
        )
    if not locked:
        # Refused for good if its lock ends after the window, else it waits for that day.
        await refuse_unsendable_orders(conn, clock, [order_id])
        return None
    number = await store.update_attempting(
        conn, order_id, evaluation.day, order.person_id, previous
    )
    assert order.zone is not None
    return Attempt(
        order_id,
        number,
        order.order_class,
        instant,
        evaluation.day,
        order.zone,
        content,
        order.handovers,
    )


def _pending_order(order: ClaimedOrder) -> rules.PendingOrder:
    project_known = order.project_id is None or (
        order.known_project_version is not None
        and order.known_project_version >= (order.project_version or 1)
    )
    report_known = order.report_version is None or (
        order.known_report_version is not None
        and order.known_report_version >= order.report_version
    )
    return rules.PendingOrder(
        first_day=order.first_day,
        last_day=order.last_day,
        cancelled=order.cancelled,
        retry_at=order.retry_at,
        status=order.status,
        zone=order.zone,
        ends_on=order.ends_on,
        has_address=order.contact is not None,
        project_known=project_known,
        report_known=report_known,
    )


def _message_content(order: ClaimedOrder, encryptor: ContactEncryptor) -> MessageContent:
    assert order.contact is not None
    assert order.ends_on is not None
    return MessageContent(
        order_id=order.order_id,
        kind=order.kind,
        member_id=order.member_id,
        subject_id=order.subject_id,
        language="en" if order.language == "en" else "fr",
        to=encryptor.decrypt(order.member_id, order.contact),
        mandate=order.mandate,
        recruitment_ends_on=order.recruitment_ends_on,
        collection_ends_on=order.collection_ends_on,
        membership_ends_on=order.ends_on,
        details=order.details,
        report=_report(order),
    )


def _report(order: ClaimedOrder) -> Report | None:
    if order.report_version is None:
        return None
    # `rules.evaluate` lets an order wait until its report is known.
    assert order.report_url is not None
    assert order.report_summary is not None
    assert order.known_report_version is not None
    return Report(order.known_report_version, order.report_url, order.report_summary)


async def record_sent(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """The mail server took responsibility. False: another process had settled the attempt."""
    return await store.update_outcome(
        conn, attempt.order_id, attempt.number, clock.now(), DeliveryStatus.SENT
    )


async def record_postponed(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """Nothing was handed over: the previous contact lock is back, and the order is tried again."""
    instant = clock.now()
    return await store.update_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        instant,
        DeliveryStatus.PENDING,
        retry_at=rules.next_retry(instant, attempt.number),
    )


async def record_refusal(conn: Connection, clock: Clock, attempt: Attempt, reply: Reply) -> bool:
    """A negative reply: before the content the previous contact lock is back, afterwards it stays.

    campaigns frees the days of a refused order, so it learns of a lock that stays.
    """
    instant = clock.now()
    status = rules.status_after_refusal(attempt.order_class, reply, attempt.handovers)
    pending = status is DeliveryStatus.PENDING
    recorded = await store.update_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        instant,
        status,
        RefusalReason.REJECTED if status is DeliveryStatus.REFUSED else None,
        rules.retry_after_refusal(instant, attempt.number, reply) if pending else None,
        reply=reply.without_personal_data(attempt.content.to.address, attempt.content.to.name),
        handed_over=reply.stage is Stage.CONTENT,
    )
    await store.publish_kept_locks(conn, [attempt.order_id], instant)
    return recorded


async def record_unknown(conn: Connection, clock: Clock, order_id: UUID, number: int) -> None:
    """The fate of the message is unknown: a solicitation stays so, a notice is sent again."""
    attempt = await store.lock_open_attempt(conn, order_id)
    if attempt is None or attempt.number != number:
        return
    instant = clock.now()
    await store.update_unknown(conn, order_id, number)
    status = rules.status_after_unknown(attempt.order_class, attempt.unknowns)
    if status is DeliveryStatus.PENDING:
        await store.update_pending_again(conn, order_id, rules.next_retry(instant, number))
    else:
        await store.publish_delivery(conn, order_id, instant)


async def settle_stale_attempt(
    conn: Connection, clock: Clock, order_id: UUID, member_id: UUID
) -> bool:
    """Settle an open attempt whose sender died: nobody holds the member, the fate is unknown."""
    if not await store.acquire_member_exclusive(conn, member_id):
        return False
    attempt = await store.lock_open_attempt(conn, order_id)
    if attempt is None:
        return False
    await record_unknown(conn, clock, order_id, attempt.number)
    return True
