"""Kafka: how to reach it, and the topics, created on purpose with their policies."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512
from pydantic import SecretStr

from services.contracts.topics import Topic

_MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True)
class KafkaServer:
    """Where the brokers are, and who this service is to them.

    With a user: SASL/SCRAM over TLS, brokers' certificates checked by `ca_file` or by the system's
    authorities. Without one: in clear, as on one machine.
    """

    bootstrap: str
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None

    @property
    def servers(self) -> list[str]:
        return self.bootstrap.split(",")

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka takes."""
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
        """The same for FastStream."""
        if not (self.username and self.password):
            return None
        password = self.password.get_secret_value()
        return SASLScram512(self.username, password, ssl_context=self._tls(), use_ssl=True)

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca_file)


class _Broker(KafkaBroker):
    async def start(self) -> None:
        """Consumers join together: each waits until its group's other members have noticed, and
        one after the other that made a cold start of four consumers thirteen seconds."""
        await self.connect()
        await asyncio.gather(*(subscriber.start() for subscriber in self.subscribers))
        self.running = True

    async def stop(self, *error: Any) -> None:
        """Consumers leave together, too: each may wait for a broker that is busy or gone."""
        await asyncio.gather(*(subscriber.stop() for subscriber in self.subscribers))
        await super().stop(*error)


def connect(server: KafkaServer) -> KafkaBroker:
    # No logger: FastStream's costs a thread hop for each message; the inbox logs what matters.
    return _Broker(
        server.servers, security=server.security(), logger=None, allow_auto_create_topics=False
    )


async def ensure_topics(server: KafkaServer, topics: Iterable[Topic], replication: int = 1) -> None:
    """Create missing topics and put every topic's policy back to what the contract says."""
    wanted = list(topics)
    admin = AIOKafkaAdminClient(**server.options())
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
