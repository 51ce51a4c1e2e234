"""Proposals over HTTP: drafted from contributions, merged, themed, and listed in a synthesis."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.contracts.http import Command, Version, View


class ProposalPhase(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    MERGED = "merged"


class ProposalView(View):
    """`support` counts contributions linked to it or to what was merged into it, each once."""

    id: UUID
    project_id: UUID
    version: int
    state: ProposalPhase
    title: str
    text: str
    theme: str | None
    support: int
    merged_into: UUID | None = None
    merged_ids: list[UUID] = Field(default_factory=list)
    drafted_by: str
    drafted_on: date


class WriteProposal(Command):
    """A draft, or what it should say now; `version` is the one that was read (None: a new one)."""

    version: Version | None = None
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=20_000)
    theme: str | None = Field(None, max_length=100)


class MergeProposal(Command):
    """Merge a draft into another of the same project: its contributions support the other."""

    into: UUID
    version: Version = Field(description="of the draft that is merged, as it was read")


class UnmergeProposal(Command):
    """Undo a merge: the proposal is a draft again, and what supported it supports it alone."""

    version: Version = Field(description="of the merged proposal, as it was read")


class NearPair(View):
    """Two drafts that look alike: a suggestion, never done by itself."""

    first: UUID
    second: UUID
    similarity: float = Field(description="0 to 1, of their trigrams")


class ProposalBoard(View):
    """All that a synthesis will list and what still stands in its way, in words."""

    project_id: UUID
    title: str
    proposals: list[ProposalView]
    themes: list[str]
    near: list[NearPair]
    unread: int
    no_suggestion: int = Field(description="contributions that no reading found a suggestion in")
    personal_cases: int
    blocked_by: list[str] = Field(description="sentences; empty when the synthesis may be made")
    synthesised_by: str | None = None
    synthesised_on: date | None = None


class DraftToList(Command):
    id: UUID
    version: Version = Field(description="as it was read")


class Synthesise(Command):
    """The explicit list, as the person saw it: refused if it is not every draft at its version.
    It may be empty, if every contribution was read and none has a suggestion."""

    proposals: list[DraftToList]
