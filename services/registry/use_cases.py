"""What can be done with people and messages. Callers open the transaction; a refusal undoes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.contracts.events.campaigns import (
    ErasureApplied,
    OrderRequest,
    OrderState,
    ProjectState,
)
from services.contracts.events.feedback import ReportState
from services.registry import domain, store
from services.registry.domain import Class, MemberUnknown, Reason, State
from services.registry.imports import import_members as import_members
from services.registry.messages import Letter, Report
from services.registry.replies import Reply, Stage
from services.registry.store import Claimed
from services.registry.vault import Vault
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection

_ABOUT_NO_PROJECT = UUID(int=0)


async def follow_projects(conn: Connection, projects: Sequence[ProjectState]) -> None:
    await store.hold_projects(conn, projects)


async def follow_reports(conn: Connection, reports: Sequence[ReportState]) -> None:
    await store.hold_reports(conn, reports)


async def receive_orders(conn: Connection, clock: Clock, orders: Sequence[OrderState]) -> None:
    """Hold each order once; answer at once those that cannot be sent any more."""
    await store.hold_orders(conn, orders)
    if cancelled := [o.order_id for o in orders if o.state is OrderRequest.CANCELLED]:
        await store.cancel_orders(conn, cancelled)
    await refuse_orders(conn, clock, [order.order_id for order in orders])


async def refuse_orders(conn: Connection, clock: Clock, order_ids: Sequence[UUID]) -> int:
    """Answer those of the orders that can no longer be sent; returns how many.

    Campaigns frees the days of a refused order, so it learns of a contact lock that stays.
    """
    now = clock.now()
    refused = await store.refuse_orders(conn, now, order_ids)
    if refused:
        await store.tell_locked(conn, order_ids, now)
    return refused


async def answer_orders(conn: Connection, clock: Clock) -> int:
    """Refuse every pending order that cannot be sent any more, at any hour; returns how many."""
    hopeless = await store.hopeless_orders(conn, clock.now())
    return await refuse_orders(conn, clock, hopeless) if hopeless else 0


@dataclass(frozen=True)
class Attempt:
    """An attempt as recorded, and the letter to hand over."""

    order_id: UUID
    number: int
    order_class: Class
    started: datetime
    day: date
    zone: str
    letter: Letter
    handovers: int = 0

    def in_time(self, now: datetime) -> bool:
        return domain.in_time(self.started, self.day, self.zone, now)

    @property
    def in_hours(self) -> bool:
        return domain.in_hours(self.started, self.zone)


async def start_attempt(
    conn: Connection, clock: Clock, vault: Vault, order_id: UUID
) -> Attempt | None:
    """Record that a message is about to be sent, with the contact lock or the locks of a notice.

    None: somebody else has the order, it was refused, or it must wait. The caller holds the
    member's advisory lock, and commits before it speaks to the mail server.
    """
    claimed = await store.claim_order(conn, order_id)
    if claimed is None:
        return None
    now = clock.now()
    verdict = domain.judge(_order(claimed), now)
    if isinstance(verdict, domain.Refuse):
        await refuse_orders(conn, clock, [order_id])
        return None
    if isinstance(verdict, domain.Wait):
        return None
    letter = _letter(claimed, vault)
    assert claimed.person_id is not None
    person = claimed.person_id
    if claimed.order_class is Class.SOLICITATION:
        before = await store.lock_before(conn, person)
        taken = await store.take_contact_lock(conn, person, verdict.day, order_id)
    else:
        kind, about = claimed.kind, claimed.project_id or _ABOUT_NO_PROJECT
        taken, before = await store.take_notice_locks(
            conn, person, kind, about, verdict.day, order_id
        )
    if not taken:
        # Refused for good if its lock ends after the window, else it waits for that day.
        await refuse_orders(conn, clock, [order_id])
        return None
    number = await store.record_attempt(conn, order_id, verdict.day, person, before)
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


def _order(claimed: Claimed) -> domain.Order:
    held = claimed.project_id is None or (
        claimed.held_version is not None and claimed.held_version >= (claimed.project_version or 1)
    )
    report_held = claimed.report_version is None or (
        claimed.held_report is not None and claimed.held_report >= claimed.report_version
    )
    return domain.Order(
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


def _letter(claimed: Claimed, vault: Vault) -> Letter:
    assert claimed.box is not None
    assert claimed.ends_on is not None
    return Letter(
        order_id=claimed.order_id,
        kind=claimed.kind,
        member_id=claimed.member_id,
        subject_id=claimed.subject_id,
        language="en" if claimed.language == "en" else "fr",
        to=vault.open(claimed.member_id, claimed.box),
        mandate=claimed.mandate,
        recruitment_ends_on=claimed.recruitment_ends_on,
        collection_ends_on=claimed.collection_ends_on,
        membership_ends_on=claimed.ends_on,
        details=claimed.details,
        report=_report(claimed),
    )


def _report(claimed: Claimed) -> Report | None:
    if claimed.report_version is None:
        return None
    # Judged before: an order waits until its report is held.
    assert claimed.report_url is not None
    assert claimed.report_summary is not None
    assert claimed.held_report is not None
    return Report(claimed.held_report, claimed.report_url, claimed.report_summary)


async def record_sent(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """The mail server took responsibility. False: the attempt had been judged meanwhile."""
    return await store.record_outcome(
        conn, attempt.order_id, attempt.number, clock.now(), State.SENT
    )


async def record_postponed(conn: Connection, clock: Clock, attempt: Attempt) -> bool:
    """Nothing was handed over: the previous contact lock is back, and the order is tried again."""
    now = clock.now()
    return await store.record_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        now,
        State.PENDING,
        retry_at=domain.retry_at(now, attempt.number),
    )


async def record_refusal(conn: Connection, clock: Clock, attempt: Attempt, reply: Reply) -> bool:
    """A negative reply: before the content the previous contact lock is back, afterwards it stays.

    Campaigns frees the days of a refused order, so it learns of a lock that stays.
    """
    now = clock.now()
    state = domain.after_refusal(attempt.order_class, reply, attempt.handovers)
    pending = state is State.PENDING
    recorded = await store.record_outcome(
        conn,
        attempt.order_id,
        attempt.number,
        now,
        state,
        Reason.REJECTED if state is State.REFUSED else None,
        domain.retry_after(now, attempt.number, reply) if pending else None,
        reply=reply.without_personal_data(attempt.letter.to.address, attempt.letter.to.name),
        handed_over=reply.stage is Stage.CONTENT,
    )
    await store.tell_locked(conn, [attempt.order_id], now)
    return recorded


async def record_unknown(conn: Connection, clock: Clock, order_id: UUID, number: int) -> None:
    """Nobody can know whether the message left. A solicitation stays so; a notice comes again."""
    found = await store.attempt_of(conn, order_id)
    if found is None or found[0] != number:
        return
    _, order_class, unknowns = found
    now = clock.now()
    await store.mark_unknown(conn, order_id, number)
    if domain.after_unknown(order_class, unknowns) is State.PENDING:
        await store.try_again(conn, order_id, domain.retry_at(now, number))
    else:
        await store.tell_delivery(conn, order_id, now)


async def judge_stale_attempt(
    conn: Connection, clock: Clock, order_id: UUID, member_id: UUID
) -> bool:
    """An open attempt whose member nobody holds has lost its sender: its result is unknown."""
    if not await store.nobody_is_sending(conn, member_id):
        return False
    found = await store.attempt_of(conn, order_id)
    if found is None:
        return False
    await record_unknown(conn, clock, order_id, found[0])
    return True


@dataclass(frozen=True)
class Leaving:
    """What the page says: `now` is false for who had left, or whose membership was over."""

    now: bool
    erased: bool = False


async def look_at_membership(conn: Connection, member_id: UUID) -> Leaving:
    """What leaving would do. Raises MemberUnknown."""
    member = await store.read_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    return Leaving(member.status in domain.CAN_LEAVE, member.status is domain.Status.ERASED)


async def leave(conn: Connection, clock: Clock, member_id: UUID) -> Leaving:
    """Withdraw from the panel: waits for a message being sent; afterwards none starts.

    The address is forgotten but for its keyed hash, and the contact lock stays, so that leaving
    and joining again gains nothing. Raises MemberUnknown.
    """
    await store.wait_for_messages(conn, member_id)
    member = await store.lock_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    if member.status not in domain.CAN_LEAVE:
        return Leaving(now=False, erased=member.status is domain.Status.ERASED)
    now = clock.now()
    await store.mark_left(conn, member_id, now)
    assert member.person_id is not None
    assert member.zone is not None
    await store.suppress_contact(conn, member_id, member.person_id, clock.today(member.zone))
    await store.refuse_orders(conn, now, await store.pending_orders_of(conn, member_id))
    return Leaving(now=True)


async def erase(conn: Connection, clock: Clock, member_id: UUID) -> bool:
    """Forget who a member is, for good; false if it was done before.

    Waits for a message being sent, as leaving does. The keyed hash of the address stays on the
    suppression list, which only a newer consent opens; for 31 days it leads to the contact lock, so
    that being erased and joining again gains nothing. campaigns hears of it and confirms. Raises
    MemberUnknown.
    """
    await store.wait_for_messages(conn, member_id)
    member = await store.lock_member(conn, member_id)
    if member is None:
        raise MemberUnknown
    if member.status is domain.Status.ERASED:
        return False
    assert member.person_id is not None
    assert member.zone is not None
    now, day = clock.now(), clock.today(member.zone)
    await store.forget_contact(
        conn,
        member_id,
        member.person_id,
        day,
        domain.latest_day(now),
        domain.lock_days(member.zone, now),
    )
    await store.erase_member(conn, member_id, now, day)
    await store.refuse_orders(conn, now, await store.pending_orders_of(conn, member_id))
    return True


async def hear_erasures(conn: Connection, clock: Clock, erasures: Sequence[ErasureApplied]) -> None:
    """Campaigns has forgotten them. Whom registry has not, as after both a restore and the loss of
    its topics, it forgets now."""
    for member_id in await store.unerased(conn, [one.member_id for one in erasures]):
        await erase(conn, clock, member_id)
    await store.acknowledge_erasures(conn, erasures)


async def forget_locks(conn: Connection, clock: Clock) -> int:
    """Of erased people, once the last solicitation is a month old; returns how many.

    Locks of notices are forgotten as soon as they keep nothing back.
    """
    await store.forget_notices(conn, domain.earliest_day(clock.now()))
    return await store.forget_locks(conn, clock.today())


async def end_memberships(conn: Connection, clock: Clock) -> int:
    """Expire who accepted the charter three years ago, and answer their orders."""
    return await store.expire_members(conn, clock.now())


async def count_months(conn: Connection, clock: Clock) -> int:
    """Tell the months whose numbers changed; returns how many."""
    return await store.count_months(conn, clock.today(), clock.now())


async def republish(conn: Connection, clock: Clock) -> dict[str, int]:
    """The current state of every member, every answered order and every month, once more."""
    now = clock.now()
    return {
        store.MEMBER: await store.republish_members(conn, now),
        store.DELIVERY: await store.republish_deliveries(conn, now),
        store.FIGURE: await store.republish_figures(conn, now),
    }
