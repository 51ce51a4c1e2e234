"""Each service has the access to topics that docs/design.md (Events) gives it, no more.

Every principal tries every topic, both ways, on a real broker with SASL, TLS and access control.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

from deploy.kafka.acls import PRINCIPALS, PUBLIC, SERVICES, readable_by, writable_by
from services.contracts.topics import TOPICS
from services.runtime.messaging.inbox import consumer_group
from services.runtime.messaging.kafka import KafkaServer, list_partitions
from tests.support import secure_kafka
from tests.support.servers import eventually

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

Servers = dict[str, KafkaServer]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def servers(servers_directory: Path) -> AsyncIterator[Servers]:
    """Access of each principal to a broker, where `setup` made the topics."""
    async with secure_kafka.controlled(servers_directory / "access-control") as (bootstrap, broker):
        async with producing(KafkaServer(bootstrap)) as administrator:
            for topic in TOPICS:
                await administrator.send_and_wait(topic.name, b"{}", key=b"first", partition=0)
        yield broker


@asynccontextmanager
async def producing(server: KafkaServer, **more: Any) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**server.options(), **more)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def may_write(server: KafkaServer, topic: str) -> bool:
    try:
        async with producing(server, enable_idempotence=False) as producer:
            await producer.send_and_wait(topic, b"{}", key=b"tried", partition=0)
    except TopicAuthorizationFailedError:
        return False
    return True


async def may_read(server: KafkaServer, topic: str) -> bool:
    """Whether a principal reads the record that every topic has."""
    consumer = AIOKafkaConsumer(**server.options(), auto_offset_reset="earliest")
    await consumer.start()
    may: bool | None = None

    async def judged() -> bool:
        nonlocal may
        try:
            if await consumer.getmany(timeout_ms=200):
                may = True
        except TopicAuthorizationFailedError:
            may = False
        # Of a topic that it may not even see, the client is only told so.
        if topic in consumer._client.cluster.unauthorized_topics:
            may = False
        return may is not None

    try:
        consumer.assign([TopicPartition(topic, 0)])
        await eventually(judged, f"{server.username} reads {topic} or is refused")
    finally:
        await consumer.stop()
    return bool(may)


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_writes_its_own_topics_and_no_other(
    servers: Servers, principal: str
) -> None:
    names = [topic.name for topic in TOPICS]
    allowed = await asyncio.gather(*(may_write(servers[principal], name) for name in names))
    assert {name for name, may in zip(names, allowed, strict=True) if may} == set(
        writable_by(principal)
    )


@pytest.mark.parametrize("principal", PRINCIPALS)
async def test_a_principal_reads_what_the_table_gives_it_and_no_other(
    servers: Servers, principal: str
) -> None:
    names = [topic.name for topic in TOPICS]
    allowed = await asyncio.gather(*(may_read(servers[principal], name) for name in names))
    assert {name for name, may in zip(names, allowed, strict=True) if may} == set(
        readable_by(principal)
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_a_relay_cannot_fence_another_services(servers: Servers, service: str) -> None:
    for other in SERVICES:
        name = writable_by(service)[0]
        try:
            async with (
                producing(servers[service], transactional_id=f"{other}-relay") as producer,
                producer.transaction(),
            ):
                await producer.send(name, b"{}", key=b"tried", partition=0)
        except TransactionalIdAuthorizationFailed:
            assert other != service
        else:
            assert other == service


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_commits_in_its_own_groups_only(servers: Servers, service: str) -> None:
    topic = next(t.name for t in TOPICS if service in t.consumers)
    for other in (*SERVICES, PUBLIC):
        consumer = AIOKafkaConsumer(
            **servers[service].options(), group_id=consumer_group(other, topic)
        )
        await consumer.start()
        consumer.assign([TopicPartition(topic, 0)])
        try:
            await consumer.commit({TopicPartition(topic, 0): 0})
        except (GroupAuthorizationFailedError, KafkaError):
            assert other != service
        else:
            assert other == service
        finally:
            await consumer.stop()


async def test_who_is_downstream_reads_in_groups_of_the_public(servers: Servers) -> None:
    topic = readable_by(PUBLIC)[0]
    consumer = AIOKafkaConsumer(**servers[PUBLIC].options(), group_id="public.portal")
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    try:
        await consumer.commit({TopicPartition(topic, 0): 0})
    finally:
        await consumer.stop()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_lists_the_partitions_of_every_topic_that_it_recovers_from(
    servers: Servers, service: str
) -> None:
    for topic in TOPICS:
        if topic.name in readable_by(service):
            partitions = await list_partitions(servers[service], topic.name)
            assert partitions == list(range(topic.partitions))
