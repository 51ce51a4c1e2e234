"""Events for tests of the machinery: small, valid, of a type that any database may receive."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from services.contracts.envelope import Event, headers
from services.contracts.events.responses import CollectionPhase, CollectionState
from services.contracts.topics import topic_of

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


def collection(version: int = 1, project_id: UUID | None = None) -> CollectionState:
    return CollectionState(
        version=version, project_id=project_id or uuid4(), state=CollectionPhase.PREPARING
    )


async def produce(bootstrap: str, *events: Event, poison: int = 0) -> None:
    """Put events on their topic as a producer would; `poison` bad records go in the middle."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    bad: list[dict[str, Any]] = [
        {"value": b"{not json", "headers": headers("collection.state", "test", NOON)},
        {"value": None, "headers": headers("collection.state", "test", NOON)},
        {"value": b"{}", "headers": [("ce_type", b"\xff\xfe"), ("empty", None)]},
    ]
    try:
        topic = topic_of(type(events[0])).name
        for index, event in enumerate(events):
            if index == len(events) // 2:
                for number in range(poison):
                    await producer.send_and_wait(topic, key=b"poison", **bad[number % len(bad)])
            await producer.send(
                topic,
                key=event.key.encode(),
                value=event.body(),
                headers=headers(event.event_type, "test", NOON),
            )
        await producer.flush()
    finally:
        await producer.stop()


async def committed(
    bootstrap: str, topic: str, enough: Callable[[list[ConsumerRecord]], bool]
) -> list[ConsumerRecord]:
    """Everything a new subscriber that reads committed sees, once `enough` is there."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await consumer.start()
    records: list[ConsumerRecord] = []
    try:
        while not enough(records):
            batches = await consumer.getmany(timeout_ms=200)
            records += [record for batch in batches.values() for record in batch]
        return records
    finally:
        await consumer.stop()
