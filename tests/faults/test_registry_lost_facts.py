"""A restored registry settles lost facts in the member's favour (decision 0018)."""

from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.backup import NotToldYet
from services.contracts.events.campaigns import ErasureApplied, OrderState
from services.contracts.topics import topic_of
from services.registry.erasures import use_cases as erasures
from services.registry.member_space import use_cases as member_space
from tests.support import registry as people
from tests.support import topics
from tests.support.events import produce
from tests.support.registry import TODAY, order, project
from tests.support.registry_process import OperatedRegistry
from tests.support.servers import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]


async def member_of(operated_registry: OperatedRegistry, address: str) -> UUID:
    member_with_address = "SELECT member_id FROM contact WHERE email_hash = $1"
    pool = operated_registry.registry.database.pool
    return UUID(str(await pool.fetchval(member_with_address, people.encryptor().hash(address))))


async def wait_for_outcome(operated_registry: OperatedRegistry, order: OrderState) -> None:
    async def has_outcome() -> bool:
        return (await operated_registry.registry.state(order)).split()[0] in (
            "sent",
            "refused",
            "unknown",
        )

    await eventually(has_outcome, "the order has an outcome", within=40)


async def delete_records(kafka: str, topic: str) -> None:
    client = AIOKafkaConsumer(bootstrap_servers=kafka)
    await client.start()
    metadata = await client._client.fetch_all_metadata()
    parts = [TopicPartition(topic, number) for number in metadata.partitions_for_topic(topic)]
    ends = await client.end_offsets(parts)
    await client.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.delete_records({p: RecordsToDelete(before_offset=e) for p, e in ends.items() if e})
    await admin.close()


async def test_a_member_who_joined_since_the_backup_and_is_imported_again_is_not_solicited_twice(
    operated_registry: OperatedRegistry,
) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    first_project, other = project(), project()
    await registry.enrol("old@example.test")
    await produce(kafka, first_project, other)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    (late,) = await registry.enrol("late@example.test")
    invitation = order(late, first_project)
    async with operated_registry.serving():
        await produce(kafka, invitation)
        await registry.becomes(invitation, "sent")
        await operated_registry.wait_until_relayed()
    await operated_registry.restore(saved)
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        report = await operated_registry.import_again("late@example.test")
        assert report.imported == 1
        second_invitation = order(
            await member_of(operated_registry, "late@example.test"), other, days=2
        )
        await produce(kafka, second_invitation)
        await wait_for_outcome(operated_registry, second_invitation)
    assert [e["recipient"] for e in registry.mail()].count("late@example.test") == 1


async def test_without_topics_an_erased_member_keeps_the_lock_for_31_days(
    operated_registry: OperatedRegistry,
) -> None:
    registry, kafka = operated_registry.registry, operated_registry.kafka
    first_project, other = project(), project()
    _, erased = await registry.enrol("a@example.test", "e@example.test")
    await produce(kafka, first_project)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    sent = order(erased, first_project)
    async with operated_registry.serving():
        await produce(kafka, sent)
        await registry.becomes(sent, "sent")
        await operated_registry.run(erasures.erase_member, erased)
        await operated_registry.wait_until_relayed()
    await topics.start_afresh(kafka)
    await operated_registry.restore(saved)
    await produce(kafka, first_project, other)
    await produce(kafka, ErasureApplied(member_id=erased, version=2, applied_on=TODAY))
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        assert await operated_registry.status(erased) == "erased"
        assert (await operated_registry.import_again("e@example.test")).imported == 0
    end_of_lock = "SELECT until FROM suppression WHERE email_hash = $1"
    hashed = people.encryptor().hash("e@example.test")
    until = await registry.database.pool.fetchval(end_of_lock, hashed)
    # The latest civil day on Earth, because the member's time zone is unknown.
    assert until == TODAY + timedelta(days=1 + 31)


async def test_a_sent_message_whose_order_is_lost_still_locks_its_member(
    operated_registry: OperatedRegistry,
) -> None:
    """Only campaigns.send-orders.v1 is lost; the topics of registry are complete."""
    registry, kafka = operated_registry.registry, operated_registry.kafka
    first_project, other = project(), project()
    (ann,) = await registry.enrol("a@example.test")
    await produce(kafka, first_project, other)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    sent = order(ann, first_project)
    async with operated_registry.serving():
        await produce(kafka, sent)
        await registry.becomes(sent, "sent")
        await operated_registry.wait_until_relayed()
    await delete_records(kafka, topic_of(OrderState).name)
    await operated_registry.restore(saved)
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        second_invitation = order(ann, other)
        await produce(kafka, second_invitation)
        await wait_for_outcome(operated_registry, second_invitation)
    assert [e["recipient"] for e in registry.mail()].count("a@example.test") == 1


async def test_a_withdrawal_during_an_outage_of_kafka_survives_a_restore(
    operated_registry: OperatedRegistry,
) -> None:
    """The replaced database holds the withdrawal in its outbox: the restore is refused until the
    relay has sent it."""
    registry, kafka = operated_registry.registry, operated_registry.kafka
    survey = project()
    (ann,) = await registry.enrol("a@example.test")
    await produce(kafka, survey)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    saved = await operated_registry.back_up()
    await operated_registry.run(member_space.withdraw, ann)  # committed, but not relayed
    with pytest.raises(NotToldYet):
        await operated_registry.restore(saved)
    async with operated_registry.serving():
        await operated_registry.wait_until_relayed()
    await operated_registry.restore(saved)
    invitation = order(ann, survey)
    async with operated_registry.serving():
        await operated_registry.wait_until_recovered()
        await produce(kafka, invitation)
        await wait_for_outcome(operated_registry, invitation)
    assert not registry.mail()
