"""Every query of the outbox, the dead letters and the recovery. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from services.runtime.postgres.locks import AdvisoryLock
from services.runtime.postgres.queries import (
    Executor,
    Queries,
    execute,
    fetch,
    fetch_row,
    fetch_value,
)

queries = Queries("services.runtime.messaging")

Rows = list[asyncpg.Record]


async def insert_event(
    conn: Executor, topic: str, key: str, version: int, kind: str, at: datetime, body: str
) -> None:
    await execute(
        conn,
        queries.insert_event,
        topic=topic,
        key=key,
        version=version,
        kind=kind,
        at=at,
        body=body,
    )


async def insert_events(
    conn: Executor,
    topic: str,
    kind: str,
    at: datetime,
    events: Sequence[tuple[str, int, str]],
) -> None:
    """`events`: key, version and body of each."""
    keys, versions, bodies = zip(*events, strict=True)
    await execute(
        conn,
        queries.insert_events,
        topic=topic,
        kind=kind,
        at=at,
        keys=keys,
        versions=versions,
        bodies=bodies,
    )


async def insert_hint(
    conn: Executor, key: str, kind: str, version: int | None, at: datetime
) -> None:
    await execute(conn, queries.insert_hint, key=key, kind=kind, version=version, at=at)


async def list_outgoing(conn: Executor, limit: int) -> Rows:
    return await fetch(conn, queries.list_outgoing, limit=limit)


async def delete_sent(conn: Executor, ids: Sequence[int]) -> None:
    await execute(conn, queries.delete_sent, ids=ids)


async def notify(conn: Executor, channel: str, payload: str) -> None:
    await execute(conn, queries.notify, channel=channel, payload=payload)


async def try_to_lead(conn: Executor) -> bool:
    """Take the relay's session lock, if no other process holds it."""
    return bool(await fetch_value(conn, queries.try_to_lead, lock=AdvisoryLock.RELAY_LEADER))


async def find_backlog(conn: Executor, at: datetime) -> asyncpg.Record:
    backlog = await fetch_row(conn, queries.find_backlog, at=at)
    assert backlog is not None
    return backlog


async def insert_dead_letter(
    conn: Executor, record: Any, headers: list[list[str]], error: str, at: datetime
) -> None:
    await execute(
        conn,
        queries.insert_dead_letter,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        headers=headers,
        key=record.key,
        value=record.value,
        error=error,
        at=at,
    )


async def list_dead_letters(conn: Executor, limit: int) -> Rows:
    return await fetch(conn, queries.list_dead_letters, limit=limit)


async def lock_dead_letter(conn: Executor, dead_letter_id: int) -> asyncpg.Record | None:
    return await fetch_row(conn, queries.lock_dead_letter, dead_letter_id=dead_letter_id)


async def update_replayed(conn: Executor, dead_letter_id: int, at: datetime) -> None:
    await execute(conn, queries.update_replayed, dead_letter_id=dead_letter_id, at=at)


async def delete_old_dead_letters(conn: Executor, older_than: datetime) -> None:
    await execute(conn, queries.delete_old_dead_letters, before=older_than)


async def count_dead_letters(conn: Executor) -> dict[str, int]:
    """Number of dead letters by topic."""
    rows = await fetch(conn, queries.count_dead_letters)
    return {row["topic"]: row["waiting"] for row in rows}


async def find_newest_restore(conn: Executor) -> datetime | None:
    restored: datetime | None = await fetch_value(conn, queries.find_newest_restore)
    return restored


async def find_open_recovery(conn: Executor) -> asyncpg.Record | None:
    return await fetch_row(conn, queries.find_open_recovery)


async def lock_recovery(conn: Executor) -> None:
    await execute(conn, queries.lock_recovery, lock=AdvisoryLock.RECOVERY)


async def upsert_told(conn: Executor, topic: str, events: dict[str, tuple[int, Any]]) -> None:
    """`events`: version and body by key."""
    await execute(
        conn,
        queries.upsert_told,
        topic=topic,
        keys=list(events),
        versions=[version for version, _ in events.values()],
        bodies=[body for _, body in events.values()],
    )


async def delete_told(conn: Executor, kept_topics: Sequence[str] = ()) -> None:
    await execute(conn, queries.delete_told, kept_topics=kept_topics)


async def complete_recovery(conn: Executor, at: datetime) -> None:
    await execute(conn, queries.complete_recovery, at=at)


async def find_newest_backup(conn: Executor) -> datetime | None:
    saved: datetime | None = await fetch_value(conn, queries.find_newest_backup)
    return saved
