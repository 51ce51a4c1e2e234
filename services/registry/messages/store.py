"""SQL of the projects and reports that messages speak of."""

from collections.abc import Sequence

from services.contracts.events.campaigns import (
    ProjectState,
)
from services.contracts.events.feedback import ReportState
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

queries = db.Queries("services.registry.messages", ".")


async def upsert_projects(conn: Connection, projects: Sequence[ProjectState]) -> None:
    await conn.execute(
        queries.upsert_projects,
        [project.project_id for project in projects],
        [project.version for project in projects],
        [project.state for project in projects],
        [project.mandate.model_dump(mode="json") for project in projects],
        [project.recruitment_ends_on for project in projects],
        [project.collection_ends_on for project in projects],
    )


async def upsert_reports(conn: Connection, reports: Sequence[ReportState]) -> None:
    await conn.execute(
        queries.upsert_reports,
        [report.project_id for report in reports],
        [report.version for report in reports],
        [report.url for report in reports],
        [report.summary for report in reports],
    )
