"""Collections with their questionnaires, and how many responses they have."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.responses.collections.rules import Collection, CollectionPhase, ResponseCounts
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_all, fetch_value
from services.runtime.refusal import require_found

queries = Queries("services.responses.collections")


async def upsert_projects(conn: Connection, projects: Sequence[ProjectState]) -> list[UUID]:
    """Store what is newer; returns the ids of projects seen for the first time."""
    rows = await fetch(
        conn,
        queries.upsert_projects,
        project_ids=[project.project_id for project in projects],
        versions=[project.version for project in projects],
        states=[project.state for project in projects],
        titles=[project.mandate.title for project in projects],
        mandates=[project.mandate.model_dump(mode="json") for project in projects],
        recruitment_ends=[project.recruitment_ends_on for project in projects],
        collection_ends=[project.collection_ends_on for project in projects],
        credential_keys=[project.credential_key for project in projects],
        credentials_issued=[project.credentials_issued for project in projects],
        anonymity_floors=[project.anonymity_floor for project in projects],
        floors_reached=[project.floor_reached for project in projects],
    )
    return [row["project_id"] for row in rows if row["is_new"]]


async def lock_collection(conn: Connection, project_id: UUID) -> Collection:
    """Raises NotFound."""
    await execute(conn, queries.lock_collection, project_id=project_id)
    return await find_collection(conn, project_id)


async def share_collection_state(conn: Connection, project_id: UUID) -> CollectionPhase:
    """The state, which cannot change before the transaction ends. Raises NotFound."""
    state = await fetch_value(conn, queries.share_collection_state, project_id=project_id)
    return CollectionPhase(require_found(state, project_id))


async def find_collection(conn: Connection, project_or_preview_id: UUID) -> Collection:
    """Raises NotFound."""
    rows = await fetch_all(
        conn,
        Collection,
        queries.list_collections,
        project_or_preview_id=project_or_preview_id,
    )
    return require_found(next(iter(rows), None), project_or_preview_id)


async def list_collections(conn: Connection) -> list[Collection]:
    return await fetch_all(conn, Collection, queries.list_collections, project_or_preview_id=None)


async def update_collection(conn: Connection, collection: Collection) -> None:
    await execute(
        conn,
        queries.update_collection,
        project_id=collection.project_id,
        state=collection.state,
        version=collection.version,
        questionnaire_version=collection.questionnaire_version,
        opened_on=collection.opened_on,
        readings_wanted=collection.readings_wanted,
        synthesised_by=collection.synthesised_by,
        synthesised_on=collection.synthesised_on,
    )


async def count_collections(conn: Connection) -> dict[str, int]:
    rows = await fetch(conn, queries.count_collections)
    return {row["state"]: row["collections"] for row in rows}


async def digest_responses(conn: Connection, project_id: UUID) -> str:
    """SHA-256 over a project's opened responses, in hexadecimal."""
    return str(await fetch_value(conn, queries.digest_responses, project_id=project_id))


async def count_responses(
    conn: Connection, project_ids: Sequence[UUID]
) -> dict[UUID, ResponseCounts]:
    rows = await fetch(conn, queries.count_responses, project_ids=project_ids)
    return {
        row["project_id"]: ResponseCounts(row["received"], row["sealed"], row["opened"])
        for row in rows
    }


async def count_unread(conn: Connection, project_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Contributions that still lack a reading, for each project."""
    rows = await fetch(conn, queries.count_unread, project_ids=project_ids)
    unread = {row["project_id"]: int(row["unread"]) for row in rows}
    return {project_id: unread.get(project_id, 0) for project_id in project_ids}
