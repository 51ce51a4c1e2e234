"""Copies of projects, collections and proposals. An event that is not newer changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.projects.rules import ProjectRecord
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_value,
)
from services.runtime.refusal import NotFound

queries = Queries("services.feedback.projects")


@dataclass(frozen=True)
class SourceEvents:
    """The newest events about a project, as JSON; no collection yet is `{}` at version 0."""

    project: dict[str, Any]
    collection: dict[str, Any]
    collection_version: int


async def upsert_projects(conn: Connection, projects: Sequence[ProjectState]) -> list[UUID]:
    """Returns the projects that changed."""
    rows = await fetch(
        conn,
        queries.upsert_projects,
        project_ids=[project.project_id for project in projects],
        versions=[project.version for project in projects],
        states=[project.state for project in projects],
        titles=[project.mandate.title for project in projects],
        decision_makers=[project.mandate.decision_maker.name for project in projects],
        decision_maker_roles=[project.mandate.decision_maker.role for project in projects],
        decision_maker_accounts=[
            project.mandate.decision_maker.account or "" for project in projects
        ],
        collection_ends_on=[project.collection_ends_on for project in projects],
        bodies=[project.model_dump(mode="json", exclude_none=True) for project in projects],
    )
    return [row["project_id"] for row in rows]


async def upsert_collections(
    conn: Connection, collections: Sequence[CollectionState]
) -> list[UUID]:
    """With the list of proposals of each. Returns the projects that changed."""
    rows = await fetch(
        conn,
        queries.upsert_collections,
        project_ids=[collection.project_id for collection in collections],
        versions=[collection.version for collection in collections],
        states=[collection.state for collection in collections],
        bodies=[
            collection.model_dump(mode="json", exclude_none=True) for collection in collections
        ],
    )
    changed = [row["project_id"] for row in rows]
    await execute(conn, queries.list_proposals, project_ids=changed)
    return changed


async def upsert_proposals(conn: Connection, proposals: Sequence[ProposalState]) -> list[UUID]:
    """Returns the projects whose proposals changed."""
    rows = await fetch(
        conn,
        queries.upsert_proposals,
        proposal_ids=[proposal.proposal_id for proposal in proposals],
        versions=[proposal.version for proposal in proposals],
        project_ids=[proposal.project_id for proposal in proposals],
        titles=[proposal.title for proposal in proposals],
        texts=[proposal.text for proposal in proposals],
        themes=[proposal.theme for proposal in proposals],
        supports=[proposal.support for proposal in proposals],
        # Each as an array literal: PostgreSQL takes nested lists for one array of two dimensions.
        merged_ids=[
            f"{{{','.join(str(id) for id in proposal.merged_ids)}}}" for proposal in proposals
        ],
    )
    return sorted({row["project_id"] for row in rows})


async def list_projects(conn: Connection) -> list[ProjectRecord]:
    """Longest waiting first."""
    return await fetch_all(conn, ProjectRecord, queries.list_projects, project_id=None)


async def find_project(conn: Connection, project_id: UUID) -> ProjectRecord:
    """Raises NotFound."""
    project = await fetch_optional(
        conn, ProjectRecord, queries.list_projects, project_id=project_id
    )
    if project is None:
        raise NotFound(what=project_id)
    return project


async def find_source_events(conn: Connection, project_id: UUID) -> SourceEvents:
    """Of a project that exists."""
    events = await fetch_optional(
        conn, SourceEvents, queries.find_source_events, project_id=project_id
    )
    assert events is not None
    return events


async def count_overdue(conn: Connection, ended_before: date) -> int:
    """The sum of `ProjectRecord.overdue` over all projects."""
    overdue: int = await fetch_value(conn, queries.count_overdue, ended_before=ended_before)
    return overdue


async def count_projects(conn: Connection) -> dict[str, int]:
    """By state."""
    rows = await fetch(conn, queries.count_projects)
    return {row["state"]: row["projects"] for row in rows}
