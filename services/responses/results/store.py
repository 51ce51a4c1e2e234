"""Counting what was chosen, and reading contributions for an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.responses.results.rules import Group
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.responses.results", ".")


@dataclass(frozen=True)
class Exported:
    """What may leave the reading room; nothing of what is hidden."""

    id: UUID
    origin: str
    title: str | None
    on_day: date
    answers: dict[str, Any]
    words: str
    hidden: bool


async def count_options(
    conn: Connection, project_id: UUID, questions: Sequence[tuple[str, str]]
) -> dict[str, dict[str, Group]]:
    """For each question (id, kind): who chose each option, as `domain.results.options` names it."""
    rows = await conn.fetch(
        sql.count_options,
        project_id,
        [question for question, _ in questions],
        [kind for _, kind in questions],
    )
    found: dict[str, dict[str, Group]] = {question: {} for question, _ in questions}
    for row in rows:
        found[row["question"]][row["option"]] = Group(row["people"], row["mark"])
    return found


async def cross_options(
    conn: Connection, project_id: UUID, rows: tuple[str, str], columns: tuple[str, str]
) -> dict[tuple[str, str], Group]:
    found = await conn.fetch(sql.cross_options, project_id, *rows, *columns)
    return {(row["row"], row["column"]): Group(row["people"], row["mark"]) for row in found}


async def count_answered(conn: Connection, project_id: UUID) -> int:
    return int(await conn.fetchval(sql.count_answered, project_id))


async def exported(conn: Connection, project_id: UUID) -> list[Exported]:
    return await db.many(conn, Exported, sql.exported, project_id)
