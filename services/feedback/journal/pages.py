"""The journal as files for everybody: what to keep, what was signed, and the key to verify it.

The file ends with its newest checkpoint: entries that no signature covers yet are not in it.
"""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from services.feedback.journal import store
from services.feedback.journal import use_cases as journal
from services.feedback.journal.rules.checkpoints import Verifier
from services.feedback.journal.rules.journal_file import checkpoint_line, entry_line
from services.feedback.journal.store import Signed
from services.runtime.postgres.database import Database

_CACHED = {"Cache-Control": "public, max-age=60", "Access-Control-Allow-Origin": "*"}
_KEY_CACHED = _CACHED | {"Cache-Control": "public, max-age=3600"}
_PAGE = 1_000


def router(database: Database, verifier: Verifier) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def newest() -> Signed:
        async with database.read_only() as conn:
            return await journal.newest_checkpoint(conn)

    @routes.get("/journal.jsonl")
    async def file(request: Request) -> Response:
        signed = await newest()
        headers = _CACHED | {"ETag": f'"{signed.size}"'}
        if headers["ETag"] in (request.headers.get("if-none-match") or ""):
            return Response(status_code=304, headers=headers)
        return StreamingResponse(
            _lines(database, signed.size), media_type="application/jsonl", headers=headers
        )

    @routes.get("/journal/checkpoint")
    async def checkpoint() -> PlainTextResponse:
        return PlainTextResponse((await newest()).note, headers=_CACHED)

    @routes.get("/journal/key")
    async def key() -> PlainTextResponse:
        return PlainTextResponse(f"{verifier}\n", headers=_KEY_CACHED)

    return routes


async def _lines(database: Database, size: int) -> AsyncIterator[bytes]:
    """By pages, each read in a moment: nothing is held open for a reader who is slow. What was
    read before stays true, as nothing here ever changes."""
    start, after = 0, -1
    while True:
        async with database.read_only() as conn:
            bodies = await store.entry_bodies(conn, start, size, _PAGE)
            notes = await store.checkpoints(conn, after, start + len(bodies))
        yield b"".join(_merged(start, bodies, notes))
        start += len(bodies)
        after = start
        if start >= size:
            return


def _merged(start: int, bodies: list[str], notes: list[Signed]) -> list[bytes]:
    """Each checkpoint right after the last entry that it promises."""
    lines, done = [], 0
    for note in notes:
        upto = max(note.size - start, done)
        lines += [entry_line(body) for body in bodies[done:upto]]
        lines.append(checkpoint_line(note.note))
        done = upto
    return lines + [entry_line(body) for body in bodies[done:]]
