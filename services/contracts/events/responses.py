"""Events of responses: collections and proposals, in counts and own texts, never responses."""

from enum import StrEnum
from typing import ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts.envelope import Event


class CollectionPhase(StrEnum):
    PREPARING = "preparing"
    READY = "ready"
    ENDED = "ended"
    SYNTHESISED = "synthesised"


class ListedProposal(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    version: int


class AttentionFigures(BaseModel):
    """Equality of reading time over contributions (charter: equal attention to each word)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    readings_wanted: int = Field(description="of each contribution, by as many readers")
    coverage: float = Field(
        description="share of contributions that had all of them; 1 without contributions"
    )
    median_seconds: float | None = Field(None, description="of reading, for a contribution")
    gini: float | None = Field(
        None,
        description="Gini coefficient of reading time over contributions: 0 is equal, 1 is all for"
        " one",
    )
    median_delay_days: float | None = Field(
        None, description="from a contribution's opening to its first reading"
    )
    longest_delay_days: int | None = None


class CollectionState(Event):
    """State of a project's collection."""

    event_type: ClassVar[str] = "collection.state"
    key_field: ClassVar[str] = "project_id"

    project_id: UUID
    state: CollectionPhase
    contributions: int | None = Field(None, description="once ended: absent below five")
    unread: int | None = Field(
        None,
        description="contributions that still lack a reading, where contributions is present: 0, or"
        " absent below five",
    )
    unopened: int | None = Field(
        None,
        description="responses that stay sealed as fewer took part than the floor; absent below"
        " five",
    )
    answers_digest: str | None = Field(
        None,
        description="where contributions is present: SHA-256, in hexadecimal, over all responses in"
        " the order of their random ids, so that none can be rewritten unseen afterwards",
    )
    attention: AttentionFigures | None = Field(
        None, description="once synthesised, where contributions is present"
    )
    proposals: list[ListedProposal] | None = Field(
        None, description="explicit, even when empty, once synthesised"
    )

    @model_validator(mode="after")
    def a_synthesis_lists_its_proposals(self) -> Self:
        if (self.proposals is not None) != (self.state is CollectionPhase.SYNTHESISED):
            raise ValueError("the list of proposals goes with state synthesised, and only with it")
        return self


class ProposalState(Event):
    """Suggestion drawn from contributions, with the number that support it."""

    event_type: ClassVar[str] = "proposal.state"
    key_field: ClassVar[str] = "proposal_id"

    proposal_id: UUID
    project_id: UUID
    title: str
    text: str
    theme: str | None = None
    support: int
    merged_ids: list[UUID] = Field(default_factory=list)
