"""Events of feedback: published decisions and reports."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.envelope import Event


class Outcome(StrEnum):
    RETAINED = "retained"
    PARTLY = "partly"
    NOT = "not"


class Progress(StrEnum):
    """Progress of a proposal that was retained, wholly or partly."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    GIVEN_UP = "given_up"


class FollowUp(BaseModel):
    """One dated step; giving up has a reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    progress: Progress
    note: str | None = None
    on: date


class Signatory(BaseModel):
    """The decision maker as the mandate named them on the day of the signature."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    role: str


class DecisionState(Event):
    """Signed, reasoned decision on one proposal, from the day it is published."""

    event_type: ClassVar[str] = "decision.state"
    key_field: ClassVar[str] = "proposal_id"

    proposal_id: UUID
    project_id: UUID
    proposal_version: int
    outcome: Outcome
    reason: str = Field(min_length=1)
    decided_by: Signatory
    decided_on: date
    next_step: str | None = Field(None, description="what happens next, if it is retained")
    due_on: date | None = Field(None, description="by when")
    owner: str | None = Field(None, description="person or department in charge")
    follow_up: list[FollowUp] = Field(default_factory=list, description="oldest first")


class DecidedProposal(BaseModel):
    """Version of a proposal that the report decides on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    proposal_id: UUID
    version: int


class ReportState(Event):
    """Published decisions of a project, owed to every participant."""

    event_type: ClassVar[str] = "report.state"
    key_field: ClassVar[str] = "project_id"

    project_id: UUID
    collection_version: int
    summary: str
    url: str
    decisions: list[DecidedProposal]
    published_on: date
