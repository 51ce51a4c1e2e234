"""Kafka: the connection, and the topics, created on purpose with their policies."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from faststream.kafka import KafkaBroker

from services.contracts.topics import Topic
from services.runtime.settings import Settings


def connect(settings: Settings) -> KafkaBroker:
    # No logger: FastStream's costs a thread hop for each message; the inbox logs what matters.
    return KafkaBroker(
        settings.kafka_bootstrap.split(","), logger=None, allow_auto_create_topics=False
    )


async def ensure_topics(bootstrap: str, topics: Iterable[Topic], replication: int = 1) -> None:
    """Create missing topics and put every topic's policy back to what the contract says."""
    wanted = list(topics)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap.split(","))
    await admin.start()
    try:
        answer = await admin.create_topics(
            [
                NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.policy)
                for topic in wanted
            ]
        )
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be created")
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, t.name, configs=t.policy) for t in wanted]
        )
    finally:
        await admin.close()
