"""A restored registry settles lost facts in the member's favour (decision 0018)."""

from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from deploy.backup.backup import NotToldYet
from services.contracts.events.campaigns import ErasureApplied, OrderState
from services.contracts.topics import topic_of
from services.registry.erasures import use_cases as erasures
from services.registry.member_space import use_cases as member_space
from tests.faults.test_recovery import Operated, import_again, operated
from tests.support import registry as people
from tests.support import topics
from tests.support.events import produce
from tests.support.registry import TODAY, order, project
from tests.support.servers import eventually

pytestmark = [pytest.mark.servers, pytest.mark.timeout(240)]
__all__ = ["operated"]


async def member_of(op: Operated, address: str) -> UUID:
    asked = "SELECT member_id FROM contact WHERE email_hash = $1"
    held = op.made.database.pool
    return UUID(str(await held.fetchval(asked, people.encryptor().hash(address))))


async def answered(op: Operated, one: OrderState) -> None:
    async def so() -> bool:
        return (await op.made.state(one)).split()[0] in ("sent", "refused", "unknown")

    await eventually(so, "the order is answered", within=40)


async def emptied(kafka: str, topic: str) -> None:
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


async def test_who_joined_since_and_is_imported_again_is_not_solicited_twice(
    operated: Operated,
) -> None:
    made, kafka = operated.made, operated.kafka
    about, other = project(), project()
    await made.enrol("old@example.test")
    await produce(kafka, about, other)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    (late,) = await made.enrol("late@example.test")
    asked = order(late, about)
    async with operated.serving():
        await produce(kafka, asked)
        await made.becomes(asked, "sent")
        await operated.told()
    await operated.put_back(saved)
    async with operated.serving():
        await operated.recovered()
        report = await import_again(made, "late@example.test")
        assert report.imported == 1
        again = order(await member_of(operated, "late@example.test"), other, days=2)
        await produce(kafka, again)
        await answered(operated, again)
    assert [e["recipient"] for e in made.mail()].count("late@example.test") == 1


async def test_who_campaigns_forgot_is_not_free_at_once_when_topics_are_lost(
    operated: Operated,
) -> None:
    made, kafka = operated.made, operated.kafka
    about, other = project(), project()
    _, erased = await made.enrol("a@example.test", "e@example.test")
    await produce(kafka, about)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    sent = order(erased, about)
    async with operated.serving():
        await produce(kafka, sent)
        await made.becomes(sent, "sent")
        await operated.do(erasures.erase_member, erased)
        await operated.told()
    await topics.start_afresh(kafka)
    await operated.put_back(saved)
    await produce(kafka, about, other)
    await produce(kafka, ErasureApplied(member_id=erased, version=2, applied_on=TODAY))
    async with operated.serving():
        await operated.recovered()
        assert await operated.status(erased) == "erased"
        assert (await import_again(made, "e@example.test")).imported == 0
    asked = "SELECT until FROM suppression WHERE email_hash = $1"
    hashed = people.encryptor().hash("e@example.test")
    until = await made.database.pool.fetchval(asked, hashed)
    # The latest civil day on Earth, as nobody knows where they were.
    assert until == TODAY + timedelta(days=1 + 31)


async def test_a_message_told_as_sent_whose_order_is_lost_still_holds_everybody(
    operated: Operated,
) -> None:
    """Only campaigns.send-orders.v1 is lost: registry's own topics are whole."""
    made, kafka = operated.made, operated.kafka
    about, other = project(), project()
    (ann,) = await made.enrol("a@example.test")
    await produce(kafka, about, other)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    sent = order(ann, about)
    async with operated.serving():
        await produce(kafka, sent)
        await made.becomes(sent, "sent")
        await operated.told()
    await emptied(kafka, topic_of(OrderState).name)
    await operated.put_back(saved)
    async with operated.serving():
        await operated.recovered()
        again = order(ann, other)
        await produce(kafka, again)
        await answered(operated, again)
    assert [e["recipient"] for e in made.mail()].count("a@example.test") == 1


async def test_who_left_while_kafka_was_away_is_not_written_to_after_a_restore(
    operated: Operated,
) -> None:
    """The database that is put back over is whole and says so in its outbox; nobody looks."""
    made, kafka = operated.made, operated.kafka
    about = project()
    (ann,) = await made.enrol("a@example.test")
    await produce(kafka, about)
    async with operated.serving():
        await operated.told()
    saved = await operated.save()
    await operated.do(member_space.withdraw, ann)  # committed; no relay could send it
    with pytest.raises(NotToldYet):
        await operated.put_back(saved)
    async with operated.serving():
        await operated.told()
    await operated.put_back(saved)
    asked = order(ann, about)
    async with operated.serving():
        await operated.recovered()
        await produce(kafka, asked)
        await answered(operated, asked)
    assert not made.mail()
