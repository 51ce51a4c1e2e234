"""SQL of the projects and reports that messages present."""

from collections.abc import Sequence

from services.contracts.events.campaigns import ProjectState
from services.contracts.events.feedback import ReportState
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute

queries = Queries("services.registry.messages")


async def upsert_projects(conn: Connection, projects: Sequence[ProjectState]) -> None:
    await execute(
        conn,
        queries.upsert_projects,
        project_ids=[project.project_id for project in projects],
        versions=[project.version for project in projects],
        states=[project.state for project in projects],
        mandates=[project.mandate.model_dump(mode="json") for project in projects],
        recruitment_ends=[project.recruitment_ends_on for project in projects],
        collection_ends=[project.collection_ends_on for project in projects],
    )


async def upsert_reports(conn: Connection, reports: Sequence[ReportState]) -> None:
    await execute(
        conn,
        queries.upsert_reports,
        project_ids=[report.project_id for report in reports],
        versions=[report.version for report in reports],
        urls=[report.url for report in reports],
        summaries=[report.summary for report in reports],
    )
