"""Transactional outbox: a state change and its event commit together, the relay sends later.

Nothing here commits. Take the version under the aggregate's row lock before writing, so that per
key the order of the outbox is the order of the commits.
"""

from collections.abc import Sequence
from uuid import UUID

from services.contracts.envelope import Event
from services.contracts.topics import topic_of
from services.runtime.clock import Clock
from services.runtime.messaging import store
from services.runtime.postgres.database import Connection


async def write(conn: Connection, clock: Clock, event: Event) -> None:
    await store.insert_event(
        conn,
        topic_of(type(event)).name,
        event.key,
        event.version,
        event.event_type,
        clock.now(),
        event.body().decode(),
    )


async def write_many(conn: Connection, clock: Clock, events: Sequence[Event]) -> None:
    """Write events of one type in one statement."""
    if not events:
        return
    event_type = type(events[0])
    await store.insert_events(
        conn,
        topic_of(event_type).name,
        event_type.event_type,
        clock.now(),
        [(event.key, event.version, event.body().decode()) for event in events],
    )


async def write_hint(
    conn: Connection, clock: Clock, kind: str, id: UUID | str, version: int | None = None
) -> None:
    """Tell the screens of a change that is no event; it leaves with the relay's next batch."""
    await store.insert_hint(conn, str(id), kind, version, clock.now())
