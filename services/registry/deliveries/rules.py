"""Rules of deliveries: the state machine, sending windows, retries and refusals."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.registry.deliveries.replies import Cause, Reply, Stage
from services.registry.members.rules import MemberStatus

SENDING_STARTS, SENDING_ENDS = time(8), time(20)
MAX_NOTICE_RETRIES = 3
# From the recorded attempt to the first byte of the message: a slower sender starts over.
ATTEMPT_TIME_LIMIT = timedelta(minutes=5)
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class DeliveryStatus(StrEnum):
    """State of a delivery (docs/design.md, Delivery)."""

    PENDING = "pending"
    ATTEMPTING = "attempting"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOUNCED = "bounced"


class RefusalReason(StrEnum):
    """Reason for which an order is refused."""

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


# Contents handed over for one order, each refused: a server may deliver and refuse all the same.
MAX_HANDOVERS = {OrderClass.SOLICITATION: 2, OrderClass.NOTICE: 3}
# Notices to one person in a day, over all kinds: a confirmation, a place that became free and a
# report may meet on one day; a fourth message is a flood, whatever its content.
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


def may_transition(
    order_class: OrderClass, current: DeliveryStatus, target: DeliveryStatus
) -> bool:
    """Whether a delivery may change its state so; a solicitation of unknown fate stays unknown."""
    if current is DeliveryStatus.UNKNOWN and order_class is OrderClass.SOLICITATION:
        return False
    return (current, target) in TRANSITIONS


def status_after_unknown(order_class: OrderClass, unknowns: int) -> DeliveryStatus:
    """State after an attempt of unknown result: only a notice is worth a second copy."""
    if order_class is OrderClass.NOTICE and unknowns < MAX_NOTICE_RETRIES:
        return DeliveryStatus.PENDING
    return DeliveryStatus.UNKNOWN


def next_retry(instant: datetime, attempt: int) -> datetime:
    """Exponential backoff after a temporary refusal: one minute, doubled, one hour at most."""
    doubled: timedelta = _FIRST_RETRY * 2 ** min(attempt - 1, 10)
    return instant + min(doubled, _LONGEST_RETRY)


def status_after_refusal(order_class: OrderClass, reply: Reply, handovers: int) -> DeliveryStatus:
    """State after a negative reply, with `handovers` earlier contents of this order refused.

    Only an address that does not exist refuses the order; any other waits within its window. Once a
    content was handed over the server may have delivered it, whatever its reply: a few copies at
    most, then the fate of the message is unknown. A solicitation gets no second copy where the
    reply gives no reason.
    """
    if reply.cause is Cause.RECIPIENT:
        return DeliveryStatus.REFUSED
    if reply.stage is Stage.CONTENT and (
        handovers + 1 >= MAX_HANDOVERS[order_class]
        or (order_class is OrderClass.SOLICITATION and reply.cause is Cause.UNCLEAR)
    ):
        return DeliveryStatus.UNKNOWN
    return DeliveryStatus.PENDING


def retry_after_refusal(instant: datetime, attempt: int, reply: Reply) -> datetime:
    """As `next_retry`; a permanent refusal of the content is not repeated within an hour."""
    backoff = next_retry(instant, attempt)
    permanent = reply.stage is Stage.CONTENT and reply.is_permanent
    return max(backoff, instant + _LONGEST_RETRY) if permanent else backoff


@dataclass(frozen=True)
class PendingOrder:
    """A pending send order, with the facts that decide whether its message may start now."""

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
    """The message may start, and counts for this civil day of the member."""

    day: date


@dataclass(frozen=True)
class Refuse:
    reason: RefusalReason


@dataclass(frozen=True)
class Wait:
    """Not now; perhaps later in the window."""


Evaluation = Start | Refuse | Wait


def evaluate(order: PendingOrder, instant: datetime) -> Evaluation:
    """Evaluate a pending order; the contact lock, which only its table knows, comes afterwards."""
    if order.cancelled:
        return Refuse(RefusalReason.CANCELLED)
    if order.status is MemberStatus.MERGED:
        return Refuse(RefusalReason.MERGED)
    if order.status is not MemberStatus.ACTIVE or order.zone is None or order.ends_on is None:
        return Refuse(RefusalReason.NOT_ACTIVE)
    local = instant.astimezone(ZoneInfo(order.zone))
    if order.ends_on <= local.date():
        return Refuse(RefusalReason.NOT_ACTIVE)
    if not order.has_address:
        return Refuse(RefusalReason.NO_ADDRESS)
    if order.last_day < local.date():
        return Refuse(RefusalReason.WINDOW_OVER)
    waits = (
        local.date() < order.first_day
        or not within_sending_hours(instant, order.zone)
        or (order.retry_at is not None and instant < order.retry_at)
        or not order.project_known
        or not order.report_known
    )
    return Wait() if waits else Start(local.date())


def within_sending_hours(instant: datetime, zone: str) -> bool:
    """Whether messages may start in the member's zone: 08:00 to 20:00."""
    return SENDING_STARTS <= instant.astimezone(ZoneInfo(zone)).time() < SENDING_ENDS


def is_attempt_valid(started: datetime, day: date, zone: str, instant: datetime) -> bool:
    """Whether the message may still be handed over under the recorded attempt."""
    same_day = instant.astimezone(ZoneInfo(zone)).date() == day
    return same_day and started <= instant < started + ATTEMPT_TIME_LIMIT
