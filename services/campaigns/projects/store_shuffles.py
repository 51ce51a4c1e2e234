"""Rows of people in random order; see `sql/shuffles.sql`."""

from datetime import date
from uuid import UUID

from services.campaigns.queries import sql
from services.runtime.postgres.database import Connection


async def due_shuffles(conn: Connection, today: date) -> list[UUID]:
    return [row["id"] for row in await conn.fetch(sql.due_shuffles, today)]


async def shuffle(conn: Connection, project_id: UUID, today: date) -> None:
    """Under the project's lock."""
    await conn.execute(sql.shuffle_credentials, project_id)
    await conn.execute(sql.shuffle_participations, project_id)
    await conn.execute(sql.shuffle_answers, project_id)
    await conn.execute(sql.shuffled, project_id, today)
