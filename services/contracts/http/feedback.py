"""Staff API of feedback: decisions, the report, follow-up, and what blocks each project.

All roles that read collections read this; `decision` and `analysis` draft; the decision maker whom
the mandate names signs, and never drafts.
"""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.contracts.events.campaigns import ProjectPhase, ReportDuties
from services.contracts.events.feedback import FollowUp, Outcome, Progress, Signatory
from services.contracts.http import Command, Day, Version, View


class DecisionPhase(StrEnum):
    AWAITING = "awaiting"
    DRAFTED = "drafted"
    SIGNED = "signed"
    PUBLISHED = "published"


class DecisionView(View):
    """A listed proposal and its decision. A revision is drafted beside the published version."""

    proposal_id: UUID
    proposal_version: int
    project_id: UUID
    title: str
    text: str
    theme: str | None
    support: int
    version: int = Field(description="of the decision; grows with every change, 0 while awaiting")
    state: DecisionPhase
    outcome: Outcome | None = None
    reason: str | None = None
    next_step: str | None = None
    due_on: date | None = None
    owner: str | None = None
    drafted_by: str | None = None
    signed_by: Signatory | None = None
    signed_on: date | None = None
    published_on: date | None = Field(None, description="of the latest published version")
    overdue_days: int = Field(0, description="beyond the day by which it was to be decided")
    follow_up: list[FollowUp] = Field(default_factory=list)


class ProjectStanding(View):
    """Status of a project on the way to its report; `blocked_by` has the obstacles as sentences."""

    project_id: UUID
    title: str
    state: ProjectPhase
    decision_maker: str
    collection_ends_on: date
    collection: str | None
    contributions: int | None = None
    unread: int | None = None
    proposals: int | None = Field(None, description="listed by the synthesis")
    signed: int = Field(0, description="listed proposals whose decision is signed or published")
    overdue: int = 0
    decide_by: date | None = None
    report_version: int | None = Field(None, description="latest published")
    report_duties: ReportDuties | None = None
    blocked_by: list[str] = Field(default_factory=list, description="sentences; empty if nothing")


class ReportView(View):
    """The report as drafted or published, in full."""

    project_id: UUID
    version: int = Field(description="of the draft; grows with every change, 0 if none was written")
    summary: str
    published_version: int | None
    published_on: date | None
    url: str | None = Field(None, description="public address")


class ProjectAccount(View):
    standing: ProjectStanding
    decisions: list[DecisionView]
    report: ReportView


class Readability(View):
    """A hint, not a judgement: Kandel and Moles for French, Flesch for English; 0 to 100."""

    score: float
    words_per_sentence: float
    hint: str


class ReportPreview(View):
    """The exact text for participants, and the obstacles to its publication."""

    html: str
    text: str
    readability: Readability
    blocked_by: list[str]


class WriteDecision(Command):
    """`version`: the version on which the change is based, 0 for the first draft."""

    version: Version
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=20_000)
    next_step: str | None = Field(None, max_length=5_000)
    due_on: Day | None = None
    owner: str | None = Field(None, max_length=200)


class SignDecision(Command):
    version: Version = Field(description="version of the draft on which the signature is based")


class WriteReport(Command):
    version: Version
    summary: str = Field(min_length=1, max_length=50_000)


class PublishReport(Command):
    """Report and decisions in one commit; the version of the draft that was previewed."""

    version: Version


class RecordFollowUp(Command):
    version: Version = Field(description="of the decision, as it was read")
    progress: Progress
    note: str | None = Field(None, max_length=5_000)
