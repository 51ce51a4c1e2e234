"""Every SQL call of responses."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.responses.domain import Collection
from services.runtime import db
from services.runtime.db import Connection
from services.runtime.refusal import NotFound

sql = db.Queries("services.responses")


async def see_projects(conn: Connection, projects: Sequence[ProjectState]) -> list[UUID]:
    """Hold what is newer; returns the projects seen for the first time."""
    rows = await conn.fetch(
        sql.see_projects,
        [project.project_id for project in projects],
        [project.version for project in projects],
        [project.state for project in projects],
        [project.mandate.title for project in projects],
    )
    return [row["project_id"] for row in rows if row["is_new"]]


async def lock_collection(conn: Connection, project_id: UUID) -> Collection:
    """Raises NotFound."""
    found = await db.maybe(conn, Collection, sql.lock_collection, project_id)
    if found is None:
        raise NotFound(what=project_id)
    return found


async def save_questionnaire(conn: Connection, collection: Collection) -> None:
    await conn.execute(
        sql.save_questionnaire,
        collection.project_id,
        collection.questionnaire,
        collection.state,
        collection.version,
    )


async def collections(conn: Connection) -> list[Collection]:
    return await db.many(conn, Collection, sql.collections)


async def count_collections(conn: Connection) -> dict[str, int]:
    rows = await conn.fetch(sql.count_collections)
    return {row["state"]: row["collections"] for row in rows}
