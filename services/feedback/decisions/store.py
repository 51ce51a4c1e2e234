"""Decisions being written and decisions published; see `sql/decisions.sql`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.events.feedback import DecisionState
from services.contracts.topics import topic_of
from services.feedback.decisions.rules import Decision, Maker
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.feedback.decisions", ".")


@dataclass(frozen=True)
class Answer:
    """A listed proposal with what was decided on it so far."""

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
class Listed:
    """A proposal's listed version, and who decides on it."""

    project_id: UUID
    version: int
    name: str
    role: str
    account: str

    @property
    def maker(self) -> Maker:
        return Maker(self.name, self.role, self.account)


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


@dataclass(frozen=True)
class Steps:
    """The published outcome, None before it is published, and the steps taken since."""

    outcome: str | None
    steps: list[str]


async def answers(
    conn: Connection, project_id: UUID, proposal_id: UUID | None = None
) -> list[Answer]:
    return await db.many(conn, Answer, sql.answers, project_id, proposal_id)


async def hold_listed(conn: Connection, proposal_id: UUID) -> Listed | None:
    return await db.maybe(conn, Listed, sql.hold_listed, proposal_id)


async def lock_decision(conn: Connection, proposal_id: UUID) -> Decision | None:
    return await db.maybe(conn, Decision, sql.lock_decision, proposal_id)


async def begin_decision(conn: Connection, decision: Decision) -> bool:
    """False: somebody else has just written the first draft."""
    d = decision
    begun = await conn.fetchval(
        sql.begin_decision,
        d.proposal_id,
        d.project_id,
        d.version,
        d.proposal_version,
        d.outcome,
        d.reason,
        d.next_step,
        d.due_on,
        d.owner,
        d.drafter,
        d.drafted_by,
        d.drafted_on,
        topic_of(DecisionState).name,
    )
    return begun is not None


async def save_decision(conn: Connection, decision: Decision) -> None:
    d = decision
    await conn.execute(
        sql.save_decision,
        d.proposal_id,
        d.version,
        d.state,
        d.proposal_version,
        d.outcome,
        d.reason,
        d.next_step,
        d.due_on,
        d.owner,
        d.drafter,
        d.drafted_by,
        d.drafted_on,
        d.signer,
        d.signed_by_name,
        d.signed_by_role,
        d.signed_on,
        d.signer_account,
    )


async def publish_decisions(
    conn: Connection, project_id: UUID, report_version: int, today: date
) -> list[UUID]:
    """Returns the proposals whose signed decision is public from now on."""
    rows = await conn.fetch(sql.publish_decisions, project_id, report_version, today)
    return [row["proposal_id"] for row in rows]


async def published_states(
    conn: Connection, proposal_ids: Sequence[UUID] | None = None
) -> list[PublishedDecision]:
    return await db.many(conn, PublishedDecision, sql.published_states, proposal_ids)


async def lock_all_decisions(conn: Connection) -> None:
    await conn.execute(sql.lock_all_decisions)


async def steps(conn: Connection, proposal_id: UUID) -> Steps:
    found = await db.maybe(conn, Steps, sql.steps, proposal_id)
    assert found is not None
    return found


async def add_follow_up(
    conn: Connection,
    proposal_id: UUID,
    number: int,
    progress: str,
    note: str | None,
    today: date,
    by: str,
) -> None:
    await conn.execute(sql.add_follow_up, proposal_id, number, progress, note, today, by)


async def touch_decision(conn: Connection, proposal_id: UUID) -> None:
    await conn.execute(sql.touch_decision, proposal_id)
