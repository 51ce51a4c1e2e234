"""The relay against the bare producer, the inbox against a bare consumer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faststream.kafka import KafkaBroker

from services.contracts.envelope import common_headers, decode
from services.contracts.events.registry import MemberState, MemberStatus
from services.contracts.topics import TOPICS, topic_of
from services.runtime.clock import SystemClock
from services.runtime.messaging import outbox, store
from services.runtime.messaging.inbox import Inbox
from services.runtime.messaging.kafka import KafkaServer, ensure_topics
from services.runtime.messaging.relay import Relay, partition_of
from services.runtime.postgres.database import Connection, Database
from tests.benchmarks.measure import Figure, timed

CLOCK = SystemClock()
TOPIC = topic_of(MemberState)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SINGLES = 1_500
HOLD = """
INSERT INTO held AS h (id, version, attributes)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET version = excluded.version, attributes = excluded.attributes
WHERE h.version < excluded.version
"""


def members(count: int) -> list[MemberState]:
    return [
        MemberState(
            version=1,
            member_id=uuid4(),
            status=MemberStatus.ACTIVE,
            zone="Europe/Paris",
            attributes={"age_band": "35-49", "region": "nord", "digital": "sometimes"},
            not_before=date(2026, 12, 4),
            ends_on=date(2029, 11, 3),
        )
        for _ in range(count)
    ]


async def relay(database: Database, bootstrap: str, count: int) -> list[Figure]:
    """`count` events through the outbox, as bare batches, and one at a time."""
    await ensure_topics(KafkaServer(bootstrap), TOPICS)
    async with database.transaction() as conn:
        await outbox.write_many(conn, CLOCK, members(count))
    rows = await store.list_outgoing(database.pool, count)
    partitions = TOPIC.partitions
    records = [
        (
            partition_of(row["key"], partitions),
            {
                "timestamp": None,
                "key": row["key"],
                "value": row["body"],
                "headers": [("ce_id", row["event_id"]), *common_headers(row["kind"], "x", NOW)],
            },
        )
        for row in rows
    ]
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, max_batch_size=262_144, enable_idempotence=True
    )
    await producer.start()
    try:
        await bare_batches(producer, records[:1_000])
        with timed() as bare:
            await bare_batches(producer, records)
        with timed() as singly:
            for _, record in records[:SINGLES]:
                await producer.send_and_wait(
                    TOPIC.name, record["value"], key=record["key"], headers=record["headers"]
                )
    finally:
        await producer.stop()

    relay = Relay(database, KafkaServer(bootstrap), "registry")
    task = asyncio.create_task(relay.run())
    await relay.leading.wait()
    with timed() as relayed:
        await _until(lambda: _empty(database))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    rate, raw, single = count / relayed.seconds, count / bare.seconds, SINGLES / singly.seconds
    return [
        Figure(
            "relay / bare send_batch",
            rate / raw,
            0.3,
            True,
            "×",
            f"{rate:,.0f} against {raw:,.0f} events/s",
        ),
        Figure(
            "relay / one send_and_wait per event",
            rate / single,
            50,
            True,
            "×",
            f"{rate:,.0f} against {single:,.0f} events/s",
        ),
    ]


async def bare_batches(
    producer: AIOKafkaProducer, records: Sequence[tuple[int, dict[str, Any]]]
) -> None:
    """Baseline of the client library: prepared records, no database, no transaction."""
    batches = {number: producer.create_batch() for number in range(TOPIC.partitions)}
    sent = []
    for number, record in records:
        if batches[number].append(**record) is None:
            sent.append(await producer.send_batch(batches[number], TOPIC.name, partition=number))
            batches[number] = producer.create_batch()
            batches[number].append(**record)
    for number, batch in batches.items():
        sent.append(await producer.send_batch(batch, TOPIC.name, partition=number))
    await asyncio.gather(*sent)


async def _hold(conn: Connection, events: Sequence[MemberState]) -> None:
    await conn.execute(
        HOLD,
        [event.member_id for event in events],
        [event.version for event in events],
        [event.attributes for event in events],
    )


async def inbox(database: Database, bootstrap: str, count: int) -> list[Figure]:
    """Measure topic to table: through the inbox, and by a loop that trusts every record."""
    await database.pool.execute(
        "CREATE TABLE held (id uuid PRIMARY KEY, version bigint, attributes jsonb)"
    )

    async def everything_held() -> bool:
        return bool(await database.pool.fetchval("SELECT count(*) >= $1 FROM held", count))

    broker = KafkaBroker(bootstrap, logger=None, allow_auto_create_topics=False)
    Inbox(broker, database, CLOCK, "bench-inbox").consume(MemberState, _hold)
    with timed() as through:
        await broker.start()
        await _until(everything_held)
    await broker.stop()

    await database.pool.execute("TRUNCATE held")
    consumer = AIOKafkaConsumer(
        TOPIC.name,
        bootstrap_servers=bootstrap,
        group_id="bench-bare",
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        enable_auto_commit=False,
    )
    with timed() as bare:
        await consumer.start()
        while not await everything_held():
            batches = await consumer.getmany(timeout_ms=100, max_records=1_000)
            events = {
                event.member_id: event
                for batch in batches.values()
                for event in (decode(MemberState, r.headers, r.value) for r in batch)
            }
            if events:
                async with database.transaction() as conn:
                    await _hold(conn, list(events.values()))
                await consumer.commit()
    await consumer.stop()
    rate, raw = count / through.seconds, count / bare.seconds
    return [
        Figure(
            "inbox / same batches without it",
            rate / raw,
            0.5,
            True,
            "×",
            f"{rate:,.0f} against {raw:,.0f} events/s",
        )
    ]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    while not await condition():
        await asyncio.sleep(0.02)


async def _empty(database: Database) -> bool:
    return not await database.pool.fetchval("SELECT EXISTS (SELECT FROM outbox)")
