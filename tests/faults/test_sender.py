"""Nobody is solicited twice, and every order is answered, whatever happens to the sender.

The registry runs as the process that is deployed; the mail server's journal judges from outside.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.errors import reserve_port
from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import OrderState
from services.contracts.topics import topic_of
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.messaging.inbox import group_of
from tests.support import databases, topics
from tests.support import registry as people
from tests.support.events import committed, produce
from tests.support.registry import NOON, Registry, order, project
from tests.support.servers import PostgresServer, eventually

ORDERS = topic_of(OrderState).name
DELIVERIES = "registry.deliveries.v1"


class Held:
    """A moment of the mail server's: it says when a sender got there, and waits to be let on."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, _: str) -> None:
        self.reached.set()
        await self.go_on.wait()


class Deployed:
    """The registry's own command, on the test's database, broker and mail server."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.registry",
                "serve",
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                # It ends by itself: consumers have left their groups, messages are finished.
                assert await asyncio.wait_for(process.wait(), 30) == 0


@pytest.fixture
async def registry(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[tuple[Registry, Deployed, str]]:
    async with (
        databases.clone(postgres_server, "registry") as (dsn, database),
        people.registry(database, tmp_path) as made,
    ):
        clock = tmp_path / "clock.json"
        SharedClock(clock).change(lambda _: ClockSetting(stopped_at=NOON))
        port = reserve_port(None)
        environment = people.environment(dsn, made.catcher.port, clock, kafka, port)
        yield made, Deployed(environment, tmp_path / "registry.log"), kafka


async def answers(kafka: str, wanted: int) -> list[dict[str, Any]]:
    """The first answers to orders on the bus, by what a subscriber reads."""
    records = await asyncio.wait_for(
        committed(kafka, DELIVERIES, lambda seen: len(seen) >= wanted), 60
    )
    return [json.loads(record.value) for record in records]


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


@pytest.mark.parametrize(("moment", "handed_over"), [("behaviour", 0), ("reply", 1)])
async def test_a_sender_killed_in_an_attempt_leaves_an_unknown_and_no_second_message(
    registry: tuple[Registry, Deployed, str], moment: str, handed_over: int
) -> None:
    """Killed after the attempt was recorded and before the content left; killed after the server
    took the message and before `sent` was recorded. Neither can be told from the other."""
    made, deployed, kafka = registry
    about, other = project(), project()
    [member] = await made.enrol("zoe@example.test")
    invitation = order(member, about)
    held = Held()
    setattr(made.catcher, moment, held)
    await produce(kafka, about, other)
    await produce(kafka, invitation)

    async with deployed.serving() as process:
        await asyncio.wait_for(held.reached.wait(), 60)
        assert await made.state(invitation) == "attempting"
        await kill(process)
    assert len(made.mail()) == handed_over

    setattr(made.catcher, moment, as_usual)
    held.go_on.set()
    another = order(member, other)
    async with deployed.serving():
        await made.becomes(invitation, "unknown")
        await produce(kafka, another)
        said = await answers(kafka, 2)
    by_order = {answer["order_id"]: answer for answer in said}
    assert by_order[str(invitation.order_id)]["state"] == "unknown"
    assert by_order[str(another.order_id)]["reason"] == "too_soon"
    assert len(made.mail()) == handed_over


async def test_the_orders_topic_read_again_from_the_start_sends_nothing_again(
    registry: tuple[Registry, Deployed, str],
) -> None:
    made, deployed, kafka = registry
    about = project()
    members = await made.enrol(*(f"m{number}@example.test" for number in range(12)))
    orders = [order(member, about) for member in members]
    await produce(kafka, about)
    await produce(kafka, *orders)
    async with deployed.serving():
        for one in orders:
            await made.becomes(one, "sent")
        await answers(kafka, len(orders))

    group = group_of("registry", ORDERS)
    await topics.rewind(kafka, ORDERS, "registry")
    assert await unread(kafka, group) == len(orders)
    async with deployed.serving():

        async def read_again() -> bool:
            return await unread(kafka, group) == 0

        await eventually(read_again, "the topic was read again")
        [late] = await made.enrol("late@example.test")
        last = order(late, about)
        await produce(kafka, last)
        await made.becomes(last, "sent")
        said = await answers(kafka, len(orders) + 1)
    recipients = [entry["recipient"] for entry in made.mail()]
    assert sorted(recipients) == sorted(
        [*(f"m{number}@example.test" for number in range(12)), "late@example.test"]
    )
    assert len(said) == len(orders) + 1


async def unread(kafka: str, group: str) -> int:
    """Records of the orders' topic that a group has not yet settled."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    settled = {at.partition: kept.offset for at, kept in offsets.items() if at.topic == ORDERS}
    ends = await end_offsets(kafka, sorted(settled))
    return sum(ends[partition] - offset for partition, offset in settled.items())


async def end_offsets(kafka: str, partitions: list[int]) -> dict[int, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(ORDERS, p) for p in partitions])
        return {at.partition: end for at, end in ends.items()}
    finally:
        await consumer.stop()
