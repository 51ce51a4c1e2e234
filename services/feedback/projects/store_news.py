"""What other services tell, held as they told it; see `sql/news.sql`. What is not newer changes
nothing."""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.registry import FiguresState
from services.contracts.events.responses import CollectionState, ProposalState
from services.feedback.projects.store import sql
from services.runtime.postgres.database import Connection


async def see_projects(conn: Connection, projects: Sequence[ProjectState]) -> list[UUID]:
    """Returns the projects of which this was news."""
    rows = await conn.fetch(
        sql.see_projects,
        [one.project_id for one in projects],
        [one.version for one in projects],
        [one.state for one in projects],
        [one.mandate.title for one in projects],
        [one.mandate.decision_maker.name for one in projects],
        [one.mandate.decision_maker.role for one in projects],
        [one.mandate.decision_maker.account or "" for one in projects],
        [one.collection_ends_on for one in projects],
        [one.model_dump(mode="json", exclude_none=True) for one in projects],
    )
    return [row["project_id"] for row in rows]


async def see_collections(conn: Connection, collections: Sequence[CollectionState]) -> list[UUID]:
    """With the list of proposals of each. Returns the projects of which this was news."""
    rows = await conn.fetch(
        sql.see_collections,
        [one.project_id for one in collections],
        [one.version for one in collections],
        [one.state for one in collections],
        [one.model_dump(mode="json", exclude_none=True) for one in collections],
    )
    newer = [row["project_id"] for row in rows]
    await conn.execute(sql.list_proposals, newer)
    return newer


async def see_proposals(conn: Connection, proposals: Sequence[ProposalState]) -> list[UUID]:
    """Returns the projects of which this was news."""
    rows = await conn.fetch(
        sql.see_proposals,
        [one.proposal_id for one in proposals],
        [one.version for one in proposals],
        [one.project_id for one in proposals],
        [one.title for one in proposals],
        [one.text for one in proposals],
        [one.theme for one in proposals],
        [one.support for one in proposals],
        # Each as an array's literal: lists in a list would be one array of two dimensions.
        [f"{{{','.join(str(id) for id in one.merged_ids)}}}" for one in proposals],
    )
    return sorted({row["project_id"] for row in rows})


async def see_figures(conn: Connection, months: Sequence[FiguresState]) -> list[str]:
    """Returns the months of which this was news."""
    rows = await conn.fetch(
        sql.see_figures,
        [one.month for one in months],
        [one.version for one in months],
        [one.model_dump(mode="json", exclude_none=True) for one in months],
    )
    return [row["month"] for row in rows]
