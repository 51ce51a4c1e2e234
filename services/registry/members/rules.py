"""Rules of membership and of the contact lock: three years, and 31 civil days."""

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


# Who can still say "I leave"; for the others it is done already, one way or another.
CAN_LEAVE = frozenset({MemberStatus.ACTIVE, MemberStatus.PAUSED, MemberStatus.SUSPENDED})


def membership_ends_on(accepted_on: date) -> date:
    """The first day that is no longer membership; a 29 February ends on a 28th."""
    try:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS)
    except ValueError:
        return accepted_on.replace(year=accepted_on.year + MEMBERSHIP_YEARS, day=28)


def first_solicitable_day(last_day: date) -> date:
    return last_day + timedelta(days=BLOCK_DAYS)


def contact_lock_days(zone: str, now: datetime) -> int:
    """Days after which a contact lock is over by the panel's own calendar (Paris).

    A month that ends later where the member lived is kept a day longer, as the zone is forgotten.
    """
    there, paris = now.astimezone(ZoneInfo(zone)), now.astimezone(_PARIS)
    behind = there.replace(tzinfo=None) < paris.replace(tzinfo=None)
    return BLOCK_DAYS + behind


def latest_civil_day(now: datetime) -> date:
    """The latest civil day anywhere on Earth: a contact of unknown place may count for it."""
    return (now.astimezone(UTC) + timedelta(hours=14)).date()


def earliest_civil_day(now: datetime) -> date:
    """The earliest civil day anywhere on Earth: what is over there is over everywhere."""
    return (now.astimezone(UTC) - timedelta(hours=12)).date()


class MemberUnknown(Refusal):
    status = 404
    sentence = Text(
        fr="Ce lien ne correspond à aucun membre du panel.",
        en="This link belongs to no member of the panel.",
    )
