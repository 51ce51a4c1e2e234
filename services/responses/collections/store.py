"""Collections with their questionnaires, and how many answers they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.responses.collections.rules import Collection
from services.responses.submissions.rules_opening import Waiting
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound

sql = db.Queries("services.responses.collections", ".")


@dataclass(frozen=True)
class Counts(Waiting):
    open: int


async def see_projects(conn: Connection, projects: Sequence[ProjectState]) -> list[UUID]:
    """Hold what is newer; returns the projects seen for the first time."""
    rows = await conn.fetch(
        sql.see_projects,
        [project.project_id for project in projects],
        [project.version for project in projects],
        [project.state for project in projects],
        [project.mandate.title for project in projects],
        [project.mandate.model_dump(mode="json") for project in projects],
        [project.recruitment_ends_on for project in projects],
        [project.collection_ends_on for project in projects],
        [project.credential_key for project in projects],
        [project.credentials_issued for project in projects],
        [project.anonymity_floor for project in projects],
        [project.floor_reached for project in projects],
    )
    return [row["project_id"] for row in rows if row["is_new"]]


async def hold_collection(conn: Connection, project_id: UUID) -> Collection:
    """Locked until the transaction ends. Raises NotFound."""
    await conn.execute(sql.hold_collection, project_id)
    return await collection(conn, project_id)


async def hold_reading(conn: Connection, project_id: UUID) -> str:
    """Its state, which does not change before the transaction ends. Raises NotFound."""
    state: str | None = await conn.fetchval(sql.hold_reading, project_id)
    if state is None:
        raise NotFound(what=project_id)
    return state


async def collection(conn: Connection, project_or_preview_id: UUID) -> Collection:
    """Raises NotFound."""
    found = await db.maybe(conn, Collection, sql.collection, project_or_preview_id)
    if found is None:
        raise NotFound(what=project_or_preview_id)
    return found


async def collections(conn: Connection) -> list[Collection]:
    return await db.many(conn, Collection, sql.collections)


async def save_collection(conn: Connection, collection: Collection) -> None:
    await conn.execute(
        sql.save_collection,
        collection.project_id,
        collection.state,
        collection.version,
        collection.questionnaire_version,
        collection.opened_on,
        collection.readings_wanted,
        collection.synthesised_by,
        collection.synthesised_on,
    )


async def save_questionnaire(conn: Connection, collection: Collection) -> None:
    await conn.execute(
        sql.save_questionnaire,
        collection.project_id,
        collection.questionnaire_version,
        collection.questionnaire,
    )


async def count_collections(conn: Connection) -> dict[str, int]:
    rows = await conn.fetch(sql.count_collections)
    return {row["state"]: row["collections"] for row in rows}


async def digest_answers(conn: Connection, project_id: UUID) -> str:
    """SHA-256 over a project's opened answers, in hexadecimal."""
    return str(await conn.fetchval(sql.digest_answers, project_id))


async def count_answers(conn: Connection, project_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    rows = await conn.fetch(sql.count_answers, project_ids)
    return {row["project_id"]: Counts(row["received"], row["sealed"], row["open"]) for row in rows}
