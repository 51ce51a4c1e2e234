"""Queries of the public account: published data only, never a draft or the name of its author."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.events.registry import FiguresState
from services.feedback.public_account.rules import DecisionVersion
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_row,
    fetch_value,
)

queries = Queries("services.feedback.public_account")

PageKey = tuple[date, UUID] | None
"""The day and the id of the last row of a page, after which the next one begins."""


@dataclass(frozen=True)
class ProjectSummary:
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
    """`body` and `collection` are the newest events; `outcomes` counts the decisions in force."""

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
class DecisionSummary:
    """A decision in force, in a list."""

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
class StepSummary:
    proposal_id: UUID
    number: int
    progress: str
    note: str | None
    recorded_on: date
    title: str
    project: str
    project_id: UUID


@dataclass(frozen=True)
class ReportSummary:
    project_id: UUID
    version: int
    title: str
    summary: str
    published_on: date


@dataclass(frozen=True)
class DecisionCount:
    outcome: str
    progress: str
    decisions: int
    overdue: int


@dataclass(frozen=True)
class CharterFigures:
    """The charter's measurable promises, over all projects."""

    most_for_one_person: int | None
    contributions: int
    contributions_read: int
    median_report_days: float | None
    reports: int


async def find_mark(conn: Connection) -> UUID:
    """It changes in the commit that changes anything public."""
    mark: UUID = await fetch_value(conn, queries.find_mark)
    return mark


async def upsert_figures(conn: Connection, months: Sequence[FiguresState]) -> list[str]:
    """Returns the months that changed."""
    rows = await fetch(
        conn,
        queries.upsert_figures,
        months=[month.month for month in months],
        versions=[month.version for month in months],
        bodies=[month.model_dump(mode="json", exclude_none=True) for month in months],
    )
    return [row["month"] for row in rows]


async def list_projects(
    conn: Connection, under_way: bool | None, key: PageKey, limit: int
) -> list[ProjectSummary]:
    return await fetch_all(
        conn, ProjectSummary, queries.list_projects, under_way=under_way, **_page(key, limit)
    )


async def find_project(conn: Connection, project_id: UUID) -> PublicProject | None:
    return await fetch_optional(conn, PublicProject, queries.find_project, project_id=project_id)


async def find_report(
    conn: Connection, project_id: UUID, version: int | None
) -> PublicReport | None:
    """The newest if no version is given."""
    return await fetch_optional(
        conn, PublicReport, queries.find_report, project_id=project_id, version=version
    )


async def list_decision_versions(
    conn: Connection, project_id: UUID, up_to: int | None
) -> list[DecisionVersion]:
    """`up_to`: the last report version to include."""
    return await fetch_all(
        conn, DecisionVersion, queries.list_decision_versions, project_id=project_id, up_to=up_to
    )


async def find_decision(conn: Connection, proposal_id: UUID) -> PublicDecision | None:
    row = await fetch_row(conn, queries.find_decision, proposal_id=proposal_id)
    if row is None:
        return None
    decision = dict(row)
    wording = {
        name: decision[name] for name in ("proposal_id", "title", "text", "theme", "support")
    }
    versions = [
        DecisionVersion(**wording, **_with_dates(version, "due_on", "decided_on", "published_on"))
        for version in decision["versions"]
    ]
    steps = [_with_dates(step, "on") for step in decision["steps"]]
    return PublicDecision(**decision | {"versions": versions, "steps": steps})


async def list_decisions(
    conn: Connection,
    key: PageKey,
    limit: int,
    outcome: str | None,
    progress: str | None,
    today: date,
) -> list[DecisionSummary]:
    """Progress `overdue`: due before today, and neither done nor given up."""
    page = _page(key, limit)
    match (outcome, progress):
        case None, None:
            rows = await fetch(conn, queries.list_decisions, **page)
        case _, None:
            rows = await fetch(conn, queries.list_decisions_by_outcome, outcome=outcome, **page)
        case _, "overdue":
            rows = await fetch(
                conn, queries.list_overdue_decisions, today=today, outcome=outcome, **page
            )
        case _:
            rows = await fetch(
                conn, queries.list_decisions_by_progress, progress=progress, outcome=outcome, **page
            )
    return [DecisionSummary(**row) for row in rows]


async def list_latest_steps(conn: Connection, limit: int) -> list[StepSummary]:
    return await fetch_all(conn, StepSummary, queries.list_latest_steps, limit=limit)


async def list_latest_reports(conn: Connection, limit: int) -> list[ReportSummary]:
    return await fetch_all(conn, ReportSummary, queries.list_latest_reports, limit=limit)


async def count_decisions(conn: Connection, today: date) -> list[DecisionCount]:
    """In force, by outcome and progress."""
    return await fetch_all(conn, DecisionCount, queries.count_decisions, today=today)


async def find_charter_figures(conn: Connection) -> CharterFigures:
    figures = await fetch_optional(conn, CharterFigures, queries.find_charter_figures)
    assert figures is not None
    return figures


async def list_months(conn: Connection) -> list[FiguresState]:
    """A count below the minimum cell is None."""
    rows = await fetch(conn, queries.list_months)
    return [FiguresState.model_validate(row["body"]) for row in rows]


Rows = list[dict[str, Any]]


async def list_open_projects(conn: Connection, after_id: UUID, limit: int) -> Rows:
    rows = await fetch(conn, queries.list_open_projects, after_id=after_id, limit=limit)
    return [dict(row) for row in rows]


async def list_open_reports(conn: Connection, after_id: UUID, version: int, limit: int) -> Rows:
    rows = await fetch(
        conn, queries.list_open_reports, after_id=after_id, after_version=version, limit=limit
    )
    return [dict(row) for row in rows]


async def list_open_decisions(conn: Connection, after_id: UUID, limit: int) -> Rows:
    rows = await fetch(conn, queries.list_open_decisions, after_id=after_id, limit=limit)
    return [dict(row) for row in rows]


async def list_open_steps(conn: Connection, after_id: UUID, number: int, limit: int) -> Rows:
    rows = await fetch(
        conn, queries.list_open_steps, after_id=after_id, after_number=number, limit=limit
    )
    return [dict(row) for row in rows]


async def list_project_addresses(conn: Connection) -> list[tuple[UUID, bool]]:
    """Each project, and whether it has a report."""
    rows = await fetch(conn, queries.list_project_addresses)
    return [(row["project_id"], row["reported"]) for row in rows]


async def list_decision_addresses(conn: Connection, first: UUID, end: UUID | None) -> list[UUID]:
    rows = await fetch(conn, queries.list_decision_addresses, first=first, end=end)
    return [row["proposal_id"] for row in rows]


def _page(key: PageKey, limit: int) -> dict[str, Any]:
    """Parameters of a list query with keyset pagination."""
    day, id = key or (None, None)
    return {"after_day": day, "after_id": id, "limit": limit}


def _with_dates(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """JSON has no dates: parse those that are set."""
    return row | {name: date.fromisoformat(row[name]) for name in names if row[name] is not None}
