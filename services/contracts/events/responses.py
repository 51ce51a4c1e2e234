"""What responses says of collections and proposals: counts and texts of its own, never answers."""

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


class CollectionState(Event):
    """Where collecting words for a project stands."""

    event_type: ClassVar[str] = "collection.state"
    key_field: ClassVar[str] = "project_id"

    project_id: UUID
    state: CollectionPhase
    contributions: int | None = None
    unread: int | None = None
    proposals: list[ListedProposal] | None = Field(
        None, description="explicit, even when empty, once synthesised"
    )

    @model_validator(mode="after")
    def a_synthesis_lists_its_proposals(self) -> Self:
        if (self.proposals is not None) != (self.state is CollectionPhase.SYNTHESISED):
            raise ValueError("the list of proposals goes with state synthesised, and only with it")
        return self


class ProposalState(Event):
    """A suggestion drawn from contributions, with how many support it."""

    event_type: ClassVar[str] = "proposal.state"
    key_field: ClassVar[str] = "proposal_id"

    proposal_id: UUID
    project_id: UUID
    title: str
    text: str
    theme: str | None = None
    support: int
    merged_ids: list[UUID] = Field(default_factory=list)
