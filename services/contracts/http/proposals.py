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
    """`support`: contributions linked to it or to a proposal merged into it, each counted once."""

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
    """A draft, or its new text; `version`: the version that it changes (None: a new draft)."""

    version: Version | None = None
    title: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=20_000)
    theme: str | None = Field(None, max_length=100)


class MergeProposal(Command):
    """Merge a draft into another of the same project: its contributions support the other."""

    into: UUID
    version: Version = Field(description="of the draft that is merged, as it was read")


class UnmergeProposal(Command):
    """Undo a merge: the proposal is a draft again, with the contributions that supported it."""

    version: Version = Field(description="of the merged proposal, as it was read")


class NearPair(View):
    """Two similar drafts: a suggestion to merge, never automatic."""

    first: UUID
    second: UUID
    similarity: float = Field(description="0 to 1, of their trigrams")


class ProposalBoard(View):
    """Content of a synthesis, and its obstacles as sentences."""

    project_id: UUID
    title: str
    proposals: list[ProposalView]
    themes: list[str]
    near: list[NearPair]
    unread: int
    no_suggestion: int = Field(description="contributions without a suggestion in any reading")
    personal_cases: int
    blocked_by: list[str] = Field(description="sentences; empty when the synthesis may be made")
    synthesised_by: str | None = None
    synthesised_on: date | None = None


class DraftToList(Command):
    id: UUID
    version: Version = Field(description="as it was read")


class Synthesise(Command):
    """The explicit list, as shown to the person: refused unless it has every draft at its version.
    It may be empty, if every contribution was read and none has a suggestion."""

    proposals: list[DraftToList]
