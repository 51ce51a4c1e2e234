"""No member is solicited twice and every order gets an outcome, whatever happens to the sender.

The registry runs as the deployed process; the assertions use the mail server's journal.
"""

import asyncio
import json
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.mail_catcher import as_usual
from services.contracts.events.campaigns import OrderState
from services.contracts.topics import topic_of
from services.runtime.messaging.inbox import consumer_group
from tests.support import topics
from tests.support.events import committed, produce
from tests.support.registry import order, project
from tests.support.registry_process import MailServerPause, OperatedRegistry, kill
from tests.support.servers import eventually

ORDERS = topic_of(OrderState).name
DELIVERIES = "registry.deliveries.v1"


async def delivery_outcomes(kafka: str, count: int) -> list[dict[str, Any]]:
    """The first delivery outcomes on the bus, as a subscriber reads them."""
    records = await asyncio.wait_for(
        committed(kafka, DELIVERIES, lambda records: len(records) >= count), 60
    )
    return [json.loads(record.value) for record in records]


@pytest.mark.parametrize(("moment", "handed_over"), [("behaviour", 0), ("reply", 1)])
async def test_a_sender_killed_in_an_attempt_leaves_an_unknown_and_no_second_message(
    operated_registry: OperatedRegistry, moment: str, handed_over: int
) -> None:
    """The sender is killed between the recorded attempt and the content, or between the server's
    acceptance and the recorded outcome. The registry cannot distinguish the two."""
    registry, kafka = operated_registry.registry, operated_registry.kafka
    first_project, other = project(), project()
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, first_project)
    pause = MailServerPause()
    setattr(registry.catcher, moment, pause)
    await produce(kafka, first_project, other)
    await produce(kafka, invitation)

    async with operated_registry.process.serving() as process:
        await asyncio.wait_for(pause.reached.wait(), 60)
        assert await registry.state(invitation) == "attempting"
        await kill(process)
    assert len(registry.mail()) == handed_over

    setattr(registry.catcher, moment, as_usual)
    pause.resume.set()
    another = order(member, other)
    async with operated_registry.process.serving():
        await registry.becomes(invitation, "unknown")
        await produce(kafka, another)
        outcomes = await delivery_outcomes(kafka, 2)
    by_order = {outcome["order_id"]: outcome for outcome in outcomes}
    assert by_order[str(invitation.order_id)]["state"] == "unknown"
    assert by_order[str(another.order_id)]["reason"] == "too_soon"
    assert len(registry.mail()) == handed_over


async def test_a_rewound_orders_topic_sends_no_message_twice(
    operated_registry: OperatedRegistry,
) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    survey = project()
    members = await registry.enrol(*(f"m{number}@example.test" for number in range(12)))
    orders = [order(member, survey) for member in members]
    await produce(kafka, survey)
    await produce(kafka, *orders)
    async with operated_registry.process.serving():
        for invitation in orders:
            await registry.becomes(invitation, "sent")
        await delivery_outcomes(kafka, len(orders))

    group = consumer_group("registry", ORDERS)
    await topics.rewind(kafka, ORDERS, "registry")
    assert await unread(kafka, group) == len(orders)
    async with operated_registry.process.serving():

        async def read_again() -> bool:
            return await unread(kafka, group) == 0

        await eventually(read_again, "the topic was read again")
        [late] = await registry.enrol("late@example.test")
        last = order(late, survey)
        await produce(kafka, last)
        await registry.becomes(last, "sent")
        outcomes = await delivery_outcomes(kafka, len(orders) + 1)
    recipients = [entry["recipient"] for entry in registry.mail()]
    assert sorted(recipients) == sorted(
        [*(f"m{number}@example.test" for number in range(12)), "late@example.test"]
    )
    assert len(outcomes) == len(orders) + 1


async def unread(kafka: str, group: str) -> int:
    """Number of records of the orders' topic whose offsets a group has not committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    settled = {
        at.partition: committed_offset.offset
        for at, committed_offset in offsets.items()
        if at.topic == ORDERS
    }
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
