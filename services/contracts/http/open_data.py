"""Open data of the public account: the content of its pages, for programs.

A count of people below five is null, as is a value that is not known yet; nobody who drafted,
recorded or signed in is named. Fields are added, never removed.
"""

from datetime import date
from typing import ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from services.contracts.events.campaigns import ProjectPhase
from services.contracts.events.feedback import Outcome, Progress
from services.contracts.http import View


class OpenProject(View):
    """A project with its whole mandate, from the day it is published."""

    name: ClassVar[str] = "projects"

    project_id: UUID
    version: int = Field(description="grows with every change")
    state: ProjectPhase
    title: str
    nature: str
    why: str
    stakes: str
    objectives: str
    purpose: str = Field(description="what it will be used for")
    decision_maker: str
    decision_maker_role: str
    who: str = Field(description="who can take part")
    how: str
    compensation: str | None = Field(description="its terms; null: taking part is unpaid")
    compensation_reference: str | None
    recruitment_ends_on: date
    collection_ends_on: date
    ended_early_reason: str | None
    asked: int | None
    joined: int | None
    contributions: int | None
    read: int | None = Field(description="contributions read; null if fewer than five are not")
    draw_commitments: list[str] = Field(description="SHA-256 of each draw's seed, hexadecimal")
    draw_seeds: list[str] = Field(description="in the same order, once invitations are over")
    url: str


class OpenReport(View):
    """One version of a project's report, as it was published."""

    name: ClassVar[str] = "reports"

    project_id: UUID
    version: int
    project: str = Field(description="its title")
    published_on: date
    summary: str
    decisions: int = Field(description="proposals answered, up to this version")
    asked: int | None
    joined: int | None
    contributions: int | None
    read: int | None
    url: str


class OpenDecision(View):
    """The current decision on one proposal, and its progress."""

    name: ClassVar[str] = "decisions"

    proposal_id: UUID
    version: int
    project_id: UUID
    project: str = Field(description="its title")
    proposal_version: int
    title: str
    text: str
    theme: str | None
    support: int | None = Field(description="contributions that the proposal was drawn from")
    outcome: Outcome
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    decided_by_name: str
    decided_by_role: str
    decided_on: date
    published_on: date
    report_version: int
    progress: Progress | Literal["promised"] | None = Field(
        description="promised: no step since; null: not retained"
    )
    followed_on: date | None = Field(description="day of the newest step")
    url: str


class OpenStep(View):
    """One dated step of a proposal that was retained, wholly or partly."""

    name: ClassVar[str] = "follow-up"

    proposal_id: UUID
    number: int
    project_id: UUID
    progress: Progress
    note: str | None
    on: date
    url: str


class OpenFigure(View):
    """One number. `about`: the month, the outcome or the progress that it counts."""

    name: ClassVar[str] = "figures"

    figure: Literal[
        "most_for_one_person_in_31_days",
        "share_of_contributions_read",
        "median_days_to_report",
        "reports",
        "decisions_by_outcome",
        "decisions_by_progress",
        "promises_overdue",
        "solicitations",
        "people_solicited",
        "notices",
    ]
    about: str | None
    value: float | None


Row = TypeVar("Row", OpenProject, OpenReport, OpenDecision, OpenStep, OpenFigure)
ROWS: tuple[type[View], ...] = (OpenProject, OpenReport, OpenDecision, OpenStep, OpenFigure)


class Licence(View):
    name: str
    spdx: str
    url: str


LICENCE = Licence(
    name="Licence Ouverte / Open Licence 2.0 (Etalab)",
    spdx="etalab-2.0",
    url="https://www.etalab.gouv.fr/wp-content/uploads/2017/04/ETALAB-Licence-Ouverte-v2.0.pdf",
)


class OpenData(View, Generic[Row]):
    """A whole file. `as_of`: the day of the download; later publications are in the next one."""

    described_by: str = Field(description="address of the JSON Schema of this file")
    licence: Licence
    source: str = Field(description="address of the public account, to be named when reused")
    as_of: date
    rows: list[Row]
