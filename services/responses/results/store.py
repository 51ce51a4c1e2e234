"""Count chosen options, and read contributions for an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.responses.results.rules import Group
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, fetch, fetch_all, fetch_value

queries = Queries("services.responses.results")


@dataclass(frozen=True)
class QuestionKind:
    id: str
    kind: str


@dataclass(frozen=True)
class ExportedContribution:
    """A contribution as it may leave the reading room; a hidden one without its words.

    Its fields are those of the exported JSON."""

    id: UUID
    origin: str
    title: str | None
    on_day: date
    answers: dict[str, Any]
    words: str
    hidden: bool


async def count_options(
    conn: Connection, project_id: UUID, questions: Sequence[QuestionKind]
) -> dict[str, dict[str, Group]]:
    """By question id, then by option as `rules.options` names it: who chose it."""
    rows = await fetch(
        conn,
        queries.count_options,
        project_id=project_id,
        question_ids=[question.id for question in questions],
        kinds=[question.kind for question in questions],
    )
    groups: dict[str, dict[str, Group]] = {question.id: {} for question in questions}
    for row in rows:
        groups[row["question"]][row["option"]] = Group(row["people"], row["fingerprint"])
    return groups


async def cross_options(
    conn: Connection, project_id: UUID, rows: QuestionKind, columns: QuestionKind
) -> dict[tuple[str, str], Group]:
    cells = await fetch(
        conn,
        queries.cross_options,
        project_id=project_id,
        row_question=rows.id,
        row_kind=rows.kind,
        column_question=columns.id,
        column_kind=columns.kind,
    )
    return {
        (cell["row"], cell["column"]): Group(cell["people"], cell["fingerprint"]) for cell in cells
    }


async def count_contributions(conn: Connection, project_id: UUID) -> int:
    return int(await fetch_value(conn, queries.count_contributions, project_id=project_id))


async def list_exported(conn: Connection, project_id: UUID) -> list[ExportedContribution]:
    return await fetch_all(conn, ExportedContribution, queries.list_exported, project_id=project_id)
