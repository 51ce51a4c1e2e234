"""Catching up after a restore: a database from a backup lacks what its service published since.

The service published it, so its own topics hold it. Before anything else runs, they are read again
into the table `told`, the service fills its gaps from it, all incoming topics are applied again,
and the current state of every aggregate is published anew (docs/decisions/0018).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from services.contracts.envelope import Event, MalformedEvent, decode
from services.contracts.topics import Topic, produced_by
from services.runtime.clock import Clock
from services.runtime.messaging import store
from services.runtime.messaging.inbox import Apply, Inbox
from services.runtime.messaging.kafka import KafkaServer, list_partitions
from services.runtime.postgres.database import Connection, Database

_BATCH = 5_000
_POLL_MS = 200

log = structlog.get_logger()


async def _nothing(_: Connection) -> None:
    return None


@dataclass(frozen=True)
class Recovery:
    """How a service fills the gaps of its backup from the table `told`.

    `before_replay` and `after_replay` run in one transaction each, around the incoming events.
    `replay_handlers`: event handlers for the time of the replay, where the usual one would act on
    an event. `kept_topics`: topics whose part of `told` is needed for good.
    """

    before_replay: Callable[[Connection], Awaitable[None]] = _nothing
    after_replay: Callable[[Connection], Awaitable[None]] = _nothing
    replay_handlers: Mapping[type[Event], Apply] = field(default_factory=dict)  # type: ignore[type-arg]
    kept_topics: Sequence[str] = ()


class RecoveringService(Protocol):
    """The parts of a service that catching up needs."""

    name: str
    clock: Clock
    database: Database
    inbox: Inbox

    async def republish(self, conn: Connection) -> dict[str, int]: ...


async def catch_up(service: RecoveringService, kafka: KafkaServer, recovery: Recovery) -> bool:
    """Catch up if the database was restored from a backup; return whether it was.

    The pool must be started, and no consumer of the service may run yet. Raises KafkaError and
    PostgresError: without its topics nobody knows what the service has published.
    """
    conn = await service.database.dedicated("recovery")
    try:
        if await store.find_open_recovery(conn) is None:
            return False
        await store.lock_recovery(conn)
        backup = await store.find_open_recovery(conn)
        if backup is None:
            return False
        log.warning("recovery_began", saved_at=backup["saved_at"].isoformat())
        await _end_open_transaction(kafka, service.name)
        await store.delete_told(conn)
        for topic in produced_by(service.name):
            await _store_told(conn, kafka, topic)
        async with conn.transaction():
            await recovery.before_replay(conn)
        for consumer in service.inbox.consumers:
            apply = recovery.replay_handlers.get(consumer.event, consumer.apply)
            replaying = replace(consumer, apply=apply)
            async for batch in committed_records(kafka, consumer.topic):
                await service.inbox.apply_batch(replaying, batch)
        async with conn.transaction():
            await recovery.after_replay(conn)
            republished = await service.republish(conn)
            await store.delete_told(conn, recovery.kept_topics)
            await store.complete_recovery(conn, service.clock.now())
        log.warning("recovery_ended", told_again=republished)
        return True
    finally:
        conn.terminate()


async def _end_open_transaction(kafka: KafkaServer, service: str) -> None:
    """Commit or abort the last relay's open transaction, so that its events are final."""
    producer = AIOKafkaProducer(**kafka.options(), transactional_id=f"{service}-relay")
    try:
        await producer.start()
    finally:
        await producer.stop()


async def _store_told(conn: Connection, kafka: KafkaServer, topic: Topic) -> None:
    async for batch in committed_records(kafka, topic):
        newest: dict[str, tuple[int, Any]] = {}
        for record in batch:
            try:
                event = decode(topic.event, record.headers, record.value)
            except MalformedEvent as error:
                log.error("own_event_unreadable", topic=topic.name, error=str(error))
                continue
            if event.version >= newest.get(event.key, (0, None))[0]:
                newest[event.key] = (event.version, orjson.loads(event.body()))
        await store.upsert_told(conn, topic.name, newest)


async def committed_records(
    kafka: KafkaServer, topic: Topic
) -> AsyncIterator[list["ConsumerRecord[bytes, bytes]"]]:
    """All records committed in a topic when the iteration starts, in batches, without a group."""
    partitions = [TopicPartition(topic.name, n) for n in await list_partitions(kafka, topic.name)]
    if not partitions:
        return
    consumer = AIOKafkaConsumer(
        **kafka.options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while True:
            fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH)
            batch = [
                record
                for partition, records in fetched.items()
                for record in records
                if record.offset < ends[partition]
            ]
            if batch:
                yield batch
            if all([await consumer.position(partition) >= end for partition, end in ends.items()]):
                return
    finally:
        await consumer.stop()
