"""Topics as the services make them, empty at the start of a test."""

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.contracts.topics import TOPICS
from services.runtime.messaging.inbox import consumer_group
from services.runtime.messaging.kafka import KafkaServer, ensure_topics
from tests.support.servers import eventually


async def start_afresh(bootstrap: str) -> None:
    """Delete every topic of the contract, and with it what groups have read; create them anew."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    names = {topic.name for topic in TOPICS}
    try:
        there = names & set(await admin.list_topics())
        if there:
            await admin.delete_topics(sorted(there))

        async def gone() -> bool:
            return not names & set(await admin.list_topics())

        await eventually(gone, "the topics of the test before are deleted")
    finally:
        await admin.close()
    await ensure_topics(KafkaServer(bootstrap), TOPICS)

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:

        async def led() -> bool:
            described = await admin.describe_topics(sorted(names))
            return all(
                partition["leader"] >= 0 for topic in described for partition in topic["partitions"]
            )

        await eventually(led, "every partition has a leader")
    finally:
        await admin.close()


async def rewind(bootstrap: str, topic: str, service: str) -> None:
    """Put a service, none of whose replicas runs, back to the beginning of a topic."""
    # Or stopping it would commit where it had just learnt that the group was.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=consumer_group(service, topic),
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        described = await consumer._client.fetch_all_metadata()
        partitions = [
            TopicPartition(topic, number) for number in described.partitions_for_topic(topic)
        ]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, 0))
    finally:
        await consumer.stop()
