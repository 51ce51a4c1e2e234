"""The data sets of the open data: their schema, and their rows in pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from services.contracts.events.campaigns import ProjectState
from services.contracts.http import View
from services.contracts.http.open_data import (
    OpenData,
    OpenDecision,
    OpenFigure,
    OpenProject,
    OpenReport,
    OpenStep,
)
from services.feedback.decisions.rules import Outcome
from services.feedback.follow_up.rules import Progress
from services.feedback.public_account import rules, store
from services.feedback.reports.rules.method import MINIMUM_CELL, method_of, public_count
from services.runtime.postgres.database import Connection

Row: TypeAlias = dict[str, Any]
_PAGE_ROWS = 1_000
_START = UUID(int=0)
_METHOD_COUNTS = ("asked", "joined", "contributions", "read")


@dataclass(frozen=True)
class RowKey:
    """The last row of a page, after which the next one begins."""

    id: UUID = _START
    number: int = 0


LoadPage: TypeAlias = Callable[
    [Connection, RowKey, date], Awaitable[tuple[list[Row], RowKey | None]]
]


@dataclass(frozen=True)
class DataSet:
    """`load_page` reads the rows after a key, and returns the next key; None at the end.

    `cached`: aggregates over all decisions, in few rows; cached like a page, as computing them for
    every request would load the database.
    """

    row: type[View]
    schema: bytes
    load_page: LoadPage
    cached: bool = False

    @property
    def columns(self) -> list[str]:
        return list(self.row.model_fields)

    @property
    def form(self) -> str:
        """Fingerprint of the schema, so that a new form of the rows has a new ETag."""
        return blake2b(self.schema, digest_size=6).hexdigest()


def data_sets(public_url: str) -> dict[str, DataSet]:
    """By name, as in their addresses."""

    async def projects(
        conn: Connection, key: RowKey, today: date
    ) -> tuple[list[Row], RowKey | None]:
        stored = await store.list_open_projects(conn, key.id, _PAGE_ROWS)
        rows = [_project(row) for row in stored]
        for row in rows:
            row["url"] = f"{public_url}/projects/{row['project_id']}"
        return rows, _next_key(stored, "project_id")

    async def reports(
        conn: Connection, key: RowKey, today: date
    ) -> tuple[list[Row], RowKey | None]:
        rows = await store.list_open_reports(conn, key.id, key.number, _PAGE_ROWS)
        for row in rows:
            method = row.pop("method")
            row |= {name: method.get(name) for name in _METHOD_COUNTS}
            row["url"] = f"{public_url}/projects/{row['project_id']}/report/{row['version']}"
        return rows, _next_key(rows, "project_id", "version")

    async def decisions(
        conn: Connection, key: RowKey, today: date
    ) -> tuple[list[Row], RowKey | None]:
        rows = await store.list_open_decisions(conn, key.id, _PAGE_ROWS)
        for row in rows:
            row["support"] = public_count(row["support"])
            row["progress"] = None if row["outcome"] == Outcome.NOT else row["progress"]
            row["url"] = f"{public_url}/decisions/{row['proposal_id']}"
        return rows, _next_key(rows, "proposal_id")

    async def steps(conn: Connection, key: RowKey, today: date) -> tuple[list[Row], RowKey | None]:
        rows = await store.list_open_steps(conn, key.id, key.number, _PAGE_ROWS)
        for row in rows:
            row["on"] = row.pop("recorded_on")
            row["url"] = f"{public_url}/decisions/{row['proposal_id']}"
        return rows, _next_key(rows, "proposal_id", "number")

    def data_set(
        row: type[View], document: type[View], load_page: LoadPage, *, cached: bool = False
    ) -> DataSet:
        return DataSet(row, _schema(document.model_json_schema()), load_page, cached)

    return {
        OpenProject.name: data_set(OpenProject, OpenData[OpenProject], projects),
        OpenReport.name: data_set(OpenReport, OpenData[OpenReport], reports),
        OpenDecision.name: data_set(OpenDecision, OpenData[OpenDecision], decisions),
        OpenStep.name: data_set(OpenStep, OpenData[OpenStep], steps),
        OpenFigure.name: data_set(OpenFigure, OpenData[OpenFigure], _figures, cached=True),
    }


def _schema(schema: dict[str, Any]) -> bytes:
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _next_key(rows: Sequence[Row], id: str, number: str | None = None) -> RowKey | None:
    if len(rows) < _PAGE_ROWS:
        return None
    last = rows[-1]
    return RowKey(last[id], last[number] if number else 0)


def _project(row: Row) -> Row:
    project = ProjectState.model_validate(row["body"])
    mandate, method = project.mandate, method_of(row["body"], row["collection"])
    compensation = mandate.compensation
    return {
        "project_id": project.project_id,
        "version": project.version,
        "state": project.state,
        **mandate.model_dump(exclude={"decision_maker", "compensation"}),
        "decision_maker": mandate.decision_maker.name,
        "decision_maker_role": mandate.decision_maker.role,
        "compensation": compensation.terms if compensation else None,
        "compensation_reference": compensation.reference if compensation else None,
        "recruitment_ends_on": project.recruitment_ends_on,
        "collection_ends_on": project.collection_ends_on,
        "ended_early_reason": project.ended_early_reason,
        **{name: method[name] for name in _METHOD_COUNTS},
        "draw_commitments": project.draw_commitments,
        "draw_seeds": project.draw_seeds,
    }


async def _figures(conn: Connection, key: RowKey, today: date) -> tuple[list[Row], RowKey | None]:
    """All in one page."""
    charter = await store.find_charter_figures(conn)
    counts = await store.count_decisions(conn, today)
    share = rules.share_read(charter.contributions, charter.contributions_read, MINIMUM_CELL)

    def row(figure: str, value: float | None, subject: str | None = None) -> Row:
        return {"figure": figure, "about": subject, "value": value}

    rows = [
        row("most_for_one_person_in_31_days", charter.most_for_one_person),
        row("share_of_contributions_read", share),
        row("median_days_to_report", charter.median_report_days),
        row("reports", charter.reports),
        row("promises_overdue", sum(count.overdue for count in counts)),
    ]
    for outcome in Outcome:
        total = sum(count.decisions for count in counts if count.outcome == outcome)
        rows.append(row("decisions_by_outcome", total, outcome))
    retained = [count for count in counts if count.outcome != Outcome.NOT]
    for progress in Progress:
        total = sum(count.decisions for count in retained if count.progress == progress)
        rows.append(row("decisions_by_progress", total, progress))
    for month in await store.list_months(conn):
        maximum = month.most_for_one_person_in_31_days
        rows.append(row("most_for_one_person_in_31_days", maximum, month.month))
        rows += [
            row(name, public_count(getattr(month, name)), month.month)
            for name in rules.MONTHLY_COUNTS
        ]
    return rows, None
