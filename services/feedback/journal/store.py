"""The journal's head, entries and checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.feedback.journal.rules.entries import Entry, RecordedVersion
from services.feedback.journal.rules.merkle import Frontier
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_optional,
    fetch_row,
)

queries = Queries("services.feedback.journal")


@dataclass(frozen=True)
class SignedCheckpoint:
    size: int
    note: str


@dataclass(frozen=True)
class HashedEntry:
    """An entry with its number in `body`, and the hash of that body as a leaf of the tree."""

    entry: Entry
    body: str
    leaf: bytes


async def lock_head(conn: Connection) -> Frontier:
    """Nobody else appends until the transaction ends."""
    head = await fetch_row(conn, queries.lock_head)
    assert head is not None
    return Frontier(head["size"], head["frontier"])


async def find_head(conn: Connection) -> Frontier:
    head = await fetch_row(conn, queries.find_head)
    assert head is not None
    return Frontier(head["size"], head["frontier"])


async def find_recorded_versions(
    conn: Connection, entries: Sequence[Entry]
) -> dict[tuple[str, str], RecordedVersion]:
    """By kind and subject."""
    rows = await fetch(
        conn,
        queries.find_recorded_versions,
        kinds=[entry.kind for entry in entries],
        subjects=[entry.subject for entry in entries],
    )
    return {
        (row["kind"], row["subject"]): RecordedVersion(row["version"], row["digest"])
        for row in rows
    }


async def update_head(conn: Connection, tree: Frontier) -> None:
    await execute(conn, queries.update_head, size=tree.size, frontier=tree.roots)


async def insert_entries(
    conn: Connection, first: int, entries: Sequence[HashedEntry], recorded_by: str | None
) -> None:
    """`first`: the number of the first one."""
    await execute(
        conn,
        queries.insert_entries,
        first=first,
        kinds=[hashed.entry.kind for hashed in entries],
        subjects=[hashed.entry.subject for hashed in entries],
        versions=[hashed.entry.version for hashed in entries],
        digests=[hashed.entry.digest for hashed in entries],
        bodies=[hashed.body for hashed in entries],
        leaf_hashes=[hashed.leaf for hashed in entries],
        recorded_by=recorded_by,
    )


async def insert_checkpoint(conn: Connection, size: int, note: str, today: date) -> None:
    await execute(conn, queries.insert_checkpoint, size=size, note=note, today=today)


async def find_newest_checkpoint(conn: Connection) -> SignedCheckpoint | None:
    return await fetch_optional(conn, SignedCheckpoint, queries.find_newest_checkpoint)


async def list_entry_bodies(conn: Connection, start: int, end: int, limit: int) -> list[str]:
    rows = await fetch(conn, queries.list_entry_bodies, start=start, end=end, limit=limit)
    return [row["body"] for row in rows]


async def list_checkpoints(conn: Connection, after_size: int, up_to: int) -> list[SignedCheckpoint]:
    return await fetch_all(
        conn, SignedCheckpoint, queries.list_checkpoints, after=after_size, up_to=up_to
    )
