"""Contributions as readers see them, readings, moderation, and a reader's own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.responses.readings.rules_attention import Heard
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection
from services.runtime.refusal import NotFound

sql = db.Queries("services.responses.readings", ".")

_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True)
class Shown:
    """A contribution with its readings and moderation (latest first), as the view has them."""

    id: UUID
    project_id: UUID
    origin: str
    title: str | None
    on_day: date
    length: int
    answers: dict[str, Any]
    words: str
    readings: list[dict[str, Any]]
    moderation: list[dict[str, Any]]


@dataclass(frozen=True)
class ReadingCounts:
    contributions: int
    unread: int
    read_by_me: int


NOTHING_READ = ReadingCounts(0, 0, 0)


async def draw_order(
    conn: Connection, project_id: UUID, reader: str, seed: bytes, today: date
) -> bytes:
    """The seed of this reader's order: the given one if there was none yet."""
    return bytes(await conn.fetchval(sql.draw_order, project_id, reader, seed, today))


async def next_unread(
    conn: Connection, project_id: UUID, reader: str, seed: bytes, readings_wanted: int
) -> UUID | None:
    found: UUID | None = await conn.fetchval(
        sql.next_unread, project_id, reader, seed, readings_wanted
    )
    return found


async def count_readings(
    conn: Connection, project_ids: Sequence[UUID], reader: str = ""
) -> dict[UUID, ReadingCounts]:
    rows = await conn.fetch(sql.count_readings, project_ids, reader)
    found = {
        row["project_id"]: ReadingCounts(row["contributions"], row["unread"], row["read_by_me"])
        for row in rows
    }
    return {project_id: found.get(project_id, NOTHING_READ) for project_id in project_ids}


async def find_contributions(
    conn: Connection,
    project_id: UUID,
    *,
    words: str | None,
    unread: bool,
    hidden: bool,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    page = (project_id, after or _BEFORE_ALL, unread, limit)
    if words is None:
        rows = await conn.fetch(sql.list_contributions, *page)
    else:
        rows = await conn.fetch(sql.search_contributions, *page, words, hidden)
    return [row["id"] for row in rows]


async def contributions(
    conn: Connection, ids: Sequence[UUID], reader: str, *, hidden: bool = False
) -> list[Shown]:
    """In the order of the ids. `hidden`: with the words of those that are hidden."""
    return await db.many(conn, Shown, sql.contributions_shown, ids, reader, hidden)


async def contribution(conn: Connection, id: UUID, reader: str, *, hidden: bool = False) -> Shown:
    """Raises NotFound."""
    found = await contributions(conn, [id], reader, hidden=hidden)
    if not found:
        raise NotFound(what=id)
    return found[0]


async def hold_contribution(conn: Connection, contribution_id: UUID) -> UUID:
    """The project it answers. Raises NotFound."""
    found: UUID | None = await conn.fetchval(sql.hold_contribution, contribution_id)
    if found is None:
        raise NotFound(what=contribution_id)
    return found


async def note_shown(
    conn: Connection, reader: str, contribution_id: UUID | None, now: datetime
) -> None:
    """From when on a reader may have read; None for several contributions at once, in a list."""
    await conn.execute(sql.begin_time, reader, now)
    if contribution_id is not None:
        await conn.execute(sql.begin_showing, reader, contribution_id, now)


async def restart_time(
    conn: Connection, reader: str, contribution_id: UUID, now: datetime
) -> datetime | None:
    """Since when this reader may have read this contribution; their time begins anew. None: nothing
    was shown to them yet."""
    since: datetime | None = await conn.fetchval(sql.reading_since, reader, contribution_id)
    await conn.execute(sql.begin_time, reader, now)
    await conn.execute(sql.restart_time, reader, now)
    return since


async def record_reading(
    conn: Connection,
    contribution_id: UUID,
    reader: str,
    reader_name: str,
    today: date,
    seconds: float,
    mark: str | None,
    proposal_ids: Sequence[UUID],
) -> None:
    """Replaces what this reader said of it before, and adds the seconds."""
    await conn.execute(
        sql.record_reading, contribution_id, reader, reader_name, today, seconds, mark
    )
    await conn.execute(sql.unlink_reading, contribution_id, reader, proposal_ids)
    await conn.execute(sql.link_reading, contribution_id, reader, proposal_ids)


async def moderate(
    conn: Connection, contribution_id: UUID, hidden: bool, reason: str, by: str, today: date
) -> None:
    await conn.execute(sql.moderate, contribution_id, hidden, reason, by, today)


async def add_session_note(
    conn: Connection,
    id: UUID,
    project_id: UUID,
    title: str,
    words: str,
    today: date,
) -> None:
    await conn.execute(sql.add_session_note, id, project_id, words, today, title)


async def heard(conn: Connection, project_id: UUID) -> list[Heard]:
    return await db.many(conn, Heard, sql.heard, project_id)


async def count_readers(conn: Connection, project_id: UUID) -> int:
    return int(await conn.fetchval(sql.count_readers, project_id))
