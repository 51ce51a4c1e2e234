"""Every committed event is published, once in effect, whatever happens to the relay."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiokafka import ConsumerRecord

from services.contracts.events.responses import CollectionState
from services.contracts.topics import topic_of
from services.runtime.clock import FixedClock
from services.runtime.messaging import outbox
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.messaging.relay import Relay
from services.runtime.postgres.database import Database
from tests.support import databases
from tests.support.events import NOON, collection, committed
from tests.support.relay_process import FENCED
from tests.support.servers import PostgresServer, eventually

TOPIC = topic_of(CollectionState).name
CLOCK = FixedClock(NOON)


@pytest.fixture
async def owned(postgres_server: PostgresServer) -> AsyncIterator[tuple[str, Database]]:
    async with databases.clone(postgres_server, "responses") as clone:
        yield clone


@asynccontextmanager
async def relaying(database: Database, bootstrap: str) -> AsyncIterator[Relay]:
    relay = Relay(database, KafkaServer(bootstrap), "responses")
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def held_relay(
    dsn: str, bootstrap: str, point: str
) -> AsyncIterator["subprocess.Popen[str]"]:
    """A relay process that reached `point` and waits there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.relay_process", dsn, bootstrap, point],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 60)
        assert line.strip() == point
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


async def write(database: Database, count: int) -> None:
    async with database.transaction() as conn:
        await outbox.write_many(conn, CLOCK, [collection() for _ in range(count)])


async def outbox_is_empty(database: Database) -> bool:
    return not await database.pool.fetchval("SELECT count(*) FROM outbox")


def event_ids(records: list[ConsumerRecord]) -> Counter[bytes]:
    return Counter(dict(record.headers)["ce_id"] for record in records)


async def test_a_relay_killed_between_kafka_commit_and_delete_sends_the_same_events_again(
    kafka: str, owned: tuple[str, Database]
) -> None:
    dsn, database = owned
    await write(database, 200)
    async with held_relay(dsn, kafka, "before_delete") as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not await outbox_is_empty(database)
    async with relaying(database, kafka):
        await eventually(lambda: outbox_is_empty(database), "the outbox is relayed")
    # Twice, with the same id and version, so every inbox drops the second.
    sent = event_ids(await committed(kafka, TOPIC, lambda records: len(records) >= 400))
    assert len(sent) == 200
    assert set(sent.values()) == {2}


async def test_a_paused_relay_that_wakes_up_after_a_takeover_is_fenced_and_doubles_nothing(
    kafka: str, owned: tuple[str, Database]
) -> None:
    dsn, database = owned
    await write(database, 200)
    async with held_relay(dsn, kafka, "before_publish") as process:
        os.kill(process.pid, signal.SIGSTOP)
        # The server gives up on a silent session; its lock goes with it.
        await database.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'panel:relay' AND datname = current_database()"
        )
        async with relaying(database, kafka):
            await eventually(lambda: outbox_is_empty(database), "the successor relays everything")
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
            os.kill(process.pid, signal.SIGCONT)
            assert await asyncio.to_thread(process.wait, 60) == FENCED
            await write(database, 1)
            await eventually(lambda: outbox_is_empty(database), "the successor goes on")
    sent = event_ids(await committed(kafka, TOPIC, lambda records: len(records) >= 201))
    assert len(sent) == 201
    assert set(sent.values()) == {1}


async def test_only_one_of_two_relays_leads_and_the_other_takes_over(
    kafka: str, owned: tuple[str, Database]
) -> None:
    _, database = owned
    async with relaying(database, kafka) as first:
        await asyncio.wait_for(first.leading.wait(), 30)
        async with relaying(database, kafka) as second:
            await write(database, 10)
            await eventually(lambda: outbox_is_empty(database), "the leader relays")
            assert not second.leading.is_set()
    async with relaying(database, kafka) as third:
        await asyncio.wait_for(third.leading.wait(), 30)


async def test_a_late_commit_with_a_lower_number_is_not_skipped(
    kafka: str, owned: tuple[str, Database]
) -> None:
    _, database = owned
    async with relaying(database, kafka), database.transaction() as late:
        await outbox.write(late, CLOCK, collection())
        await write(database, 5)

        async def only_late_is_left() -> bool:
            return bool(await late.fetchval("SELECT count(*) FROM outbox") == 1)

        await eventually(only_late_is_left, "the five that committed first are relayed")
    async with relaying(database, kafka):
        await eventually(lambda: outbox_is_empty(database), "the late one is relayed")
    assert len(await committed(kafka, TOPIC, lambda records: len(records) >= 6)) == 6


async def test_records_of_one_key_are_in_commit_order(
    kafka: str, owned: tuple[str, Database]
) -> None:
    _, database = owned
    ids = [collection().project_id for _ in range(20)]
    async with relaying(database, kafka):
        for version in range(1, 26):
            async with database.transaction() as conn:
                await outbox.write_many(conn, CLOCK, [collection(version, id) for id in ids])
        records = await committed(kafka, TOPIC, lambda records: len(records) >= 500)
    versions: dict[bytes, list[int]] = {}
    for record in records:
        event = CollectionState.model_validate_json(record.value)
        versions.setdefault(record.key, []).append(event.version)
    assert all(versions_of_key == list(range(1, 26)) for versions_of_key in versions.values())
    assert len(versions) == 20


async def test_a_broker_that_goes_away_and_comes_back_loses_nothing(
    owned: tuple[str, Database],
) -> None:
    """No broker listens there: the relay keeps trying and keeps every row."""
    _, database = owned
    await write(database, 3)
    relay = Relay(database, KafkaServer("127.0.0.1:9"), "responses")
    task = asyncio.create_task(relay.run())
    finished, _ = await asyncio.wait([task], timeout=2)
    assert not finished
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 3
