"""What feedback knows of projects and collections, and where each project stands."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState
from services.feedback.domain.standing import Standing
from services.feedback.store import sql
from services.runtime import db
from services.runtime.db import Connection


async def see_projects(conn: Connection, projects: Sequence[ProjectState]) -> None:
    await conn.execute(
        sql.see_projects,
        [project.project_id for project in projects],
        [project.version for project in projects],
        [project.state for project in projects],
        [project.mandate.title for project in projects],
        [project.mandate.decision_maker.name for project in projects],
        [project.collection_ends_on for project in projects],
    )


async def see_collections(conn: Connection, collections: Sequence[CollectionState]) -> None:
    await conn.execute(
        sql.see_collections,
        [collection.project_id for collection in collections],
        [collection.version for collection in collections],
        [collection.state for collection in collections],
    )


async def standings(conn: Connection) -> list[Standing]:
    return await db.many(conn, Standing, sql.standings)


async def count_projects(conn: Connection) -> dict[str, int]:
    rows = await conn.fetch(sql.count_projects)
    return {row["state"]: row["projects"] for row in rows}
