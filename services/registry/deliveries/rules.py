"""Rules of deliveries: the state machine, sending windows, retries and refusals."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.registry.deliveries.replies import Cause, Reply, Stage
from services.registry.members.rules import MemberStatus

SENDING_STARTS, SENDING_ENDS = time(8), time(20)


MAX_NOTICE_RETRIES = 3


# From the recorded attempt to the message's first byte: a sender that was slower starts over.
ATTEMPT_TIME_LIMIT = timedelta(minutes=5)


_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    ATTEMPTING = "attempting"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOUNCED = "bounced"


class RefusalReason(StrEnum):
    """Why an order is refused."""

    CANCELLED = "cancelled"
    WINDOW_OVER = "window_over"
    TOO_SOON = "too_soon"
    NOT_ACTIVE = "not_active"
    MERGED = "merged"
    NO_ADDRESS = "no_address"
    REJECTED = "rejected"


class OrderClass(StrEnum):
    SOLICITATION = "solicitation"
    NOTICE = "notice"


# Contents handed over for one order, each refused: a server may deliver and refuse.
MAX_HANDOVERS = {OrderClass.SOLICITATION: 2, OrderClass.NOTICE: 3}


# Notices to one person in a day, over all kinds: a confirmation, a place that became free and a
# report may meet on one day; a fourth message is a flood, whatever it says.
MAX_NOTICES_PER_DAY = 3


# Civil days between two notices of one kind to one person about one project.
NOTICE_SPACING_DAYS = {
    "report": 31,
    "expiry": 31,
    "practicalities": 7,
    "requested_reminder": 7,
    "confirmation": 1,
}


TRANSITIONS: frozenset[tuple[DeliveryStatus, DeliveryStatus]] = frozenset(
    {
        (DeliveryStatus.PENDING, DeliveryStatus.ATTEMPTING),
        (DeliveryStatus.PENDING, DeliveryStatus.REFUSED),
        (DeliveryStatus.ATTEMPTING, DeliveryStatus.SENT),
        (DeliveryStatus.ATTEMPTING, DeliveryStatus.PENDING),
        (DeliveryStatus.ATTEMPTING, DeliveryStatus.REFUSED),
        (DeliveryStatus.ATTEMPTING, DeliveryStatus.UNKNOWN),
        (DeliveryStatus.UNKNOWN, DeliveryStatus.PENDING),
        (DeliveryStatus.SENT, DeliveryStatus.BOUNCED),
    }
)


def may_transition(of: OrderClass, before: DeliveryStatus, after: DeliveryStatus) -> bool:
    """Whether a delivery may go from one state to another; a solicitation never leaves unknown."""
    if before is DeliveryStatus.UNKNOWN and of is OrderClass.SOLICITATION:
        return False
    return (before, after) in TRANSITIONS


def status_after_unknown(of: OrderClass, unknowns: int) -> DeliveryStatus:
    """Where an attempt ends whose result nobody can know: only a notice is worth a second copy."""
    if of is OrderClass.NOTICE and unknowns < MAX_NOTICE_RETRIES:
        return DeliveryStatus.PENDING
    return DeliveryStatus.UNKNOWN


def next_retry(now: datetime, attempt: int) -> datetime:
    """After a temporary refusal: a minute, then twice as long each time, an hour at most."""
    doubled: timedelta = _FIRST_RETRY * 2 ** min(attempt - 1, 10)
    return now + min(doubled, _LONGEST_RETRY)


def status_after_refusal(of: OrderClass, reply: Reply, handovers: int) -> DeliveryStatus:
    """Where an attempt ends that the mail server refused, `handovers` contents having been refused.

    Only an address that does not exist refuses the order; anything else waits within its window.
    Once a content was handed over the server may have delivered it whatever it answered: a few
    copies at most, then the fate of the message is unknown. A solicitation gets no second copy
    where the server gives no reason for its refusal.
    """
    if reply.cause is Cause.RECIPIENT:
        return DeliveryStatus.REFUSED
    if reply.stage is Stage.CONTENT and (
        handovers + 1 >= MAX_HANDOVERS[of]
        or (of is OrderClass.SOLICITATION and reply.cause is Cause.UNCLEAR)
    ):
        return DeliveryStatus.UNKNOWN
    return DeliveryStatus.PENDING


def retry_after_refusal(now: datetime, attempt: int, reply: Reply) -> datetime:
    """A refusal of the content that was meant for good is not repeated before an hour."""
    soon = next_retry(now, attempt)
    patient = reply.stage is Stage.CONTENT and reply.is_permanent
    return max(soon, now + _LONGEST_RETRY) if patient else soon


@dataclass(frozen=True)
class PendingOrder:
    """A pending send order, with what decides whether its message may start now."""

    first_day: date
    last_day: date
    cancelled: bool
    retry_at: datetime | None
    status: MemberStatus | None
    zone: str | None
    ends_on: date | None
    has_address: bool
    project_known: bool
    report_known: bool = True


@dataclass(frozen=True)
class Start:
    """It may start, and counts for this civil day of the member's."""

    day: date


@dataclass(frozen=True)
class Refuse:
    reason: RefusalReason


@dataclass(frozen=True)
class Wait:
    """Not now, perhaps later in its window."""


Verdict = Start | Refuse | Wait


def evaluate(order: PendingOrder, now: datetime) -> Verdict:
    """What to do with a pending order, the contact lock aside, which only its table can answer."""
    if order.cancelled:
        return Refuse(RefusalReason.CANCELLED)
    if order.status is MemberStatus.MERGED:
        return Refuse(RefusalReason.MERGED)
    if order.status is not MemberStatus.ACTIVE or order.zone is None or order.ends_on is None:
        return Refuse(RefusalReason.NOT_ACTIVE)
    local = now.astimezone(ZoneInfo(order.zone))
    if order.ends_on <= local.date():
        return Refuse(RefusalReason.NOT_ACTIVE)
    if not order.has_address:
        return Refuse(RefusalReason.NO_ADDRESS)
    if order.last_day < local.date():
        return Refuse(RefusalReason.WINDOW_OVER)
    waits = (
        local.date() < order.first_day
        or not within_sending_hours(now, order.zone)
        or (order.retry_at is not None and now < order.retry_at)
        or not order.project_known
        or not order.report_known
    )
    return Wait() if waits else Start(local.date())


def within_sending_hours(at: datetime, zone: str) -> bool:
    """Whether messages may start where the member lives."""
    return SENDING_STARTS <= at.astimezone(ZoneInfo(zone)).time() < SENDING_ENDS


def is_attempt_valid(started: datetime, day: date, zone: str, now: datetime) -> bool:
    """Whether the message may still be handed over as the attempt that was recorded."""
    same_day = now.astimezone(ZoneInfo(zone)).date() == day
    return same_day and started <= now < started + ATTEMPT_TIME_LIMIT
