"""The journal as public files: the entries, the newest checkpoint, and the key to verify them.

The file ends with its newest checkpoint: it leaves out entries that no signature covers yet.
"""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from services.feedback.journal import store, use_cases
from services.feedback.journal.rules.checkpoints import Verifier
from services.feedback.journal.rules.journal_file import checkpoint_line, entry_line
from services.feedback.journal.store import SignedCheckpoint
from services.runtime.postgres.database import Database

_CACHED = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
_KEY_CACHED = _CACHED | {"Cache-Control": "public, max-age=3600"}
_PAGE_ENTRIES = 1_000


def router(database: Database, verifier: Verifier) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def newest() -> SignedCheckpoint:
        async with database.read_only() as conn:
            return await use_cases.newest_checkpoint(conn)

    @routes.get("/journal.jsonl")
    async def file(request: Request) -> Response:
        checkpoint = await newest()
        headers = _CACHED | {"ETag": f'"{checkpoint.size}"'}
        if headers["ETag"] in (request.headers.get("if-none-match") or ""):
            return Response(status_code=304, headers=headers)
        return StreamingResponse(
            _lines(database, checkpoint.size), media_type="application/jsonl", headers=headers
        )

    @routes.get("/journal/checkpoint")
    async def checkpoint() -> PlainTextResponse:
        return PlainTextResponse((await newest()).note, headers=_CACHED)

    @routes.get("/journal/key")
    async def key() -> PlainTextResponse:
        return PlainTextResponse(f"{verifier}\n", headers=_KEY_CACHED)

    return routes


async def _lines(database: Database, size: int) -> AsyncIterator[bytes]:
    """The file in pages, each read in a short transaction of its own, so that a slow client holds
    none open. The pages fit together, as entries never change."""
    start, last_size = 0, -1
    while True:
        async with database.read_only() as conn:
            bodies = await store.list_entry_bodies(conn, start, size, _PAGE_ENTRIES)
            checkpoints = await store.list_checkpoints(conn, last_size, start + len(bodies))
        yield b"".join(_merge(start, bodies, checkpoints))
        start += len(bodies)
        last_size = start
        if start >= size:
            return


def _merge(start: int, bodies: list[str], checkpoints: list[SignedCheckpoint]) -> list[bytes]:
    """Each checkpoint right after the last entry that it covers."""
    lines, merged = [], 0
    for checkpoint in checkpoints:
        covered = max(checkpoint.size - start, merged)
        lines += [entry_line(body) for body in bodies[merged:covered]]
        lines.append(checkpoint_line(checkpoint.note))
        merged = covered
    return lines + [entry_line(body) for body in bodies[merged:]]
