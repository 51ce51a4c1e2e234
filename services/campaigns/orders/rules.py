"""Send orders: single-use commands to registry, each for one message in a window of civil days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
NOTICE_DAYS = 2
# Messages leave until 20:00; an order made in the last hour would mostly miss its first day.
LAST_HOUR_FOR_TODAY = 19


@dataclass(frozen=True)
class Window:
    """Civil days on which a message may leave, both included."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class Notice:
    """A message from the closed list that asks nothing new, about one invitation."""

    kind: str
    member_id: UUID
    invitation_id: UUID
    project_id: UUID
    project_version: int
    details: dict[str, str]


def first_sendable_day(instant: datetime) -> date:
    """Today, or tomorrow when today's sending hours in Paris are nearly over."""
    local = instant.astimezone(PARIS)
    late = local.hour >= LAST_HOUR_FOR_TODAY
    return local.date() + timedelta(days=1 if late else 0)


def sending_window(
    sendable: date, first_day: date | None, days: int, until: date | None
) -> Window | None:
    """Window of a campaign's messages; None when recruitment (`until`) ends before it begins."""
    first = max(sendable, first_day or sendable)
    last = first + timedelta(days=days - 1)
    if until is None:
        return Window(first, last)
    return Window(first, min(last, until)) if first <= until else None


def notice_window(instant: datetime) -> Window:
    """Window of a notice that is ordered now."""
    first = first_sendable_day(instant)
    return Window(first, first + timedelta(days=NOTICE_DAYS - 1))
