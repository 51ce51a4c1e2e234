"""Contributions as readers see them, readings, moderation, and a reader's own order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.responses.readings.rules import LinkableProposal
from services.responses.readings.rules_attention import ReadingHistory
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import (
    Queries,
    execute,
    fetch,
    fetch_all,
    fetch_row,
    fetch_value,
)
from services.runtime.refusal import require_found

queries = Queries("services.responses.readings")
_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True)
class ReadContribution:
    """A contribution with its readings and moderation (latest first), as the contract has them."""

    id: UUID
    project_id: UUID
    origin: str
    title: str | None
    opened_on: date
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


@dataclass(frozen=True)
class ContributionQuery:
    """`search`: words that must occur; `after`: the id behind which the page begins."""

    search: str | None
    unread_only: bool
    include_hidden: bool
    after: UUID | None
    limit: int


async def insert_reading_order(
    conn: Connection, project_id: UUID, reader: str, seed: bytes, today: date
) -> bytes:
    """The seed of this reader's order: `seed` unless one is already stored."""
    return bytes(
        await fetch_value(
            conn,
            queries.insert_reading_order,
            project_id=project_id,
            reader=reader,
            seed=seed,
            drawn_on=today,
        )
    )


async def find_next_unread(
    conn: Connection, project_id: UUID, reader: str, seed: bytes, readings_wanted: int
) -> UUID | None:
    contribution_id: UUID | None = await fetch_value(
        conn,
        queries.find_next_unread,
        project_id=project_id,
        reader=reader,
        seed=seed,
        readings_wanted=readings_wanted,
    )
    return contribution_id


async def count_readings(conn: Connection, project_id: UUID, reader: str) -> ReadingCounts:
    row = await fetch_row(conn, queries.count_readings, project_id=project_id, reader=reader)
    assert row is not None
    return ReadingCounts(**row)


async def list_contribution_ids(
    conn: Connection, project_id: UUID, query: ContributionQuery
) -> list[UUID]:
    page = {
        "project_id": project_id,
        "after_id": query.after or _BEFORE_ALL,
        "unread_only": query.unread_only,
        "page_length": query.limit,
    }
    if query.search is None:
        rows = await fetch(conn, queries.list_contribution_ids, **page)
    else:
        rows = await fetch(
            conn,
            queries.search_contribution_ids,
            search=query.search,
            include_hidden=query.include_hidden,
            **page,
        )
    return [row["id"] for row in rows]


async def list_contributions(
    conn: Connection, ids: Sequence[UUID], reader: str, *, include_hidden: bool = False
) -> list[ReadContribution]:
    """In the order of the ids. `include_hidden`: with the words of hidden contributions."""
    return await fetch_all(
        conn,
        ReadContribution,
        queries.list_contributions,
        ids=ids,
        reader=reader,
        include_hidden=include_hidden,
    )


async def find_contribution(
    conn: Connection, id: UUID, reader: str, *, include_hidden: bool = False
) -> ReadContribution:
    """Raises NotFound."""
    contributions = await list_contributions(conn, [id], reader, include_hidden=include_hidden)
    return require_found(next(iter(contributions), None), id)


async def lock_contribution(conn: Connection, contribution_id: UUID) -> UUID:
    """The id of its project. Raises NotFound."""
    project_id: UUID | None = await fetch_value(
        conn, queries.lock_contribution, contribution_id=contribution_id
    )
    return require_found(project_id, contribution_id)


async def insert_shown_time(
    conn: Connection, reader: str, contribution_id: UUID | None, now: datetime
) -> None:
    """Note from when on a reader may have read; None for a list of several contributions."""
    await execute(conn, queries.insert_reader_time, reader=reader, since=now)
    if contribution_id is not None:
        await execute(
            conn,
            queries.insert_shown_time,
            reader=reader,
            contribution_id=contribution_id,
            since=now,
        )


async def restart_reader_time(
    conn: Connection, reader: str, contribution_id: UUID, now: datetime
) -> datetime | None:
    """Start the reader's time anew; returns since when they may have read this contribution.

    None: nothing was shown to them yet."""
    since: datetime | None = await fetch_value(
        conn, queries.lock_reader_time, reader=reader, contribution_id=contribution_id
    )
    await execute(conn, queries.insert_reader_time, reader=reader, since=now)
    await execute(conn, queries.update_reader_time, reader=reader, since=now)
    return since


@dataclass(frozen=True)
class Reading:
    """One reader's reading of one contribution; `reader` is the subject of their token."""

    contribution_id: UUID
    reader: str
    reader_name: str
    read_on: date
    seconds: float
    mark: str | None
    proposal_ids: Sequence[UUID]


async def upsert_reading(conn: Connection, reading: Reading) -> None:
    """Replaces this reader's earlier mark and links, and adds the seconds."""
    key = {"contribution_id": reading.contribution_id, "reader": reading.reader}
    await execute(
        conn,
        queries.upsert_reading,
        reader_name=reading.reader_name,
        read_on=reading.read_on,
        seconds=reading.seconds,
        mark=reading.mark,
        **key,
    )
    links = {"proposal_ids": reading.proposal_ids, **key}
    await execute(conn, queries.delete_reading_links, **links)
    await execute(conn, queries.insert_reading_links, **links)


async def list_linkable_proposals(
    conn: Connection, project_id: UUID, proposal_ids: Sequence[UUID]
) -> list[LinkableProposal]:
    return await fetch_all(
        conn,
        LinkableProposal,
        queries.list_linkable_proposals,
        project_id=project_id,
        proposal_ids=proposal_ids,
    )


async def insert_moderation(
    conn: Connection,
    contribution_id: UUID,
    hidden: bool,
    reason: str,
    decided_by: str,
    today: date,
) -> None:
    await execute(
        conn,
        queries.insert_moderation,
        contribution_id=contribution_id,
        hidden=hidden,
        reason=reason,
        decided_by=decided_by,
        decided_on=today,
    )


async def insert_session_note(
    conn: Connection, id: UUID, project_id: UUID, title: str, words: str, today: date
) -> None:
    await execute(
        conn,
        queries.insert_session_note,
        id=id,
        project_id=project_id,
        title=title,
        words=words,
        opened_on=today,
    )


async def list_reading_histories(conn: Connection, project_id: UUID) -> list[ReadingHistory]:
    return await fetch_all(
        conn, ReadingHistory, queries.list_reading_histories, project_id=project_id
    )


async def count_readers(conn: Connection, project_id: UUID) -> int:
    return int(await fetch_value(conn, queries.count_readers, project_id=project_id))
