"""Open data: the public account as JSON and CSV, each with a schema.

Files are streamed, a thousand rows at a time, each page in a short transaction of its own: neither
memory nor a transaction grows with the file or waits for a slow client.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any, TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.contracts.http.open_data import LICENCE, OpenData
from services.feedback.public_account.pages.data_sets import (
    DataSet,
    LoadPage,
    Row,
    RowKey,
    data_sets,
)
from services.feedback.public_account.pages.page_cache import CachedPage, Edition
from services.feedback.public_account.pages.site import Content, PageRequest, Site, respond
from services.runtime.csv_tables import BYTE_ORDER_MARK, Cell, csv_lines
from services.runtime.postgres.database import Connection, Database

_HEADERS = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}


def routes(site: Site, database: Database) -> list[Route]:
    sets = data_sets(site.public_url)

    async def overview(conn: Connection, request: PageRequest) -> Content:
        return Content("open_data.html", {"names": list(sets), "licence": LICENCE})

    async def page(request: Request) -> Response:
        return await site.page(request, overview)

    async def schema(request: Request) -> Response:
        if (data_set := sets.get(request.path_params["name"])) is None:
            return site.not_found(request)
        return Response(data_set.schema, media_type="application/schema+json", headers=_HEADERS)

    async def data(request: Request) -> Response:
        name, extension = request.path_params["name"], request.path_params["kind"]
        if (data_set := sets.get(name)) is None or extension not in _FORMATS:
            return site.not_found(request)
        media_type, write_format = _FORMATS[extension]
        headers = dict(_HEADERS)
        if extension == "csv":
            headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'

        def write(edition: Edition) -> AsyncIterator[bytes]:
            document = OpenData[Any].model_construct(
                described_by=f"{site.public_url}/open-data/schema/{name}.json",
                licence=LICENCE,
                source=site.public_url,
                as_of=edition.today,
                rows=[],
            )
            pages = _pages(database, data_set.load_page, edition.today)
            return write_format(data_set, document, pages)

        async def render(edition: Edition) -> CachedPage:
            text = b"".join([part async for part in write(edition)]).decode()
            return CachedPage.of(text, headers | {"Content-Type": media_type})

        if data_set.cached:
            cached = await site.cache.page(request.url.path, render)
            assert cached is not None  # for the types
            return respond(request, cached)
        edition = await site.cache.edition()
        # Weak: a change during a download is in the rows that follow it.
        tag = f'W/"{edition.mark.hex}-{edition.today}-{data_set.form}"'
        headers["ETag"] = tag
        if tag in (request.headers.get("if-none-match") or ""):
            return Response(None, 304, _HEADERS | {"ETag": tag})
        if request.method == "HEAD":
            return Response(None, 200, headers, media_type)
        return StreamingResponse(write(edition), 200, headers, media_type)

    return [
        Route("/open-data", page),
        Route("/open-data/schema/{name}.json", schema),
        Route("/open-data/{name}.{kind}", data),
    ]


Pages: TypeAlias = AsyncIterator[list[Row]]


async def _pages(database: Database, load_page: LoadPage, today: date) -> Pages:
    key: RowKey | None = RowKey()
    while key is not None:
        async with database.read_only() as conn:
            rows, key = await load_page(conn, key, today)
        if rows:
            yield rows


async def _as_json(
    data_set: DataSet, document: "OpenData[Any]", pages: Pages
) -> AsyncIterator[bytes]:
    yield orjson.dumps(document.model_dump(mode="json"))[:-2] + b"\n"  # up to the first row
    separator = b""
    async for rows in pages:
        yield separator + b",\n".join(orjson.dumps(row, default=str) for row in rows)
        separator = b",\n"
    yield b"\n]}\n"


async def _as_csv(
    data_set: DataSet, document: "OpenData[Any]", pages: Pages
) -> AsyncIterator[bytes]:
    yield (BYTE_ORDER_MARK + csv_lines([data_set.columns])).encode()
    async for rows in pages:
        yield csv_lines([_cell(row[name]) for name in data_set.columns] for row in rows).encode()


_FORMATS = {"json": ("application/json", _as_json), "csv": ("text/csv; charset=utf-8", _as_csv)}


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, int | float):
        return value
    return " ".join(value) if isinstance(value, list) else str(value)
