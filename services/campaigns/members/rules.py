"""Members, as far as campaigns needs them: coded attributes and days, no identity."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Member:
    """A version of registry's member.state; a former member has no attributes."""

    member_id: UUID
    version: int
    status: str
    merged_into: UUID | None
    zone: str | None
    attributes: dict[str, str] | None
    not_before: date | None
    ends_on: date | None


@dataclass(frozen=True)
class FormerMember:
    """A member whose departure has just been applied."""

    member_id: UUID
    version: int
    status: str
    merged_into: UUID | None


@dataclass(frozen=True)
class ErasedMember:
    """A member who was erased, and the day on which campaigns applied it."""

    member_id: UUID
    version: int
    gone_on: date


@dataclass(frozen=True)
class DayFigures:
    """Numbers of one day over all projects."""

    asked: int
    opted_in: int
    declined: int
    left_panel: int
    orders_unanswered: int
    solicited_twice: int
    members: int
