"""Reports, and the duty to send them to every participant."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from services.campaigns.orders.rules import Window
from services.campaigns.orders.store import ORDERS_TOPIC
from services.campaigns.reports.rules import Report
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_row, fetch_value

queries = Queries("services.campaigns.reports")


async def upsert_reports(conn: Connection, reports: Sequence[Report]) -> list[UUID]:
    """Returns the projects with a newer version."""
    rows = await fetch(
        conn,
        queries.upsert_reports,
        project_ids=[report.project_id for report in reports],
        versions=[report.version for report in reports],
        collection_versions=[report.collection_version for report in reports],
        published_on=[report.published_on for report in reports],
    )
    return [row["project_id"] for row in rows]


async def lock_advancing_projects(
    conn: Connection, project_ids: Sequence[UUID] | None = None
) -> list[UUID]:
    """Of these projects, or of all, those whose report may advance."""
    rows = await fetch(conn, queries.lock_advancing_projects, project_ids=project_ids)
    return [row["id"] for row in rows]


async def lock_reported_projects(conn: Connection, order_ids: Sequence[UUID]) -> list[UUID]:
    rows = await fetch(conn, queries.lock_reported_projects, order_ids=order_ids)
    return [row["id"] for row in rows]


async def list_due_reports(conn: Connection, project_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Version of the report that each project is to owe from now on."""
    rows = await fetch(conn, queries.list_due_reports, project_ids=project_ids)
    return {row["project_id"]: row["version"] for row in rows}


async def insert_duties(
    conn: Connection,
    project_id: UUID,
    report_version: int,
    project_version: int,
    window: Window,
    at: datetime,
) -> dict[str, int]:
    """Returns the numbers owed and exempt."""
    row = await fetch_row(
        conn,
        queries.insert_duties,
        project_id=project_id,
        report_version=report_version,
        project_version=project_version,
        first_day=window.first_day,
        last_day=window.last_day,
        at=at,
        topic=ORDERS_TOPIC,
    )
    assert row is not None
    return dict(row)


async def cancel_older_reports(
    conn: Connection, project_id: UUID, report_version: int, at: datetime
) -> None:
    await execute(
        conn,
        queries.cancel_older_reports,
        project_id=project_id,
        report_version=report_version,
        at=at,
        topic=ORDERS_TOPIC,
    )


async def reorder_refused(
    conn: Connection, project_ids: Sequence[UUID], window: Window, at: datetime, today: date
) -> int:
    """Returns the number of new orders."""
    count: int = await fetch_value(
        conn,
        queries.reorder_refused,
        project_ids=project_ids,
        first_day=window.first_day,
        last_day=window.last_day,
        at=at,
        topic=ORDERS_TOPIC,
        today=today,
    )
    return count


async def exempt_former_members(conn: Connection, status_of: Mapping[UUID, str]) -> None:
    """`status_of`: the status of each former member."""
    await execute(
        conn,
        queries.exempt_former_members,
        member_ids=list(status_of),
        statuses=list(status_of.values()),
    )


async def close_projects(conn: Connection, project_ids: Sequence[UUID]) -> list[UUID]:
    rows = await fetch(conn, queries.close_projects, project_ids=project_ids)
    return [row["id"] for row in rows]


async def count_overdue_reports(conn: Connection, today: date) -> int:
    count: int = await fetch_value(conn, queries.count_overdue_reports, today=today)
    return count
