"""The transparency journal's head, entries and checkpoints; see `sql/journal.sql`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.feedback.journal.rules.entries import Entry, Told
from services.feedback.journal.rules.merkle import Frontier
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Connection

sql = db.Queries("services.feedback.journal", ".")


@dataclass(frozen=True)
class Signed:
    size: int
    note: str


@dataclass(frozen=True)
class Line:
    """An entry as it is added: told, written out, hashed."""

    entry: Entry
    body: str
    leaf: bytes


async def lock_journal(conn: Connection) -> Frontier:
    """Until the transaction ends nobody else appends."""
    row = await conn.fetchrow(sql.lock_journal)
    assert row is not None
    return Frontier(row["size"], row["frontier"])


async def journal_head(conn: Connection) -> Frontier:
    row = await conn.fetchrow(sql.journal_head)
    assert row is not None
    return Frontier(row["size"], row["frontier"])


async def last_told(conn: Connection, entries: Sequence[Entry]) -> dict[tuple[str, str], Told]:
    rows = await conn.fetch(
        sql.last_told, [one.kind for one in entries], [one.subject for one in entries]
    )
    return {(row["kind"], row["subject"]): Told(row["version"], row["digest"]) for row in rows}


async def grow_journal(conn: Connection, tree: Frontier) -> None:
    await conn.execute(sql.grow_journal, tree.size, tree.roots)


async def add_entries(
    conn: Connection, first: int, lines: Sequence[Line], recorded_by: str | None
) -> None:
    await conn.execute(
        sql.add_entries,
        first,
        [one.entry.kind for one in lines],
        [one.entry.subject for one in lines],
        [one.entry.version for one in lines],
        [one.entry.digest for one in lines],
        [one.body for one in lines],
        [one.leaf for one in lines],
        recorded_by,
    )


async def add_checkpoint(conn: Connection, size: int, note: str, today: date) -> None:
    await conn.execute(sql.add_checkpoint, size, note, today)


async def newest_checkpoint(conn: Connection) -> Signed | None:
    return await db.maybe(conn, Signed, sql.newest_checkpoint)


async def entry_bodies(conn: Connection, start: int, before: int, limit: int) -> list[str]:
    return [row["body"] for row in await conn.fetch(sql.entry_bodies, start, before, limit)]


async def checkpoints(conn: Connection, after: int, upto: int) -> list[Signed]:
    return await db.many(conn, Signed, sql.checkpoints, after, upto)
