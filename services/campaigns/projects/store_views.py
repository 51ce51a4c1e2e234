"""Numbers for the screens, set by set; see `sql/views.sql`."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.campaigns.projects.rules import Project
from services.campaigns.queries import sql
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection


@dataclass(frozen=True)
class ShownProject:
    project: Project
    collection: str | None
    counts: dict[str, Any]
    # The newest version of the report known here, and duties by state for the version owed.
    report_held: int | None
    duties: dict[str, int] | None


@dataclass(frozen=True)
class DayNumbers:
    asked: int
    opted_in: int
    declined: int
    left_panel: int
    orders_unanswered: int
    solicited_twice: int
    members: int


_COUNTS = (
    "wanted",
    "ordered",
    "sent",
    "accepted",
    "declined",
    "waitlisted",
    "left",
    "refused_by_reason",
)


async def project_views(conn: Connection, project_id: UUID | None = None) -> list[ShownProject]:
    shown = []
    for row in await conn.fetch(sql.project_views, project_id):
        values: dict[str, Any] = dict(row)
        counts = {name: values.pop(name) for name in _COUNTS}
        apart = {name: values.pop(name) for name in ("collection", "report_held", "duties")}
        shown.append(ShownProject(Project(**values), counts=counts, **apart))
    return shown


async def campaigns_of(conn: Connection, project_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await conn.fetch(sql.campaigns_of, project_id)]


async def campaigns_among(conn: Connection, campaign_ids: list[UUID]) -> list[dict[str, Any]]:
    return [dict(row) for row in await conn.fetch(sql.campaigns_among, campaign_ids)]


async def newest_answers(conn: Connection, project_id: UUID) -> list[dict[str, Any]]:
    return [dict(row) for row in await conn.fetch(sql.newest_answers, project_id)]


async def accepted_per_day(
    conn: Connection, today: date, project_id: UUID | None
) -> dict[int, int]:
    rows = await conn.fetch(sql.accepted_per_day, today, project_id)
    return {row["days_ago"]: row["n"] for row in rows}


async def free_from(conn: Connection, today: date) -> dict[date, int]:
    return {row["day"]: row["members"] for row in await conn.fetch(sql.free_from, today)}


async def today(conn: Connection, day: date) -> DayNumbers:
    numbers = await db.maybe(conn, DayNumbers, sql.today, day)
    assert numbers is not None
    return numbers
