"""What everybody may read, and nothing else; see `sql/public.sql`.

No query of it names who drafted, signed in or recorded, nor reads what is not published.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.events.registry import FiguresState
from services.feedback.public_account.rules import DecisionVersion
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.feedback.public_account", ".")

Key = tuple[date, UUID] | None
"""Where a page of a list ended: the next one goes on after it."""


@dataclass(frozen=True)
class ProjectLine:
    project_id: UUID
    state: str
    title: str
    collection_ends_on: date
    decision_maker: str
    decision_maker_role: str
    purpose: str | None
    recruitment_ends_on: date | None
    reported_on: date | None


@dataclass(frozen=True)
class PublicProject:
    """`body` and `collection` are as campaigns and responses told them; `outcomes` counts."""

    project_id: UUID
    state: str
    title: str
    body: dict[str, Any]
    collection: dict[str, Any]
    reports: list[dict[str, Any]]
    outcomes: dict[str, int] | None


@dataclass(frozen=True)
class PublicReport:
    project_id: UUID
    title: str
    version: int
    summary: str
    method: dict[str, Any]
    published_on: date
    versions: list[dict[str, Any]]


@dataclass(frozen=True)
class PublicDecision:
    proposal_id: UUID
    project_id: UUID
    project: str
    title: str
    text: str
    theme: str | None
    support: int
    progress: str
    versions: list[DecisionVersion]
    steps: list[dict[str, Any]]


@dataclass(frozen=True)
class AnswerLine:
    """In a list of answers in force."""

    proposal_id: UUID
    project_id: UUID
    project: str
    title: str
    outcome: str
    due_on: date | None
    published_on: date
    progress: str
    followed_on: date | None


@dataclass(frozen=True)
class StepLine:
    proposal_id: UUID
    number: int
    progress: str
    note: str | None
    recorded_on: date
    title: str
    project: str
    project_id: UUID


@dataclass(frozen=True)
class ReportLine:
    project_id: UUID
    version: int
    title: str
    summary: str
    published_on: date


@dataclass(frozen=True)
class AnswerCount:
    outcome: str
    progress: str
    answers: int
    overdue: int


@dataclass(frozen=True)
class Measured:
    """What the charter promises, over all projects; see `domain.promises.CharterFigures`."""

    most_for_one_person: int | None
    contributions: int
    read: int
    median_report_days: float | None
    reports: int
    projects: int


async def mark(conn: Connection) -> UUID:
    found: UUID = await conn.fetchval(sql.mark)
    return found


async def public_projects(
    conn: Connection, under_way: bool | None, after: Key, most: int
) -> list[ProjectLine]:
    return await db.many(
        conn, ProjectLine, sql.public_projects, under_way, *(after or (None, None)), most
    )


async def public_project(conn: Connection, project_id: UUID) -> PublicProject | None:
    return await db.maybe(conn, PublicProject, sql.public_project, project_id)


async def public_report(
    conn: Connection, project_id: UUID, version: int | None
) -> PublicReport | None:
    return await db.maybe(conn, PublicReport, sql.public_report, project_id, version)


async def versions_of_project(
    conn: Connection, project_id: UUID, up_to: int | None
) -> list[DecisionVersion]:
    return await db.many(conn, DecisionVersion, sql.versions_of_project, project_id, up_to)


async def public_decision(conn: Connection, proposal_id: UUID) -> PublicDecision | None:
    row = await conn.fetchrow(sql.public_decision, proposal_id)
    if row is None:
        return None
    about = dict(row)
    words = {name: about[name] for name in ("proposal_id", "title", "text", "theme", "support")}
    versions = [
        DecisionVersion(**words, **_dated(one, "due_on", "decided_on", "published_on"))
        for one in about["versions"]
    ]
    steps = [_dated(step, "on") for step in about["steps"]]
    return PublicDecision(**about | {"versions": versions, "steps": steps})


async def public_answers(
    conn: Connection,
    after: Key,
    most: int,
    outcome: str | None,
    progress: str | None,
    today: date,
) -> list[AnswerLine]:
    """`progress` overdue: promised for a day before today, and neither done nor given up."""
    place = (most, *(after or (None, None)))
    match (outcome, progress):
        case None, None:
            found = await conn.fetch(sql.public_answers, *place)
        case _, None:
            found = await conn.fetch(sql.answers_by_outcome, *place, outcome)
        case _, "overdue":
            found = await conn.fetch(sql.overdue_promises, *place, today, outcome)
        case _:
            found = await conn.fetch(sql.answers_by_progress, *place, progress, outcome)
    return [AnswerLine(**row) for row in found]


async def latest_steps(conn: Connection, most: int) -> list[StepLine]:
    return await db.many(conn, StepLine, sql.latest_steps, most)


async def latest_reports(conn: Connection, most: int) -> list[ReportLine]:
    return await db.many(conn, ReportLine, sql.latest_reports, most)


async def count_answers(conn: Connection, today: date) -> list[AnswerCount]:
    return await db.many(conn, AnswerCount, sql.count_answers, today)


async def charter_figures(conn: Connection) -> Measured:
    found = await db.maybe(conn, Measured, sql.charter_figures)
    assert found is not None
    return found


async def months(conn: Connection) -> list[FiguresState]:
    """A count below the minimum cell is left out of what is stored, and is None here."""
    return [FiguresState.model_validate(row["body"]) for row in await conn.fetch(sql.months)]


Rows = list[dict[str, Any]]


async def open_projects(conn: Connection, after: UUID, most: int) -> Rows:
    return [dict(row) for row in await conn.fetch(sql.open_projects, after, most)]


async def open_reports(conn: Connection, after: UUID, version: int, most: int) -> Rows:
    return [dict(row) for row in await conn.fetch(sql.open_reports, after, version, most)]


async def open_decisions(conn: Connection, after: UUID, most: int) -> Rows:
    return [dict(row) for row in await conn.fetch(sql.open_decisions, after, most)]


async def open_steps(conn: Connection, after: UUID, number: int, most: int) -> Rows:
    return [dict(row) for row in await conn.fetch(sql.open_steps, after, number, most)]


async def addresses_of_projects(conn: Connection) -> list[tuple[UUID, bool]]:
    rows = await conn.fetch(sql.addresses_of_projects)
    return [(row["project_id"], row["reported"]) for row in rows]


async def addresses_of_decisions(conn: Connection, first: UUID, end: UUID | None) -> list[UUID]:
    rows = await conn.fetch(sql.addresses_of_decisions, first, end)
    return [row["proposal_id"] for row in rows]


def _dated(said: dict[str, Any], *days: str) -> dict[str, Any]:
    """JSON has no days."""
    return said | {day: date.fromisoformat(said[day]) for day in days if said[day] is not None}
