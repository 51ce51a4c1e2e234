"""Proposals, which contributions support them, and which resemble each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.responses.proposals.rules import Draft, LockedProposal, ProposalPhase
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_row,
)

queries = Queries("services.responses.proposals")
_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True)
class Proposal:
    """`support`: contributions linked to it or to a proposal merged into it, each once."""

    id: UUID
    project_id: UUID
    version: int
    state: ProposalPhase
    title: str
    text: str
    theme: str | None
    merged_into: UUID | None
    support: int
    merged_ids: list[UUID]
    drafted_by: str
    drafted_on: date

    def __post_init__(self) -> None:
        """The database returns a text."""
        object.__setattr__(self, "state", ProposalPhase(self.state))


@dataclass(frozen=True)
class SimilarPair:
    first: UUID
    second: UUID
    similarity: float


@dataclass(frozen=True)
class Family:
    """The project of a proposal, and its survivor after all merges, which may be itself."""

    project_id: UUID
    survivor_id: UUID


@dataclass(frozen=True)
class MarkCounts:
    personal_cases: int
    no_suggestion: int


async def insert_proposal(
    conn: Connection, id: UUID, project_id: UUID, draft: Draft, drafted_by: str, today: date
) -> None:
    await execute(
        conn,
        queries.insert_proposal,
        id=id,
        project_id=project_id,
        title=draft.title,
        text=draft.text,
        theme=draft.theme,
        drafted_by=drafted_by,
        drafted_on=today,
    )


async def lock_proposals(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, LockedProposal]:
    """By id; unknown ids are absent."""
    locked = await fetch_all(conn, LockedProposal, queries.lock_proposals, ids=ids)
    return {proposal.id: proposal for proposal in locked}


async def lock_drafts(conn: Connection, project_id: UUID) -> None:
    await execute(conn, queries.lock_drafts, project_id=project_id)


async def update_proposal(conn: Connection, id: UUID, draft: Draft) -> None:
    await execute(
        conn,
        queries.update_proposal,
        id=id,
        title=draft.title,
        text=draft.text,
        theme=draft.theme,
    )


async def merge_proposal(conn: Connection, id: UUID, survivor_id: UUID) -> None:
    await execute(conn, queries.merge_proposal, id=id, survivor_id=survivor_id)


async def unmerge_proposal(conn: Connection, id: UUID, survivor_id: UUID) -> None:
    await execute(conn, queries.unmerge_proposal, id=id, survivor_id=survivor_id)


async def insert_proposal_merge(
    conn: Connection, id: UUID, merged: bool, survivor_id: UUID, decided_by: str, today: date
) -> None:
    """`merged`: False where a merge was undone."""
    await execute(
        conn,
        queries.insert_proposal_merge,
        proposal_id=id,
        merged=merged,
        survivor_id=survivor_id,
        decided_by=decided_by,
        decided_on=today,
    )


async def find_family(conn: Connection, id: UUID) -> Family | None:
    return await fetch_optional(conn, Family, queries.find_family, id=id)


async def submit_drafts(conn: Connection, project_id: UUID) -> None:
    await execute(conn, queries.submit_drafts, project_id=project_id)


async def list_proposals(conn: Connection, *project_ids: UUID) -> list[Proposal]:
    """By theme, then those with most support first."""
    return await fetch_all(conn, Proposal, queries.list_proposals, project_ids=project_ids)


async def list_similar_drafts(
    conn: Connection, project_id: UUID, least_similarity: float
) -> list[SimilarPair]:
    return await fetch_all(
        conn,
        SimilarPair,
        queries.list_similar_drafts,
        project_id=project_id,
        least_similarity=least_similarity,
    )


async def count_marks(conn: Connection, project_id: UUID) -> MarkCounts:
    row = await fetch_row(conn, queries.count_marks, project_id=project_id)
    assert row is not None
    return MarkCounts(**row)


async def list_supporting_ids(
    conn: Connection, proposal_id: UUID, after: UUID | None, limit: int
) -> list[UUID]:
    """Ids of contributions, from behind `after`."""
    rows = await fetch(
        conn,
        queries.list_supporting_ids,
        proposal_id=proposal_id,
        after_id=after or _BEFORE_ALL,
        page_length=limit,
    )
    return [row["id"] for row in rows]
