"""The rules of membership and of messages: pure, so that they can be read and proven alone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.registry.replies import Cause, Reply, Stage
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

MEMBERSHIP_YEARS = 3
# Civil days between two solicitations of one person, so that both readings of "a month" hold.
BLOCK_DAYS = 31
OPENS, CLOSES = time(8), time(20)
_PARIS = ZoneInfo("Europe/Paris")
NOTICE_RETRIES = 3
# From the recorded attempt to the message's first byte: a sender that was slower starts over.
ATTEMPT_LASTS = timedelta(minutes=5)
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class Status(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    LEFT = "left"
    EXPIRED = "expired"
    MERGED = "merged"
    ERASED = "erased"


# Who can still say "I leave"; for the others it is done already, one way or another.
CAN_LEAVE = frozenset({Status.ACTIVE, Status.PAUSED, Status.SUSPENDED})


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    ATTEMPTING = "attempting"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOUNCED = "bounced"


class Reason(StrEnum):
    """Why an order is refused."""

    CANCELLED = "cancelled"
    WINDOW_OVER = "window_over"
    TOO_SOON = "too_soon"
    NOT_ACTIVE = "not_active"
    MERGED = "merged"
    NO_ADDRESS = "no_address"
    REJECTED = "rejected"


class Class(StrEnum):
    SOLICITATION = "solicitation"
    NOTICE = "notice"


# Contents handed over for one order, each refused: a server may deliver and refuse.
MOST_HANDOVERS = {Class.SOLICITATION: 2, Class.NOTICE: 3}

# Notices to one person in a day, over all kinds: a confirmation, a place that became free and a
# report may meet on one day; a fourth message is a flood, whatever it says.
NOTICES_A_DAY = 3
# Civil days between two notices of one kind to one person about one project.
NOTICE_SPACING = {
    "report": 31,
    "expiry": 31,
    "practicalities": 7,
    "requested_reminder": 7,
    "confirmation": 1,
}

MOVES: frozenset[tuple[State, State]] = frozenset(
    {
        (State.PENDING, State.ATTEMPTING),
        (State.PENDING, State.REFUSED),
        (State.ATTEMPTING, State.SENT),
        (State.ATTEMPTING, State.PENDING),
        (State.ATTEMPTING, State.REFUSED),
        (State.ATTEMPTING, State.UNKNOWN),
        (State.UNKNOWN, State.PENDING),
        (State.SENT, State.BOUNCED),
    }
)


def may_move(of: Class, before: State, after: State) -> bool:
    """Whether a delivery may go from one state to another; a solicitation never leaves unknown."""
    if before is State.UNKNOWN and of is Class.SOLICITATION:
        return False
    return (before, after) in MOVES


def after_unknown(of: Class, unknowns: int) -> State:
    """Where an attempt ends whose result nobody can know: only a notice is worth a second copy."""
    if of is Class.NOTICE and unknowns < NOTICE_RETRIES:
        return State.PENDING
    return State.UNKNOWN


def retry_at(now: datetime, attempt: int) -> datetime:
    """After a temporary refusal: a minute, then twice as long each time, an hour at most."""
    doubled: timedelta = _FIRST_RETRY * 2 ** min(attempt - 1, 10)
    return now + min(doubled, _LONGEST_RETRY)


def after_refusal(of: Class, reply: Reply, handovers: int) -> State:
    """Where an attempt ends that the mail server refused, `handovers` contents having been refused.

    Only an address that does not exist refuses the order; anything else waits within its window.
    Once a content was handed over the server may have delivered it whatever it answered: a few
    copies at most, then the fate of the message is unknown. A solicitation gets no second copy
    where the server gives no reason for its refusal.
    """
    if reply.cause is Cause.RECIPIENT:
        return State.REFUSED
    if reply.stage is Stage.CONTENT and (
        handovers + 1 >= MOST_HANDOVERS[of]
        or (of is Class.SOLICITATION and reply.cause is Cause.UNCLEAR)
    ):
        return State.UNKNOWN
    return State.PENDING


def retry_after(now: datetime, attempt: int, reply: Reply) -> datetime:
    """A refusal of the content that was meant for good is not repeated before an hour."""
    soon = retry_at(now, attempt)
    patient = reply.stage is Stage.CONTENT and reply.is_permanent
    return max(soon, now + _LONGEST_RETRY) if patient else soon


def ends_on(accepted_on: date) -> date:
    """The first day that is no longer membership; a 29 February ends on a 28th."""
    try:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS)
    except ValueError:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS, day=28)


def free_again(last_day: date) -> date:
    return last_day + timedelta(days=BLOCK_DAYS)


def lock_days(zone: str, now: datetime) -> int:
    """Days after which a contact lock is over by the panel's own calendar (Paris).

    A month that ends later where the member lived is kept a day longer, as the zone is forgotten.
    """
    there, paris = now.astimezone(ZoneInfo(zone)), now.astimezone(_PARIS)
    behind = there.replace(tzinfo=None) < paris.replace(tzinfo=None)
    return BLOCK_DAYS + behind


def latest_day(now: datetime) -> date:
    """The latest civil day anywhere on Earth: a contact of unknown place may count for it."""
    return (now.astimezone(UTC) + timedelta(hours=14)).date()


def earliest_day(now: datetime) -> date:
    """The earliest civil day anywhere on Earth: what is over there is over everywhere."""
    return (now.astimezone(UTC) - timedelta(hours=12)).date()


@dataclass(frozen=True)
class Order:
    """A pending send order, with what decides whether its message may start now."""

    first_day: date
    last_day: date
    cancelled: bool
    retry_at: datetime | None
    status: Status | None
    zone: str | None
    ends_on: date | None
    has_address: bool
    project_held: bool
    report_held: bool = True


@dataclass(frozen=True)
class Start:
    """It may start, and counts for this civil day of the member's."""

    day: date


@dataclass(frozen=True)
class Refuse:
    reason: Reason


@dataclass(frozen=True)
class Wait:
    """Not now, perhaps later in its window."""


Verdict = Start | Refuse | Wait


def judge(order: Order, now: datetime) -> Verdict:
    """What to do with a pending order, the contact lock aside, which only its table can answer."""
    if order.cancelled:
        return Refuse(Reason.CANCELLED)
    if order.status is Status.MERGED:
        return Refuse(Reason.MERGED)
    if order.status is not Status.ACTIVE or order.zone is None or order.ends_on is None:
        return Refuse(Reason.NOT_ACTIVE)
    local = now.astimezone(ZoneInfo(order.zone))
    if order.ends_on <= local.date():
        return Refuse(Reason.NOT_ACTIVE)
    if not order.has_address:
        return Refuse(Reason.NO_ADDRESS)
    if order.last_day < local.date():
        return Refuse(Reason.WINDOW_OVER)
    waits = (
        local.date() < order.first_day
        or not in_hours(now, order.zone)
        or (order.retry_at is not None and now < order.retry_at)
        or not order.project_held
        or not order.report_held
    )
    return Wait() if waits else Start(local.date())


def in_hours(at: datetime, zone: str) -> bool:
    """Whether messages may start where the member lives."""
    return OPENS <= at.astimezone(ZoneInfo(zone)).time() < CLOSES


def in_time(started: datetime, day: date, zone: str, now: datetime) -> bool:
    """Whether the message may still be handed over as the attempt that was recorded."""
    same_day = now.astimezone(ZoneInfo(zone)).date() == day
    return same_day and started <= now < started + ATTEMPT_LASTS


def end_of(day: date, extra: timedelta = timedelta()) -> datetime:
    """The end of a civil day everywhere on Earth, and some more: for links in messages."""
    return datetime.combine(day, time(), UTC) + timedelta(days=1, hours=12) + extra


class ColumnsMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Ce fichier n'a pas toutes les colonnes nécessaires. Colonnes lues : {found}.",
        en="This file does not have all the columns needed. Columns read: {found}.",
    )
    way_out = Text(
        fr="La première ligne doit nommer les colonnes, séparées par ; , | ou une tabulation.",
        en="The first line must name the columns, separated by ; , | or a tabulation.",
    )

    def __init__(self, found: list[str], missing: list[Text]) -> None:
        super().__init__(found=", ".join(found) or "–")
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return [column.in_(language) for column in self.missing]


class FileUnreadable(Refusal):
    status = 422
    sentence = Text(
        fr="Ce fichier n'est pas du texte lisible de bout en bout : il est peut-être tronqué.",
        en="This file cannot be read as text to its end: it may have been cut off.",
    )
    way_out = Text(
        fr="Exportez-le de nouveau, de préférence en UTF-8.",
        en="Export it again, preferably as UTF-8.",
    )


class EncodingDoubtful(FileUnreadable):
    """Decoded as the likeliest code page, the text has letters that nobody writes."""

    sentence = Text(
        fr="Les accents de ce fichier sont perdus : on y lit {read}.",
        en="The accents of this file are lost: it reads {read}.",
    )
    way_out = Text(
        fr="Exportez-le de nouveau au format « CSV UTF-8 ».",
        en="Export it again as “CSV UTF-8”.",
    )

    def __init__(self, texts: list[str], encoding: str) -> None:
        super().__init__(read=", ".join(f"« {text} »" for text in texts[:3]), encoding=encoding)


class ColumnsTwice(Refusal):
    status = 422
    sentence = Text(
        fr="Deux colonnes disent la même chose : « {first} » (colonne {first_place}) et "
        "« {second} » (colonne {second_place}).",
        en="Two columns mean the same: “{first}” (column {first_place}) and “{second}” "
        "(column {second_place}).",
    )
    way_out = Text(
        fr="Supprimez ou renommez celle qui ne compte pas.",
        en="Remove or rename the one that does not count.",
    )


class LinesUnaccounted(Exception):
    """A line of a file was neither a member nor refused nor blank: a defect, never a person's."""

    def __init__(self, lines: int, accounted: int) -> None:
        super().__init__(f"the file has {lines} lines, of which {accounted} are accounted for")


class MemberUnknown(Refusal):
    status = 404
    sentence = Text(
        fr="Ce lien ne correspond à aucun membre du panel.",
        en="This link belongs to no member of the panel.",
    )
