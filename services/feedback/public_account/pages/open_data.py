"""Open data: the account as JSON and CSV, with a schema, and addresses for search engines.

Files are written as they are read, a thousand rows at a time, each in a moment of its own: neither
memory nor a transaction grows with the file or waits for a slow reader.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any, TypeAlias
from uuid import UUID
from xml.sax.saxutils import escape

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.contracts.events.campaigns import ProjectState
from services.contracts.http import View
from services.contracts.http.open_data import (
    LICENCE,
    OpenData,
    OpenDecision,
    OpenFigure,
    OpenProject,
    OpenReport,
    OpenStep,
)
from services.feedback.public_account import rules as promises
from services.feedback.public_account import store
from services.feedback.public_account.pages.page_cache import Edition, Kept
from services.feedback.public_account.pages.site import Asked, Content, Site, answer
from services.feedback.reports.rules.publication import MINIMUM_CELL, MONTHLY, method_of, shown
from services.runtime.csv_tables import BYTE_ORDER_MARK, Cell, csv_lines
from services.runtime.postgres.database import Connection, Database

Row: TypeAlias = dict[str, Any]
_PAGE = 1_000
_START = UUID(int=0)
_CACHED = {"Cache-Control": "public, max-age=60"}
_FREE = _CACHED | {"Access-Control-Allow-Origin": "*"}
_COUNTED = ("asked", "joined", "contributions", "read")
_XML = "application/xml; charset=utf-8"


@dataclass(frozen=True)
class Place:
    """Where a page of rows ended."""

    id: UUID = _START
    number: int = 0


Page: TypeAlias = Callable[[Connection, Place, date], Awaitable[tuple[list[Row], Place | None]]]


@dataclass(frozen=True)
class DataSet:
    """`page` reads the rows after a place, and says where to go on; None at the end.

    `counted`: a few rows that count all decisions; kept like a page, or asking for them again and
    again would keep the database busy.
    """

    row: type[View]
    schema: bytes
    page: Page
    counted: bool = False

    @property
    def columns(self) -> list[str]:
        return list(self.row.model_fields)

    @property
    def form(self) -> str:
        """Another one when the rows have another form."""
        return blake2b(self.schema, digest_size=6).hexdigest()


def routes(site: Site, database: Database) -> list[Route]:
    sets = _sets(site.public_url)

    async def about(conn: Connection, asked: Asked) -> Content:
        return Content("open_data.html", {"names": list(sets), "licence": LICENCE})

    async def page(request: Request) -> Response:
        return await site.page(request, about)

    async def schema(request: Request) -> Response:
        if (found := sets.get(request.path_params["name"])) is None:
            return site.missing(request)
        return Response(found.schema, media_type="application/schema+json", headers=_FREE)

    async def data(request: Request) -> Response:
        name, kind = request.path_params["name"], request.path_params["kind"]
        if (found := sets.get(name)) is None or kind not in _KINDS:
            return site.missing(request)
        media_type, written = _KINDS[kind]
        headers = dict(_FREE)
        if kind == "csv":
            headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'

        def write(edition: Edition) -> AsyncIterator[bytes]:
            about = OpenData[Any].model_construct(
                described_by=f"{site.public_url}/open-data/schema/{name}.json",
                licence=LICENCE,
                source=site.public_url,
                as_of=edition.today,
                rows=[],
            )
            return written(found, about, _rows(database, found.page, edition.today))

        async def make(edition: Edition) -> Kept:
            text = b"".join([part async for part in write(edition)]).decode()
            return Kept.of(text, headers | {"Content-Type": media_type})

        if found.counted:
            kept = await site.fresh.page(request.url.path, make)
            assert kept is not None  # for the types
            return answer(request, kept)
        edition = await site.fresh.edition()
        # Weak: a change in the middle of a download is in the rows that follow it.
        tag = f'W/"{edition.mark.hex}-{edition.today}-{found.form}"'
        headers["ETag"] = tag
        if tag in (request.headers.get("if-none-match") or ""):
            return Response(None, 304, _FREE | {"ETag": tag})
        if request.method == "HEAD":
            return Response(None, 200, headers, media_type)
        return StreamingResponse(write(edition), 200, headers, media_type)

    return [
        Route("/open-data", page),
        Route("/open-data/schema/{name}.json", schema),
        Route("/open-data/{name}.{kind}", data),
        *_addresses(site, database),
    ]


Pages: TypeAlias = AsyncIterator[list[Row]]


async def _rows(database: Database, page: Page, today: date) -> Pages:
    place: Place | None = Place()
    while place is not None:
        async with database.read_only() as conn:
            rows, place = await page(conn, place, today)
        if rows:
            yield rows


async def _as_json(found: DataSet, about: "OpenData[Any]", pages: Pages) -> AsyncIterator[bytes]:
    yield orjson.dumps(about.model_dump(mode="json"))[:-2] + b"\n"  # up to the list's first row
    between = b""
    async for rows in pages:
        yield between + b",\n".join(orjson.dumps(row, default=str) for row in rows)
        between = b",\n"
    yield b"\n]}\n"


async def _as_csv(found: DataSet, about: "OpenData[Any]", pages: Pages) -> AsyncIterator[bytes]:
    yield (BYTE_ORDER_MARK + csv_lines([found.columns])).encode()
    async for rows in pages:
        yield csv_lines([_cell(row[name]) for name in found.columns] for row in rows).encode()


_KINDS = {"json": ("application/json", _as_json), "csv": ("text/csv; charset=utf-8", _as_csv)}


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, int | float):
        return value
    return " ".join(value) if isinstance(value, list) else str(value)


def _sets(public_url: str) -> dict[str, DataSet]:
    async def projects(
        conn: Connection, after: Place, today: date
    ) -> tuple[list[Row], Place | None]:
        found = await store.open_projects(conn, after.id, _PAGE)
        rows = [_project(row) for row in found]
        for row in rows:
            row["url"] = f"{public_url}/projects/{row['project_id']}"
        return rows, _next(found, "project_id")

    async def reports(
        conn: Connection, after: Place, today: date
    ) -> tuple[list[Row], Place | None]:
        found = await store.open_reports(conn, after.id, after.number, _PAGE)
        for row in found:
            method = row.pop("method")
            row |= {name: method.get(name) for name in _COUNTED}
            row["url"] = f"{public_url}/projects/{row['project_id']}/report/{row['version']}"
        return found, _next(found, "project_id", "version")

    async def decisions(
        conn: Connection, after: Place, today: date
    ) -> tuple[list[Row], Place | None]:
        found = await store.open_decisions(conn, after.id, _PAGE)
        for row in found:
            row["support"] = shown(row["support"])
            row["progress"] = None if row["outcome"] == "not" else row["progress"]
            row["url"] = f"{public_url}/decisions/{row['proposal_id']}"
        return found, _next(found, "proposal_id")

    async def steps(conn: Connection, after: Place, today: date) -> tuple[list[Row], Place | None]:
        found = await store.open_steps(conn, after.id, after.number, _PAGE)
        for row in found:
            row["on"] = row.pop("recorded_on")
            row["url"] = f"{public_url}/decisions/{row['proposal_id']}"
        return found, _next(found, "proposal_id", "number")

    def data_set(
        row: type[View], whole: type[View], page: Page, *, counted: bool = False
    ) -> DataSet:
        return DataSet(row, _schema(whole.model_json_schema()), page, counted)

    return {
        OpenProject.name: data_set(OpenProject, OpenData[OpenProject], projects),
        OpenReport.name: data_set(OpenReport, OpenData[OpenReport], reports),
        OpenDecision.name: data_set(OpenDecision, OpenData[OpenDecision], decisions),
        OpenStep.name: data_set(OpenStep, OpenData[OpenStep], steps),
        OpenFigure.name: data_set(OpenFigure, OpenData[OpenFigure], _figures, counted=True),
    }


def _schema(said: dict[str, Any]) -> bytes:
    named = {"$schema": "https://json-schema.org/draft/2020-12/schema", **said}
    return orjson.dumps(named, option=orjson.OPT_INDENT_2)


def _next(found: Sequence[Row], id: str, number: str | None = None) -> Place | None:
    if len(found) < _PAGE:
        return None
    last = found[-1]
    return Place(last[id], last[number] if number else 0)


def _project(row: Row) -> Row:
    told = ProjectState.model_validate(row["body"])
    mandate, method = told.mandate, method_of(row["body"], row["collection"])
    paid = mandate.compensation
    return {
        "project_id": told.project_id,
        "version": told.version,
        "state": told.state,
        **mandate.model_dump(exclude={"decision_maker", "compensation"}),
        "decision_maker": mandate.decision_maker.name,
        "decision_maker_role": mandate.decision_maker.role,
        "compensation": paid.terms if paid else None,
        "compensation_reference": paid.reference if paid else None,
        "recruitment_ends_on": told.recruitment_ends_on,
        "collection_ends_on": told.collection_ends_on,
        "ended_early_reason": told.ended_early_reason,
        **{name: method[name] for name in _COUNTED},
        "draw_commitments": told.draw_commitments,
        "draw_seeds": told.draw_seeds,
    }


async def _figures(conn: Connection, after: Place, today: date) -> tuple[list[Row], Place | None]:
    measured = await store.charter_figures(conn)
    counts = await store.count_answers(conn, today)
    read = promises.share_read(measured.contributions, measured.read, MINIMUM_CELL)

    def row(figure: str, value: float | None, about: str | None = None) -> Row:
        return {"figure": figure, "about": about, "value": value}

    rows = [
        row("most_for_one_person_in_31_days", measured.most_for_one_person),
        row("share_of_contributions_read", read),
        row("median_days_to_report", measured.median_report_days),
        row("reports", measured.reports),
        row("promises_overdue", sum(one.overdue for one in counts)),
    ]
    for outcome in promises.OUTCOME_NAMES:
        of = sum(one.answers for one in counts if one.outcome == outcome)
        rows.append(row("decisions_by_outcome", of, outcome))
    for progress in promises.PROGRESS:
        of = sum(one.answers for one in counts if one.outcome != "not" and one.progress == progress)
        rows.append(row("decisions_by_progress", of, progress))
    for month in await store.months(conn):
        most = month.most_for_one_person_in_31_days
        rows.append(row("most_for_one_person_in_31_days", most, month.month))
        rows += [row(name, shown(getattr(month, name)), month.month) for name in MONTHLY]
    return rows, None


def _addresses(site: Site, database: Database) -> list[Route]:
    """For search engines: a sitemap holds 50,000 addresses at most, so decisions are in sixteen."""
    robots = (
        f"User-agent: *\nDisallow: /api/\nDisallow: /health/\n\n"
        f"Sitemap: {site.public_url}/sitemap.xml\n"
    )
    parts = ["projects", *(f"decisions-{digit:x}" for digit in range(16))]
    index = _sitemap(
        "sitemapindex", "sitemap", [f"{site.public_url}/sitemap/{part}.xml" for part in parts]
    )

    async def for_robots(request: Request) -> Response:
        return Response(robots, media_type="text/plain; charset=utf-8", headers=_CACHED)

    async def sitemap(request: Request) -> Response:
        return Response(index, media_type=_XML, headers=_CACHED)

    async def part(request: Request) -> Response:
        name = request.path_params["part"]
        if name not in parts:
            return site.missing(request)
        async with database.read_only() as conn:
            paths = await (_projects(conn) if name == "projects" else _decisions(conn, name[-1]))
        body = _sitemap("urlset", "url", [site.public_url + path for path in paths])
        return Response(body, media_type=_XML, headers=_CACHED)

    return [
        Route("/robots.txt", for_robots),
        Route("/sitemap.xml", sitemap),
        Route("/sitemap/{part}.xml", part),
    ]


async def _projects(conn: Connection) -> list[str]:
    paths = ["/", "/projects", "/decisions", "/follow-up", "/figures", "/open-data", "/journal"]
    for project_id, reported in await store.addresses_of_projects(conn):
        paths.append(f"/projects/{project_id}")
        if reported:
            paths.append(f"/projects/{project_id}/report")
    return paths


async def _decisions(conn: Connection, digit: str) -> list[str]:
    first = int(digit, 16) << 124
    end = first + (1 << 124)
    found = await store.addresses_of_decisions(
        conn, UUID(int=first), UUID(int=end) if digit != "f" else None
    )
    return [f"/decisions/{proposal_id}" for proposal_id in found]


def _sitemap(root: str, each: str, addresses: Sequence[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        + "".join(f"<{each}><loc>{escape(one)}</loc></{each}>\n" for one in addresses)
        + f"</{root}>\n"
    )
