"""Connections to Kafka, and the topics with their policies."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    LeaderNotAvailableError,
    NoError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512
from pydantic import SecretStr

from services.contracts.topics import Topic

_MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class KafkaServer:
    """Addresses of the brokers, and this service's credentials.

    With a user: SASL/SCRAM over TLS, brokers' certificates verified with `ca_file` or with the
    system's authorities. Without one: in clear, as on one machine.
    """

    bootstrap: str
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None

    @property
    def servers(self) -> list[str]:
        return self.bootstrap.split(",")

    def options(self) -> dict[str, Any]:
        """Keyword arguments for every client of aiokafka."""
        options: dict[str, Any] = {"bootstrap_servers": self.servers}
        if self.username and self.password:
            options |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": _MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value(),
                "ssl_context": self._tls(),
            }
        return options

    def security(self) -> BaseSecurity | None:
        """The credentials in FastStream's form."""
        if not (self.username and self.password):
            return None
        password = self.password.get_secret_value()
        return SASLScram512(self.username, password, ssl_context=self._tls(), use_ssl=True)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


def create_broker(server: KafkaServer) -> KafkaBroker:
    # No logger: FastStream's costs a thread hop for each message; the inbox logs what matters.
    return KafkaBroker(
        server.servers, security=server.security(), logger=None, allow_auto_create_topics=False
    )


async def start_consumers(broker: KafkaBroker) -> None:
    """Connect, and start all consumers concurrently.

    Each waits until the other members of its group have noticed it: one after the other, a cold
    start of four consumers took thirteen seconds.
    """
    await broker.connect()
    await asyncio.gather(*(subscriber.start() for subscriber in broker.subscribers))


async def ensure_topics(server: KafkaServer, topics: Iterable[Topic], replication: int = 1) -> None:
    """Create missing topics, and reset every topic's policy to the contract's."""
    expected = list(topics)
    admin = AIOKafkaAdminClient(**server.options())
    await admin.start()
    try:
        response = await admin.create_topics(
            [
                NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.policy)
                for topic in expected
            ]
        )
        for name, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"topic {name} could not be created")
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, t.name, configs=t.policy) for t in expected]
        )
    finally:
        await admin.close()


async def list_partitions(server: KafkaServer, topic: str) -> list[int]:
    """Numbers of a topic's partitions; empty where there is no such topic. Raises KafkaError."""
    admin = AIOKafkaAdminClient(**server.options())
    await admin.start()
    try:
        [description] = await admin.describe_topics([topic])
    finally:
        await admin.close()
    error = for_code(description["error_code"])
    if error not in (NoError, UnknownTopicOrPartitionError, LeaderNotAvailableError):
        raise error(f"topic {topic} cannot be described")
    return sorted(partition["partition"] for partition in description["partitions"])
