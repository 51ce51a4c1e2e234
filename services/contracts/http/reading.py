"""The reading room over HTTP: contributions in a reader's own order, readings, and attention.

Readers hold the role `analysis`. A contribution names nobody; a reading names its reader.
"""

from datetime import date
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.contracts.events.responses import AttentionFigures
from services.contracts.http import Command, View


class Origin(StrEnum):
    """An answer to the questionnaire, or a note taken in a workshop and attributed to nobody."""

    ANSWER = "answer"
    SESSION = "session"


class Mark(StrEnum):
    """Mark of a reading on a contribution, in place of links to proposals or beside them."""

    NO_SUGGESTION = "no_suggestion"
    PERSONAL_CASE = "personal_case"


class Moderation(View):
    """Hiding never deletes; reason and author stay on record, also when it is shown again."""

    hidden: bool
    reason: str
    decided_by: str
    decided_on: date


class ReadingView(View):
    reader: str = Field(description="the officer's name")
    mine: bool = Field(description="whether it is the signed-in person's")
    read_on: date
    seconds: float = Field(description="on the reading screen, over all visits")
    mark: Mark | None
    proposals: list[UUID]


class ContributionView(View):
    """One contribution. `answers` maps question ids to `questionnaires.Answer`, in the order of the
    questionnaire; a session's note has its `title` and `words` only. While hidden, `answers` and
    `words` are empty except for a reader who asks for them (`hidden=show`)."""

    id: UUID
    project_id: UUID
    origin: Origin
    title: str | None = None
    opened_on: date
    answers: dict[str, Any]
    words: str = Field(description="all that was written freely")
    length: int = Field(description="of `words`, in characters")
    readings: list[ReadingView]
    moderation: list[Moderation] = Field(description="latest first")

    @property
    def is_hidden(self) -> bool:
        return bool(self.moderation) and self.moderation[0].hidden


class ContributionPage(View):
    """Matching contributions by id, which is random; `next_after` requests the next page."""

    found: list[ContributionView]
    next_after: UUID | None = None


class NextReading(View):
    """The next contribution for this reader. Contributions that lack readings come first, unread
    ones before all others, in an order of this reader's own, drawn once from `seed`."""

    contribution: ContributionView | None = Field(description="absent when nothing is left to read")
    seed: str = Field(description="hexadecimal, recorded")
    unread: int = Field(description="contributions that still lack a reading, for all readers")
    read_by_me: int
    contributions: int
    readings_wanted: int


class RecordReading(Command):
    """A reading links the contribution to proposals, or marks it, or both: never neither. Recording
    again replaces links and mark and adds the seconds; possible until the synthesis."""

    seconds: float = Field(
        ge=0,
        le=86_400,
        description="shown on the reading screen, idle left out; no more are counted than passed"
        " since this reader was shown the contribution and since they recorded another reading",
    )
    mark: Mark | None = None
    proposals: list[UUID] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def says_something(self) -> "RecordReading":
        if self.mark is None and not self.proposals:
            raise PydanticCustomError(
                "reading_says_nothing", "a reading needs a proposal, or a mark"
            )
        if self.mark is Mark.NO_SUGGESTION and self.proposals:
            raise PydanticCustomError(
                "reading_contradicts_itself",
                "a contribution with no suggestion is linked to no proposal",
            )
        return self


class Moderate(Command):
    hidden: bool
    reason: str = Field(min_length=1, max_length=2_000)


class ReadingsWanted(Command):
    readings_wanted: int = Field(ge=1, le=10)


class SessionNote(Command):
    """Notes of a workshop, attributed to nobody; read and linked like any contribution."""

    title: str = Field(min_length=1, max_length=200)
    words: str = Field(min_length=1, max_length=200_000)
    language: Literal["fr", "en"] | None = Field(
        None, deprecated=True, description="accepted and not stored"
    )


class LengthBand(View):
    """Reading time of contributions of similar length."""

    from_characters: int
    to_characters: int | None = Field(description="excluded; absent for the longest")
    contributions: int
    read: int
    median_seconds: float | None


class LorenzPoint(View):
    """The least read `contributions` (share) got `attention` (share) of all reading time."""

    contributions: float
    attention: float


class ReadLate(View):
    contribution_id: UUID
    length: int
    waited_days: int
    read_on: date | None = Field(description="absent while it waits")


class AttentionView(View):
    """Whether each word got equal attention. Time is seconds on the reading screen over all
    readings; a contribution nobody read counts with zero."""

    project_id: UUID
    title: str
    figures: AttentionFigures
    readings_each: dict[int, int] = Field(description="contributions by number of readings")
    readers: int
    lengths: list[LengthBand]
    lorenz: list[LorenzPoint] = Field(description="from (0, 0) to (1, 1); empty before any reading")
    gini_for_length: float | None = Field(
        description="of time divided by length (20 words at least): 0 is equal, 1 is all for one"
    )
    late: list[ReadLate] = Field(description="those that wait or waited longest, ten at most")
    unread_days: int = Field(description="days since the oldest unread contribution was opened")


class PublicAttention(View):
    """Public attention figures, once a collection has ended: of the whole, never of one reader."""

    project_id: UUID
    title: str
    contributions: int
    unread: int = Field(
        description="contributions that still lack a reading; they block the synthesis"
    )
    figures: AttentionFigures
    lorenz: list[LorenzPoint]
    gini_for_length: float | None
