"""A service whose database was put back from a backup catches up before it does anything else.

The backup is older than what the service has said since, and the others go by what it said. So it
reads its own topics, hears the others' again from their beginning, and settles what nobody can know
any more by its own rules (docs/design.md, Erasure and restore). Nothing is served or sent
meanwhile; an interrupted recovery begins again. Several replicas may start:
one recovers, the others wait.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from services.contracts.envelope import Event, MalformedEvent, decode
from services.contracts.topics import Topic, produced_by
from services.runtime.messaging.inbox import Apply
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.messaging.outbox import sql
from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock

if TYPE_CHECKING:
    from services.runtime.service import Service

_BATCH = 5_000
_READ_MS = 200

log = structlog.get_logger()


async def _nothing(_: Connection) -> None:
    return None


@dataclass(frozen=True)
class Recovery:
    """How a service makes up for what its backup does not know; the table `told` says what that is.

    `before` it hears the others again, and `after`: each in one transaction. `instead`: how to take
    an event meanwhile, where the usual way would act on it. `keeps`: topics whose part of `told`
    is needed for good.
    """

    before: Callable[[Connection], Awaitable[None]] = _nothing
    after: Callable[[Connection], Awaitable[None]] = _nothing
    instead: Mapping[type[Event], Apply] = field(default_factory=dict)  # type: ignore[type-arg]
    keeps: Sequence[str] = ()


async def catch_up(service: "Service", recovery: Recovery) -> bool:
    """Recover if the database was put back from a backup; whether it was.

    The pool must be started, and no consumer of the service be running yet. Raises KafkaError and
    PostgresError: without its topics nobody knows what the service had said.
    """
    conn = await service.database.dedicated("recovery")
    try:
        if await conn.fetchrow(sql.open_recovery) is None:
            return False
        await conn.execute("SELECT pg_advisory_lock($1)", AdvisoryLock.RECOVERY)
        backup = await conn.fetchrow(sql.open_recovery)
        if backup is None:
            return False
        log.warning("recovery_began", saved_at=backup["saved_at"].isoformat())
        kafka = service.settings.kafka()
        await _settle_transaction(kafka, service.name)
        await conn.execute(sql.forget_told, [])
        for topic in produced_by(service.name):
            await _note(conn, kafka, topic)
        async with conn.transaction():
            await recovery.before(conn)
        for consumer in service.inbox.consumers:
            apply = recovery.instead.get(consumer.event, consumer.apply)
            meanwhile = replace(consumer, apply=apply)
            async for batch in records(kafka, consumer.topic):
                await service.inbox.apply_batch(meanwhile, batch)
        async with conn.transaction():
            await recovery.after(conn)
            told = await service.republish(conn)
            await conn.execute(sql.forget_told, recovery.keeps)
            await conn.execute(sql.end_recovery, service.clock.now())
        log.warning("recovery_ended", told_again=told)
        return True
    finally:
        conn.terminate()


async def _settle_transaction(kafka: KafkaServer, service: str) -> None:
    """What the last relay was in the middle of is committed or aborted, hence seen or never."""
    producer = AIOKafkaProducer(**kafka.options(), transactional_id=f"{service}-relay")
    try:
        await producer.start()
    finally:
        await producer.stop()


async def _note(conn: Connection, kafka: KafkaServer, topic: Topic) -> None:
    async for batch in records(kafka, topic):
        newest: dict[str, tuple[int, bytes]] = {}
        for record in batch:
            try:
                event = decode(topic.event, record.headers, record.value)
            except MalformedEvent as error:
                log.error("own_event_unreadable", topic=topic.name, error=str(error))
                continue
            if event.version >= newest.get(event.key, (0, b""))[0]:
                newest[event.key] = (event.version, event.body())
        await conn.execute(
            sql.note_told,
            topic.name,
            list(newest),
            [version for version, _ in newest.values()],
            [orjson.loads(body) for _, body in newest.values()],
        )


async def records(
    kafka: KafkaServer, topic: Topic
) -> AsyncIterator[list["ConsumerRecord[bytes, bytes]"]]:
    """All that is committed in a topic when the reading starts, in batches, without a group."""
    consumer = AIOKafkaConsumer(
        **kafka.options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        # Asked of the brokers, as a client knows no topic yet that it is not assigned to.
        metadata = await consumer._client.fetch_all_metadata()
        numbers = metadata.partitions_for_topic(topic.name) or set()
        parts = [TopicPartition(topic.name, number) for number in sorted(numbers)]
        if not parts:
            return
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while True:
            found = await consumer.getmany(timeout_ms=_READ_MS, max_records=_BATCH)
            batch = [r for part, some in found.items() for r in some if r.offset < ends[part]]
            if batch:
                yield batch
            if all([await consumer.position(part) >= end for part, end in ends.items()]):
                return
    finally:
        await consumer.stop()
