"""Events of campaigns: send orders, acknowledged erasures, projects."""

import re
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts.accounts import CODE_FORM
from services.contracts.envelope import Event


class OrderClass(StrEnum):
    SOLICITATION = "solicitation"
    NOTICE = "notice"


class OrderKind(StrEnum):
    """The closed list of messages (docs/design.md, Send order); anything else cannot be ordered."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    CONFIRMATION = "confirmation"
    PRACTICALITIES = "practicalities"
    REQUESTED_REMINDER = "requested_reminder"
    EXPIRY = "expiry"
    REPORT = "report"

    @property
    def order_class(self) -> OrderClass:
        return OrderClass.SOLICITATION if self in SOLICITATIONS else OrderClass.NOTICE


SOLICITATIONS = frozenset({OrderKind.INVITATION, OrderKind.REMINDER})


# Details of each kind, and their form; other kinds have none. No key takes free text, which would
# be a channel to every participant.
DETAILS: dict[OrderKind, dict[str, str]] = {
    OrderKind.CONFIRMATION: {"participation": "joined|waitlisted|promoted"},
    OrderKind.PRACTICALITIES: {
        "day": r"\d{4}-\d{2}-\d{2}",
        "starts_at": r"(?:[01]\d|2[0-3]):[0-5]\d",
        "ends_at": r"(?:[01]\d|2[0-3]):[0-5]\d",
    },
}


class OrderRequest(StrEnum):
    ORDERED = "ordered"
    CANCELLED = "cancelled"


class OrderState(Event):
    """A single-use command to send one message within a window of civil days."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
    event_type: ClassVar[str] = "order.state"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID
    state: OrderRequest
    order_class: OrderClass = Field(alias="class")
    kind: OrderKind
    member_id: UUID
    subject_id: UUID = Field(description="invitation, participation or project it is about")
    project_id: UUID | None = None
    project_version: int | None = None
    report_version: int | None = None
    first_day: date
    last_day: date
    details: dict[str, str] = Field(
        default_factory=dict,
        description="of a confirmation, participation: joined, waitlisted or promoted",
    )

    @model_validator(mode="after")
    def the_kind_decides_the_class(self) -> Self:
        if self.order_class is not self.kind.order_class:
            raise ValueError(f"a {self.kind} is a {self.kind.order_class}")
        if self.last_day < self.first_day:
            raise ValueError("the window ends before it starts")
        return self

    @model_validator(mode="after")
    def details_have_closed_keys(self) -> Self:
        forms = DETAILS.get(self.kind, {})
        for key, value in self.details.items():
            if key not in forms:
                raise ValueError(f"a {self.kind} has no such detail")
            if not re.fullmatch(forms[key], value, re.ASCII):
                raise ValueError(f"a {self.kind} has no such {key}")
        if day := self.details.get("day"):
            # A day that no calendar has could not be printed in a message.
            date.fromisoformat(day)
        return self

    def body(self) -> bytes:
        return self.model_dump_json(exclude_none=True, by_alias=True).encode()


class ErasureApplied(Event):
    """Campaigns erased its data of a member; registry may close the erasure."""

    event_type: ClassVar[str] = "erasure.applied"
    key_field: ClassVar[str] = "member_id"

    member_id: UUID
    applied_on: date


class ProjectPhase(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    RECRUITED = "recruited"
    COLLECTED = "collected"
    REPORTING = "reporting"
    CLOSED = "closed"
    ABANDONED = "abandoned"


class DecisionMaker(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    role: str
    account: str | None = Field(
        None,
        pattern=f"^{CODE_FORM}$",
        description="code of the person's account at the sign-in service: that person signs",
    )


class Compensation(BaseModel):
    """Compensation with its reference; without one participation is unpaid."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    terms: str
    reference: str


class Mandate(BaseModel):
    """Mandate of a project, as the charter obliges the administration to publish it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str
    nature: str
    why: str
    stakes: str
    objectives: str
    purpose: str = Field(description="what it will be used for")
    decision_maker: DecisionMaker
    who: str = Field(description="who can take part")
    how: str
    compensation: Compensation | None = None


class DecisionMakerChange(BaseModel):
    """Change of the decision maker after publication, with this version of the project."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int
    name: str
    role: str
    account: str | None = None
    name_before: str
    role_before: str
    account_before: str | None = None
    reason: str
    changed_on: date


class ReportDuties(BaseModel):
    """Report duties of the latest report by state: one duty for each participant.

    Rounded down to multiples of five, absent below five: exact numbers could be subtracted from
    each other until one person is left.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    report_version: int
    owed: int | None = Field(None, description="not sent yet")
    sent: int | None = None
    undeliverable: int | None = None
    exempt: int | None = Field(None, description="left the panel or erased since")


class ProjectState(Event):
    """Public state of a project, from the day it is published."""

    event_type: ClassVar[str] = "project.state"
    key_field: ClassVar[str] = "project_id"

    project_id: UUID
    state: ProjectPhase
    mandate: Mandate
    recruitment_ends_on: date
    collection_ends_on: date
    credential_key: dict[str, Any] | None = Field(None, description="public key, as a JWK")
    asked: int | None = Field(
        None, description="once recruited: rounded down to a multiple of five, absent below five"
    )
    joined: int | None = Field(None, description="as asked")
    credentials_issued: int | None = Field(None, description="once collected, as asked")
    floor_reached: bool | None = Field(
        None,
        description="once collected: whether at least anonymity_floor credentials were issued;"
        " absent where a restored database does not know",
    )
    anonymity_floor: int = 5
    draw_commitments: list[str] = Field(
        default_factory=list, description="SHA-256 of each campaign's seed, hex"
    )
    draw_seeds: list[str] = Field(
        default_factory=list,
        description="hex, revealed once recruitment is over, in the order of the commitments",
    )
    report_duties: ReportDuties | None = Field(
        None, description="as they stood when the project began reporting, or closed"
    )
    ended_early_reason: str | None = None
    decision_maker_changes: list[DecisionMakerChange] = Field(
        default_factory=list, description="since it was published, oldest first"
    )
