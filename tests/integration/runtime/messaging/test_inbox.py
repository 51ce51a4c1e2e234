"""No incoming event is lost, applied twice, or blocks the next."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import KafkaBroker

from services.contracts.envelope import headers
from services.contracts.events.responses import CollectionState
from services.contracts.topics import topic_of
from services.runtime.clock import FixedClock
from services.runtime.messaging import outbox, store
from services.runtime.messaging.inbox import Apply, Inbox, consumer_group, measure_lag
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.messaging.relay import Relay
from services.runtime.postgres.database import Connection, Database
from tests.support import topics
from tests.support.databases import Databases
from tests.support.events import NOON, collection, produce
from tests.support.servers import eventually

GROUP = consumer_group("feedback", topic_of(CollectionState).name)
# The client's default for a member that is not heard of.
SESSION_SECONDS = 10
SEE = """
INSERT INTO seen AS held (id, version, times) SELECT e.id, e.version, 1
FROM unnest($1::uuid[], $2::bigint[]) AS e (id, version)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, times = held.times + 1
WHERE held.version < excluded.version
"""


async def see(conn: Connection, events: Sequence[CollectionState]) -> None:
    await conn.execute(SEE, [e.project_id for e in events], [e.version for e in events])


@pytest.fixture
async def inbox_database(database: Databases) -> Database:
    feedback = await database("feedback")
    await feedback.pool.execute(
        "CREATE TABLE seen (id uuid PRIMARY KEY, version bigint CHECK (version < 100), times int)"
    )
    return feedback


@asynccontextmanager
async def consuming(
    bootstrap: str, database: Database, apply: Apply[CollectionState] = see
) -> AsyncIterator[Inbox]:
    broker = KafkaBroker(bootstrap, logger=None, allow_auto_create_topics=False)
    inbox = Inbox(broker, database, FixedClock(NOON), "feedback")
    inbox.consume(CollectionState, apply)
    await broker.start()
    try:
        yield inbox
    finally:
        await broker.stop()


async def count(database: Database, table: str) -> int:
    return int(await database.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def committed_offsets(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(GROUP)
        return sum(meta.offset for meta in offsets.values())
    finally:
        await admin.close()


async def test_a_poison_record_in_the_middle_of_a_batch_stops_nobody_and_is_kept(
    kafka: str, inbox_database: Database
) -> None:
    events = [collection() for _ in range(300)]
    await produce(kafka, *events, poison=3)
    async with consuming(kafka, inbox_database):

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 300

        await eventually(all_there, "300 events are applied")

        async def all_settled() -> bool:
            return await committed_offsets(kafka) == 303

        await eventually(all_settled, "the offsets of all 303 records are committed")
    errors = [row["error"] for row in await store.list_dead_letters(inbox_database.pool, 10)]
    assert len(errors) == 3
    assert any("null" in error for error in errors)


async def test_an_event_the_database_refuses_is_isolated_from_its_batch(
    kafka: str, inbox_database: Database
) -> None:
    refused = collection(version=100)
    await produce(kafka, *[collection() for _ in range(50)], refused, collection())
    async with consuming(kafka, inbox_database) as inbox:

        async def settled() -> bool:
            return (
                await count(inbox_database, "seen") == 51
                and await count(inbox_database, "dead_letter") == 1
            )

        await eventually(settled, "51 applied and one dead letter")

        letter = (await store.list_dead_letters(inbox_database.pool, 1))[0]
        assert "seen_version_check" in letter["error"]
        async with inbox_database.transaction() as conn:
            assert not (await inbox.replay(conn, letter["id"])).applied
        await inbox_database.pool.execute("ALTER TABLE seen DROP CONSTRAINT seen_version_check")
        async with inbox_database.transaction() as conn:
            assert (await inbox.replay(conn, letter["id"])).applied
    assert await count(inbox_database, "seen") == 52


async def test_an_outage_never_fills_the_dead_letters_and_loses_nothing(
    kafka: str, inbox_database: Database
) -> None:
    failures = iter([asyncpg.DeadlockDetectedError("x"), OSError("x"), TimeoutError("x")])

    async def unlucky(conn: Connection, events: Sequence[CollectionState]) -> None:
        await see(conn, events)
        if error := next(failures, None):
            raise error

    # Many keys: the batch spans every partition, and all of them must come again.
    await produce(kafka, *[collection() for _ in range(200)])
    async with consuming(kafka, inbox_database, unlucky):

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 200

        await eventually(all_there, "every event is applied after the outage")
    assert await count(inbox_database, "dead_letter") == 0


async def test_a_topic_rewound_to_its_beginning_changes_nothing(
    kafka: str, inbox_database: Database
) -> None:
    project = uuid4()
    await produce(kafka, collection(1, project), collection(2, project), collection(3, project))

    async def newest() -> bool:
        version = await inbox_database.pool.fetchval(
            "SELECT version FROM seen WHERE id = $1", project
        )
        return bool(version == 3)

    async with consuming(kafka, inbox_database):
        await eventually(newest, "version 3 is held")

        async def settled() -> bool:
            return await committed_offsets(kafka) == 3

        await eventually(settled, "the offsets are committed")
    rows = await inbox_database.pool.fetch("SELECT * FROM seen")

    await topics.rewind(kafka, topic_of(CollectionState).name, "feedback")
    marker = collection()
    await produce(kafka, marker)
    async with consuming(kafka, inbox_database):

        async def is_read_again() -> bool:
            ids: set[UUID] = {
                row["id"] for row in await inbox_database.pool.fetch("SELECT id FROM seen")
            }
            return marker.project_id in ids and await committed_offsets(kafka) == 4

        await eventually(is_read_again, "the whole topic was read again")
    assert rows == await inbox_database.pool.fetch("SELECT * FROM seen WHERE id = $1", project)


async def test_only_the_newest_version_of_a_key_in_a_batch_is_applied(
    inbox_database: Database,
) -> None:
    applied: list[int] = []

    async def note(conn: Connection, events: Sequence[CollectionState]) -> None:
        applied.extend(event.version for event in events)

    inbox = Inbox(KafkaBroker("unused:1", logger=None), inbox_database, FixedClock(NOON), "x")
    inbox.consume(CollectionState, note)
    project = uuid4()
    await inbox.apply_batch(
        inbox.consumers[0], [record(collection(version, project)) for version in (2, 3, 1)]
    )
    assert applied == [3]


async def test_records_from_the_future_are_counted_and_applied(inbox_database: Database) -> None:
    inbox = Inbox(KafkaBroker("unused:1", logger=None), inbox_database, FixedClock(NOON), "x")
    inbox.consume(CollectionState, see)
    ahead = [int((time.time() + seconds) * 1000) for seconds in (5, 300, 400)]
    records = [replace(record(collection()), timestamp=moment) for moment in ahead]
    await inbox.apply_batch(inbox.consumers[0], records)
    assert inbox.consumers[0].future_records == 2
    assert await count(inbox_database, "seen") == 3


def record(event: CollectionState) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(
        topic=topic_of(type(event)).name,
        partition=0,
        offset=event.version,
        timestamp=0,
        timestamp_type=0,
        key=event.key.encode(),
        value=event.body(),
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=tuple(headers(event.event_type, "test", NOON)),
    )


async def test_a_consumer_that_is_told_to_stop_in_mid_batch_reads_the_batch_again(
    kafka: str, inbox_database: Database
) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def slow(conn: Connection, events: Sequence[CollectionState]) -> None:
        await see(conn, events)
        started.set()
        await release.wait()

    await produce(kafka, *[collection() for _ in range(20)])
    broker = KafkaBroker(kafka, logger=None, allow_auto_create_topics=False)
    Inbox(broker, inbox_database, FixedClock(NOON), "feedback").consume(CollectionState, slow)
    await broker.start()
    await started.wait()
    stopping = asyncio.create_task(broker.stop())
    release.set()
    await stopping
    async with consuming(kafka, inbox_database):

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 20

        await eventually(all_there, "20 events are applied")


async def test_a_consumer_that_is_silently_stalled_is_restarted(
    kafka: str, inbox_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.messaging.inbox._STALLED_AFTER", 1.0)

    async def how_many(expected: int) -> bool:
        return await count(inbox_database, "seen") == expected

    async with consuming(kafka, inbox_database) as inbox:
        watching = asyncio.create_task(inbox.watch(every=0.2))
        await produce(kafka, collection())
        await eventually(lambda: how_many(1), "it consumes")
        client = inbox.consumers[0].subscriber.consumer
        client.pause(*client.assignment())
        await produce(kafka, collection())
        await eventually(lambda: how_many(2), "it consumes again")
        assert inbox.consumers[0].subscriber.consumer is not client
        watching.cancel()


async def test_lag_is_nothing_once_a_relayed_topic_is_read(
    kafka: str, inbox_database: Database
) -> None:
    """Transactions leave markers at the end of a partition: they are nobody's delay."""
    async with inbox_database.transaction() as conn:
        await outbox.write_many(conn, FixedClock(NOON), [collection() for _ in range(30)])
    relay = asyncio.create_task(Relay(inbox_database, KafkaServer(kafka), "responses").run())
    async with consuming(kafka, inbox_database) as inbox:

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 30

        await eventually(all_there, "30 events are applied")

        async def no_lag() -> bool:
            return (
                bool(await committed_offsets(kafka)) and await measure_lag(inbox.consumers[0]) == 0
            )

        await eventually(no_lag, "nothing waits", within=15)
    relay.cancel()


async def test_records_of_an_aborted_transaction_at_the_end_of_a_topic_are_no_lag_and_no_stall(
    kafka: str, inbox_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No record of theirs is ever delivered, so no offset behind them is ever committed."""
    monkeypatch.setattr("services.runtime.messaging.inbox._STALLED_AFTER", 1.0)
    async with consuming(kafka, inbox_database) as inbox:
        await produce(kafka, *[collection() for _ in range(10)])

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 10

        await eventually(all_there, "10 events are applied")
        consumer = inbox.consumers[0]
        client = consumer.subscriber.consumer
        await abort_on_every_partition(kafka)

        async def no_lag() -> bool:
            return await measure_lag(consumer) == 0

        await eventually(no_lag, "aborted records are nobody's delay")
        watching = asyncio.create_task(inbox.watch(every=0.1))
        rounds = 0

        async def watched_for_longer_than_a_stall() -> bool:
            nonlocal rounds
            rounds += 1
            return rounds > 30

        await eventually(watched_for_longer_than_a_stall, "the watchdog has looked")
        assert consumer.subscriber.consumer is client
        watching.cancel()
        await produce(kafka, collection())

        async def one_more() -> bool:
            return await count(inbox_database, "seen") == 11

        await eventually(one_more, "what follows them is applied")


async def abort_on_every_partition(bootstrap: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id="aborting")
    topic = topic_of(CollectionState).name
    await producer.start()
    try:
        for partition in sorted(await producer.partitions_for(topic)):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"{}", key=b"never", partition=partition)
            await producer.abort_transaction()
    finally:
        await producer.stop()


async def test_records_that_are_being_applied_count_as_lag(
    kafka: str, inbox_database: Database
) -> None:
    """The client's position is ahead of them already: an outage must not look like rest."""
    started, release = asyncio.Event(), asyncio.Event()

    async def slow(conn: Connection, events: Sequence[CollectionState]) -> None:
        started.set()
        await release.wait()

    async with consuming(kafka, inbox_database, slow) as inbox:
        await produce(kafka, *[collection() for _ in range(20)])
        await started.wait()
        assert await measure_lag(inbox.consumers[0]) > 0
        release.set()


async def test_a_second_replica_that_joins_while_a_batch_waits_for_a_lock_loses_nothing(
    kafka: str, inbox_database: Database
) -> None:
    started, release = asyncio.Event(), asyncio.Event()

    async def waits(conn: Connection, events: Sequence[CollectionState]) -> None:
        started.set()
        await release.wait()
        await see(conn, events)

    await produce(kafka, *[collection() for _ in range(50)])
    async with consuming(kafka, inbox_database, waits) as first, AsyncExitStack() as replicas:
        await started.wait()
        replica = replicas.enter_async_context(consuming(kafka, inbox_database))
        joining = asyncio.create_task(replica)
        release.set()
        second = await joining

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 50

        async def one_owner_per_partition() -> bool:
            of_first = first.consumers[0].subscriber.consumer.assignment()
            of_second = second.consumers[0].subscriber.consumer.assignment()
            partitions = topic_of(CollectionState).partitions
            return not of_first & of_second and len(of_first | of_second) == partitions

        await eventually(all_there, "every event is applied")
        await eventually(one_owner_per_partition, "each partition has one owner")
        assert await count(inbox_database, "dead_letter") == 0


async def test_a_process_that_is_stopped_beyond_its_session_goes_on_without_loss(
    kafka: str, inbox_database: Database
) -> None:
    """As by SIGSTOP: no heartbeat leaves, the group forgets this consumer, its commit fails."""
    stops = iter([SESSION_SECONDS + 1])

    async def stopped(conn: Connection, events: Sequence[CollectionState]) -> None:
        await see(conn, events)
        time.sleep(next(stops, 0))

    async with consuming(kafka, inbox_database, stopped) as inbox:
        await produce(kafka, *[collection() for _ in range(20)])

        async def all_there() -> bool:
            return await count(inbox_database, "seen") == 20

        await eventually(all_there, "every event is applied")
        await produce(kafka, collection())

        async def one_more() -> bool:
            return await count(inbox_database, "seen") == 21

        await eventually(one_more, "it goes on")

        async def no_lag() -> bool:
            return await measure_lag(inbox.consumers[0]) == 0

        await eventually(no_lag, "nothing waits")
        assert await inbox_database.pool.fetchval("SELECT max(times) FROM seen") == 1
        assert await count(inbox_database, "dead_letter") == 0
