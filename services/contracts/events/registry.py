"""Events of registry: members, delivery outcomes and figures, without personal data."""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.contracts.envelope import Event


class MemberStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    LEFT = "left"
    EXPIRED = "expired"
    MERGED = "merged"
    ERASED = "erased"

    @property
    def is_final(self) -> bool:
        return self in FINAL_STATUSES


FINAL_STATUSES = frozenset(
    {MemberStatus.LEFT, MemberStatus.EXPIRED, MemberStatus.MERGED, MemberStatus.ERASED}
)


class MemberState(Event):
    """Member without identity: status, coded attributes, days."""

    event_type: ClassVar[str] = "member.state"
    key_field: ClassVar[str] = "member_id"

    member_id: UUID
    status: MemberStatus
    merged_into: UUID | None = None
    zone: str | None = Field(None, description="IANA time zone, e.g. Europe/Paris")
    attributes: dict[str, str] = Field(default_factory=dict, description="attribute → code")
    not_before: date | None = Field(None, description="first day a solicitation is possible again")
    ends_on: date | None = Field(None, description="3 years after the charter was accepted")

    @model_validator(mode="after")
    def nothing_is_kept_of_who_is_gone(self) -> Self:
        if self.status.is_final and (
            self.zone or self.attributes or self.not_before or self.ends_on
        ):
            raise ValueError("only status and merged_into may be published of a former member")
        if (self.merged_into is not None) != (self.status is MemberStatus.MERGED):
            raise ValueError("merged_into goes with status merged, and only with it")
        return self


class DeliveryOutcome(StrEnum):
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOUNCED = "bounced"


class RefusedReason(StrEnum):
    CANCELLED = "cancelled"
    WINDOW_OVER = "window_over"
    TOO_SOON = "too_soon"
    NOT_ACTIVE = "not_active"
    MERGED = "merged"
    NO_ADDRESS = "no_address"
    REJECTED = "rejected"


class DeliveryState(Event):
    """Delivery outcome of one send order; every order gets one."""

    event_type: ClassVar[str] = "delivery.state"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID
    state: DeliveryOutcome
    day: date | None = Field(None, description="civil day of the attempt, in the member's zone")
    reason: RefusedReason | None = None

    @model_validator(mode="after")
    def an_answer_is_complete(self) -> Self:
        if (self.reason is not None) != (self.state is DeliveryOutcome.REFUSED):
            raise ValueError("a reason goes with a refusal, and only with it")
        if self.day is None and self.state is not DeliveryOutcome.REFUSED:
            raise ValueError("a message that may have left has a day")
        return self


class FiguresState(Event):
    """Messages of one month in numbers: no cell below five, no month with fewer than five asked.

    Of the current month, the days that are over.
    """

    event_type: ClassVar[str] = "figures.state"
    key_field: ClassVar[str] = "month"

    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    solicitations: int
    people_solicited: int
    most_for_one_person_in_31_days: int
    notices: int | None = Field(None, description="left out below five")
    refused_by_reason: dict[RefusedReason, int] = Field(
        default_factory=dict, description="by the month their window began in; none below five"
    )
