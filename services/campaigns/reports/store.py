"""Reports held, and the duty to send them to everybody who took part; see `sql/reports.sql`."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.campaigns.launches.rules import Window
from services.campaigns.members.store import Gone
from services.campaigns.queries import sql
from services.runtime.postgres.database import Connection


async def know_reports(conn: Connection, news: Sequence[tuple[UUID, int, int, date]]) -> list[UUID]:
    """(project, version, collection's version, day); returns the projects with a newer one."""
    columns = [list(column) for column in zip(*news, strict=True)] or [[], [], [], []]
    return [row["project_id"] for row in await conn.fetch(sql.know_reports, *columns)]


async def lock_reports(conn: Connection, among: Sequence[UUID] | None) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.lock_reports, among)]


async def lock_reported(conn: Connection, order_ids: Sequence[UUID]) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.lock_reported, order_ids)]


async def due_reports(conn: Connection, project_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Projects and the version of the report they are to owe from now on."""
    rows = await conn.fetch(sql.due_reports, project_ids)
    return {row["project_id"]: row["version"] for row in rows}


async def create_duties(
    conn: Connection,
    project_id: UUID,
    report_version: int,
    project_version: int,
    window: Window,
    at: datetime,
    topic: str,
) -> dict[str, int]:
    """How many are owed, and how many are exempt from the start."""
    row = await conn.fetchrow(
        sql.create_duties,
        project_id,
        report_version,
        project_version,
        window.first_day,
        window.last_day,
        at,
        topic,
    )
    assert row is not None
    return dict(row)


async def stop_older(
    conn: Connection, project_id: UUID, report_version: int, at: datetime, topic: str
) -> None:
    await conn.execute(sql.stop_older, project_id, report_version, at, topic)


async def look_again(
    conn: Connection,
    project_ids: Sequence[UUID],
    window: Window,
    at: datetime,
    topic: str,
    today: date,
) -> int:
    """Returns how many reports were ordered anew."""
    number: int = await conn.fetchval(
        sql.look_again,
        project_ids,
        window.first_day,
        window.last_day,
        at,
        topic,
        today,
    )
    return number


async def exempt_gone(conn: Connection, gone: Sequence[Gone]) -> None:
    await conn.execute(sql.exempt_gone, [g.member_id for g in gone], [g.status for g in gone])


async def close_projects(conn: Connection, project_ids: Sequence[UUID]) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.close_projects, project_ids)]
