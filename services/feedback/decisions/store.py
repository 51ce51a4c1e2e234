"""Current and published decisions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.events.feedback import DecisionState
from services.contracts.topics import topic_of
from services.feedback.decisions.rules import Decision, DecisionMaker, DecisionStatus, Outcome
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_row,
    fetch_value,
)

queries = Queries("services.feedback.decisions")
_TOPIC = topic_of(DecisionState).name


@dataclass(frozen=True)
class ProposalDecision:
    """A listed proposal with its current decision, whose fields are None while it is awaited."""

    proposal_id: UUID
    project_id: UUID
    proposal_version: int
    title: str
    text: str
    theme: str | None
    support: int
    version: int
    state: str
    decided_version: int | None
    outcome: str | None
    reason: str | None
    next_step: str | None
    due_on: date | None
    owner: str | None
    drafted_by: str | None
    signed_by_name: str | None
    signed_by_role: str | None
    signed_on: date | None
    published_on: date | None
    follow_up: list[dict[str, Any]]


@dataclass(frozen=True)
class ListedProposal:
    """The listed version of a proposal, and its decision maker."""

    project_id: UUID
    version: int
    name: str
    role: str
    account: str

    @property
    def decision_maker(self) -> DecisionMaker:
        return DecisionMaker(self.name, self.role, self.account)


@dataclass(frozen=True)
class PublishedDecision:
    proposal_id: UUID
    project_id: UUID
    version: int
    proposal_version: int
    outcome: str
    reason: str
    next_step: str | None
    due_on: date | None
    owner: str | None
    decided_by_name: str
    decided_by_role: str
    decided_on: date
    follow_up: list[dict[str, Any]]


async def list_decisions(
    conn: Connection, project_id: UUID, proposal_id: UUID | None = None
) -> list[ProposalDecision]:
    return await fetch_all(
        conn,
        ProposalDecision,
        queries.list_decisions,
        project_id=project_id,
        proposal_id=proposal_id,
    )


async def find_listed_proposal(conn: Connection, proposal_id: UUID) -> ListedProposal | None:
    """Neither the list nor the mandate changes until the transaction ends."""
    return await fetch_optional(
        conn, ListedProposal, queries.find_listed_proposal, proposal_id=proposal_id
    )


async def lock_decision(conn: Connection, proposal_id: UUID) -> Decision | None:
    row = await fetch_row(conn, queries.lock_decision, proposal_id=proposal_id)
    if row is None:
        return None
    status, outcome = DecisionStatus(row["state"]), Outcome(row["outcome"])
    return Decision(**dict(row) | {"state": status, "outcome": outcome})


async def insert_decision(conn: Connection, decision: Decision) -> bool:
    """False: a concurrent request has inserted the first draft."""
    inserted = await fetch_value(conn, queries.insert_decision, topic=_TOPIC, **asdict(decision))
    return inserted is not None


async def update_decision(conn: Connection, decision: Decision) -> None:
    await execute(conn, queries.update_decision, **asdict(decision))


async def update_decision_version(conn: Connection, proposal_id: UUID) -> None:
    await execute(conn, queries.update_decision_version, proposal_id=proposal_id)


async def insert_published_decisions(
    conn: Connection, project_id: UUID, report_version: int, today: date
) -> list[UUID]:
    """Returns the proposals whose signed decision is public from now on."""
    rows = await fetch(
        conn,
        queries.insert_published_decisions,
        project_id=project_id,
        report_version=report_version,
        today=today,
    )
    return [row["proposal_id"] for row in rows]


async def list_published_decisions(
    conn: Connection, proposal_ids: Sequence[UUID] | None = None
) -> list[PublishedDecision]:
    """Those in force; of all proposals if none are given."""
    return await fetch_all(
        conn, PublishedDecision, queries.list_published_decisions, proposal_ids=proposal_ids
    )


async def lock_all_decisions(conn: Connection) -> None:
    await execute(conn, queries.lock_all_decisions)


async def update_restored_versions(conn: Connection) -> None:
    """After a restore: versions follow those that were published before it."""
    await execute(conn, queries.update_restored_versions, topic=_TOPIC)
