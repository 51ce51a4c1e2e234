"""Staff API of campaigns: projects, launches, opt-ins, the contact ledger at a glance."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.contracts.accounts import CODE_FORM
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.http import Command, Day, Headcount, View

# audience: attribute → codes that fit; every attribute named must fit.
Audience = dict[str, list[str]]


class DecisionMakerSheet(Command):
    name: str = ""
    role: str = ""
    account: str = Field(
        "",
        pattern=f"^({CODE_FORM})?$",
        description="code of the person's account, as `GET /api/me` returns it to that person",
    )


class ChangeDecisionMaker(Command):
    """Change of a published mandate's decision maker: only the new one signs from then on."""

    name: str = Field(min_length=1, max_length=200)
    role: str = Field(min_length=1, max_length=200)
    account: str = Field(
        pattern=f"^{CODE_FORM}$",
        description="code of the person's account, as `GET /api/me` returns it to that person",
    )
    reason: str = Field(min_length=1, max_length=2_000)


class EndEarly(Command):
    """Recruitment and collection end today; a report is still owed."""

    reason: str = Field(min_length=1, max_length=2_000)


class CompensationSheet(Command):
    terms: str
    reference: str = ""


class MandateSheet(Command):
    """A mandate being written: anything may be missing while the project is a draft."""

    nature: str = ""
    why: str = ""
    stakes: str = ""
    objectives: str = ""
    purpose: str = ""
    decision_maker: DecisionMakerSheet = DecisionMakerSheet()
    who: str = ""
    how: str = ""
    compensation: CompensationSheet | None = None


class ProjectSheet(Command):
    """A project as staff write it, in a mandate file or in the console."""

    title: str = Field(min_length=1)
    mandate: MandateSheet = MandateSheet()
    recruitment_ends_on: Day | None = None
    collection_ends_on: Day | None = None
    places: Headcount | None = Field(
        None, ge=1, description="participants wanted at most; none: no limit"
    )
    anonymity_floor: Headcount = Field(5, ge=5)


class Quotas(Command):
    """Number to ask in each stratum: the codes of one attribute."""

    attribute: str
    wanted: dict[str, Annotated[Headcount, Field(ge=0)]]


class CampaignSheet(Command):
    """One wave of invitations for a project."""

    project_id: UUID
    title: str = Field(min_length=1, max_length=200)
    wanted: Headcount = Field(ge=1, description="people to ask")
    audience: Audience = Field(default_factory=dict)
    quotas: Quotas | None = None
    first_day: Day | None = Field(None, description="none: the day of the launch")
    window_days: int = Field(2, ge=1, le=14, description="civil days an invitation may wait")

    @model_validator(mode="after")
    def quotas_add_up(self) -> Self:
        if self.quotas and (total := sum(self.quotas.wanted.values())) != self.wanted:
            raise PydanticCustomError(
                "quotas_do_not_add_up",
                "the quotas do not add up to the number wanted",
                {"sum": total, "wanted": self.wanted},
            )
        return self


class Launch(Command):
    """Campaigns launched together enter the same draw."""

    campaign_ids: list[UUID] = Field(min_length=1)


class CampaignPhase(StrEnum):
    DRAFT = "draft"
    LAUNCHED = "launched"


class CampaignView(View):
    id: UUID
    project_id: UUID
    title: str
    state: CampaignPhase
    wanted: int
    audience: Audience
    quotas: Quotas | None
    first_day: date | None
    window_days: int
    draw_commitment: str | None
    launched_at: datetime | None


class StratumPreview(View):
    stratum: str
    wanted: int
    can_be_asked: int
    fitting: int | None = Field(
        None, description="members who fit, whether or not they can be asked now"
    )


class Criterion(View):
    attribute: str
    code: str


class Preview(View):
    """Effect of a launch now: members who fit, who can be asked, and reasons for the others."""

    first_day: date
    last_day: date
    wanted: int
    fitting: int
    can_be_asked: int
    not_now: dict[str, int] = Field(
        description="people who fit but cannot be asked: asked_recently, paused, already_invited"
    )
    strata: list[StratumPreview]
    held_by_nobody: list[Criterion] = Field(
        default_factory=list, description="parts of the audience that no member has"
    )
    feasible: bool
    relaxation: dict[str, int] = Field(
        description="the largest feasible number per stratum, where the wanted one is not"
    )


class ProjectCounts(View):
    """Live counts over all campaigns of a project."""

    wanted: int = 0
    ordered: int = 0
    sent: int = 0
    accepted: int = 0
    declined: int = 0
    waitlisted: int = 0
    left: int = 0
    refused_by_reason: dict[str, int] = Field(default_factory=dict)


class DutyCounts(View):
    """One duty for each participant and for the latest version of the report."""

    report_version: int
    owed: int = 0
    sent: int = 0
    undeliverable: int = 0
    exempt: int = Field(0, description="left the panel or erased since")


class ProjectView(View):
    id: UUID
    version: int
    state: ProjectPhase
    title: str
    mandate: MandateSheet
    missing: list[str] = Field(description="fields of the mandate that are still missing")
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    places: int | None
    anonymity_floor: int
    collection: str | None = Field(description="state of the collection: preparing, ready …")
    counts: ProjectCounts
    report_duties: DutyCounts | None = Field(None, description="from the first report on")
    blocked_by: list[str] = Field(
        description="obstacles to the next step, as codes: mandate_incomplete,"
        " collection_not_ready, report_awaited, synthesis_awaited, reports_owed"
    )
    blocked_in_words: list[str] = Field(
        default_factory=list, description="the same as sentences, in the reader's language"
    )


class OptIn(View):
    """One reply to an invitation, by pseudonym and coded attributes only."""

    id: UUID
    pseudonym: str
    answer: str = Field(description="joined, waitlisted, declined or left")
    on: date = Field(description="the day alone: no order of people within it is stored")
    attributes: dict[str, str]


class OptIns(View):
    """Newest replies first, and opt-ins on each of the last 24 days, oldest first."""

    answers: list[OptIn]
    per_day: list[int]


class FreeFrom(View):
    day: date
    members: int


class Contacts(View):
    """Members who can be solicited today, and from each of the next 56 days on."""

    today: date
    members: int
    can_be_asked_today: int
    freed: list[FreeFrom]
    ledger: dict[str, int] = Field(description="ledger entries by state")


class Today(View):
    """The day at a glance, for the console's home."""

    today: date
    asked: int
    opted_in: int
    declined: int
    left_panel: int
    opted_in_per_day: list[int] = Field(description="on each of the last 24 days, oldest first")
    can_be_asked_today: int
    solicited_twice: int = Field(description="members with two solicitations within 31 days")
    members: int
    orders_unanswered: int = Field(
        description="orders whose window is over without a delivery outcome"
    )
