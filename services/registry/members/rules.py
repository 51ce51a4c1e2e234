"""Rules of membership and of the contact lock: three years, and 31 civil days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.runtime.refusal import Refusal
from services.runtime.text import Text

MEMBERSHIP_YEARS = 3
# Civil days between two solicitations of one person, so that both readings of "a month" hold.
BLOCK_DAYS = 31
_PARIS = ZoneInfo("Europe/Paris")


class MemberStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    LEFT = "left"
    EXPIRED = "expired"
    MERGED = "merged"
    ERASED = "erased"


# Memberships that can still be left; the others have ended, one way or another.
CAN_LEAVE = frozenset({MemberStatus.ACTIVE, MemberStatus.PAUSED, MemberStatus.SUSPENDED})


@dataclass(frozen=True)
class Contact:
    """Contact details in clear: only on their way to encryption or into a message."""

    address: str
    name: str


def membership_ends_on(accepted_on: date) -> date:
    """The first day after membership; one that began on 29 February ends on 28 February."""
    try:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS)
    except ValueError:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS, day=28)


def first_solicitable_day(last_day: date) -> date:
    """The first day on which a person last solicited on `last_day` may be solicited again."""
    return last_day + timedelta(days=BLOCK_DAYS)


def contact_lock_days(zone: str, instant: datetime) -> int:
    """Days after which a contact lock is over by the panel's own calendar (Paris).

    The zone of an erased member is deleted, so a lock that ends later in that zone stays a day
    longer.
    """
    local, paris = instant.astimezone(ZoneInfo(zone)), instant.astimezone(_PARIS)
    behind = local.replace(tzinfo=None) < paris.replace(tzinfo=None)
    return BLOCK_DAYS + behind


def latest_civil_day(instant: datetime) -> date:
    """The latest civil day anywhere on Earth (UTC+14): the safe one where a zone is unknown."""
    return (instant.astimezone(UTC) + timedelta(hours=14)).date()


def earliest_civil_day(instant: datetime) -> date:
    """The earliest civil day anywhere on Earth (UTC-12): days before it are over everywhere."""
    return (instant.astimezone(UTC) - timedelta(hours=12)).date()


class MemberUnknown(Refusal):
    status = 404
    sentence = Text(
        fr="Ce lien ne correspond à aucun membre du panel.",
        en="This link belongs to no member of the panel.",
    )
