"""Where projects stand; see `sql/standing.sql`."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.feedback.projects.rules import Standing
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound

sql = db.Queries("services.feedback.projects", ".")


@dataclass(frozen=True)
class Bodies:
    """What campaigns and responses said last of a project; `version` is the collection's."""

    project: dict[str, Any]
    collection: dict[str, Any]
    version: int


async def standings(conn: Connection) -> list[Standing]:
    return await db.many(conn, Standing, sql.standings, None)


async def standing(conn: Connection, project_id: UUID) -> Standing:
    """Raises NotFound."""
    found = await db.maybe(conn, Standing, sql.standings, project_id)
    if found is None:
        raise NotFound(what=project_id)
    return found


async def bodies(conn: Connection, project_id: UUID) -> Bodies:
    """Raises NotFound."""
    found = await db.maybe(conn, Bodies, sql.bodies, project_id)
    if found is None:
        raise NotFound(what=project_id)
    return found


async def count_overdue(conn: Connection, ended_before: date) -> int:
    """As `Standing.overdue` counts them, for all projects at once."""
    number: int = await conn.fetchval(sql.count_overdue, ended_before)
    return number


async def count_projects(conn: Connection) -> dict[str, int]:
    rows = await conn.fetch(sql.count_projects)
    return {row["state"]: row["projects"] for row in rows}
