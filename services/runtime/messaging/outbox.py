"""State change and event commit in one transaction: `write` never commits, the relay sends later.

Take the version under the aggregate's row lock before writing, so that per key the order of the
outbox is the order of the commits.
"""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.envelope import Event
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection, Queries

sql = Queries("services.runtime")


async def write(conn: Connection, clock: Clock, event: Event) -> None:
    await conn.execute(
        sql.write_event,
        topic_of(type(event)).name,
        event.key,
        event.version,
        event.event_type,
        clock.now(),
        event.body().decode(),
    )


async def write_many(conn: Connection, clock: Clock, events: Sequence[Event]) -> None:
    """Many events of one type, in one statement."""
    if not events:
        return
    kind = type(events[0])
    await conn.execute(
        sql.write_events,
        topic_of(kind).name,
        kind.event_type,
        clock.now(),
        [event.key for event in events],
        [event.version for event in events],
        [event.body().decode() for event in events],
    )


async def write_hint(
    conn: Connection, clock: Clock, kind: str, id: UUID | str, version: int | None = None
) -> None:
    """Let screens know of a change that is no event; it leaves with the relay's next batch."""
    await conn.execute(sql.write_hint, str(id), kind, version, clock.now())
