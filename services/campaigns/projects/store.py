"""Projects, their mandate changes, keys and live counts as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.campaigns.projects.rules import (
    DrawCommitment,
    MandateChange,
    Phase,
    Project,
    ProjectProgress,
    Roster,
)
from services.campaigns.projects.signing_keys import EncryptedKey
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock
from services.runtime.postgres.queries import (
    Queries,
    Query,
    execute,
    fetch,
    fetch_optional,
    fetch_row,
    fetch_value,
)
from services.runtime.refusal import require_found

queries = Queries("services.campaigns.projects")

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


def _columns(project: Project, query: Query) -> dict[str, Any]:
    """The fields of the project that the query has parameters for."""
    return {name: field for name, field in vars(project).items() if name in query.names}


async def acquire_allocation_lock(conn: Connection) -> None:
    await execute(conn, queries.acquire_allocation_lock, number=AdvisoryLock.ALLOCATION)


async def insert_project(conn: Connection, project: Project, at: datetime) -> None:
    columns = _columns(project, queries.insert_project)
    await execute(conn, queries.insert_project, **columns, created_at=at)


async def update_project(conn: Connection, project: Project, at: datetime) -> None:
    columns = _columns(project, queries.update_project)
    published_at = at if project.state == Phase.PUBLISHED else None
    await execute(conn, queries.update_project, **columns, published_at=published_at)


async def update_places(conn: Connection, project_id: UUID, places: int | None) -> None:
    await execute(conn, queries.update_places, id=project_id, places=places)


async def list_projects(conn: Connection, project_ids: Sequence[UUID]) -> list[Project]:
    rows = await fetch(conn, queries.list_projects, ids=project_ids)
    return [Project(**{**row, "state": Phase(row["state"])}) for row in rows]


async def find_project(conn: Connection, project_id: UUID) -> Project:
    """Raises NotFound."""
    projects = await list_projects(conn, [project_id])
    return require_found(next(iter(projects), None), project_id)


async def lock_project(conn: Connection, project_id: UUID) -> Project:
    """Raises NotFound."""
    await execute(conn, queries.lock_project, id=project_id)
    return await find_project(conn, project_id)


async def lock_published_projects(conn: Connection) -> list[Project]:
    rows = await fetch(conn, queries.lock_published_projects)
    return await list_projects(conn, [row["id"] for row in rows])


async def list_commitments(
    conn: Connection, project_ids: Sequence[UUID]
) -> dict[UUID, list[DrawCommitment]]:
    """Commitments of each project, in launch order."""
    commitments: dict[UUID, list[DrawCommitment]] = {id: [] for id in project_ids}
    for row in await fetch(conn, queries.list_commitments, project_ids=project_ids):
        commitments[row["project_id"]].append(DrawCommitment(row["commitment"], row["seed"]))
    return commitments


async def insert_mandate_change(
    conn: Connection, old: Project, new: Project, reason: str, changed_by: str, at: datetime
) -> None:
    await execute(
        conn,
        queries.insert_mandate_change,
        project_id=new.id,
        version=new.version,
        name_before=old.decision_maker_name,
        role_before=old.decision_maker_role,
        account_before=old.decision_maker_account,
        name=new.decision_maker_name,
        role=new.decision_maker_role,
        account=new.decision_maker_account,
        reason=reason,
        changed_by=changed_by,
        changed_at=at,
    )


async def list_mandate_changes(
    conn: Connection, project_ids: Sequence[UUID]
) -> dict[UUID, list[MandateChange]]:
    """Changes of each project, oldest first."""
    changes: dict[UUID, list[MandateChange]] = {id: [] for id in project_ids}
    for row in await fetch(conn, queries.list_mandate_changes, project_ids=project_ids):
        columns = dict(row)
        changes[columns.pop("project_id")].append(MandateChange(**columns))
    return changes


async def find_collection_state(conn: Connection, project_id: UUID) -> str | None:
    state: str | None = await fetch_value(
        conn, queries.find_collection_state, project_id=project_id
    )
    return state


async def upsert_collections(
    conn: Connection, states: Sequence[tuple[UUID, int, str]]
) -> list[UUID]:
    """(project, version, state); returns the projects with a newer version."""
    rows = await fetch(
        conn,
        queries.upsert_collections,
        project_ids=[project_id for project_id, _, _ in states],
        versions=[version for _, version, _ in states],
        states=[state for _, _, state in states],
    )
    return [row["project_id"] for row in rows]


async def is_issuing_stopped(conn: Connection, project_id: UUID) -> bool:
    return bool(await fetch_value(conn, queries.is_issuing_stopped, project_id=project_id))


async def insert_project_key(conn: Connection, key: EncryptedKey) -> None:
    await execute(conn, queries.insert_project_key, **asdict(key))


async def find_project_key(conn: Connection, project_id: UUID) -> EncryptedKey:
    """Raises NotFound: no such project, or not published."""
    key = await fetch_optional(conn, EncryptedKey, queries.find_project_key, project_id=project_id)
    return require_found(key, project_id)


async def list_past_recruitment(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await fetch(conn, queries.list_past_recruitment, today=today)]


async def list_past_collection(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await fetch(conn, queries.list_past_collection, today=today)]


async def find_roster(conn: Connection, project_id: UUID) -> Roster:
    """Under the project's lock."""
    row = await fetch_row(conn, queries.find_roster, project_id=project_id)
    assert row is not None
    return Roster(**row)


async def count_credentials(conn: Connection, project_id: UUID) -> int | None:
    """Under the project's lock."""
    count: int | None = await fetch_value(conn, queries.count_credentials, project_id=project_id)
    return count


async def expire_invitations(conn: Connection, project_id: UUID) -> None:
    await execute(conn, queries.expire_invitations, project_id=project_id)


async def list_progress(conn: Connection, project_id: UUID | None = None) -> list[ProjectProgress]:
    """One project, or all with the newest first."""
    rows = await fetch(conn, queries.list_progress, project_id=project_id)
    projects = {p.id: p for p in await list_projects(conn, [row["id"] for row in rows])}
    return [_progress(projects[row["id"]], row) for row in rows]


def _progress(project: Project, row: Mapping[str, Any]) -> ProjectProgress:
    return ProjectProgress(
        project=project,
        collection=row["collection"],
        counts={name: row[name] for name in _COUNTS},
        known_report=row["known_report"],
        duties=row["duties"],
    )


async def list_due_shuffles(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await fetch(conn, queries.list_due_shuffles, today=today)]


async def shuffle_people(conn: Connection, project_id: UUID, today: date) -> None:
    """Rewrite the rows of the project's people in random order, under the project's lock."""
    await execute(conn, queries.shuffle_credentials, project_id=project_id)
    await execute(conn, queries.shuffle_participations, project_id=project_id)
    await execute(conn, queries.shuffle_invitations, project_id=project_id)
    await execute(conn, queries.update_shuffled_on, project_id=project_id, today=today)
