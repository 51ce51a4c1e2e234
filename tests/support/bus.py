"""What was sent on the real broker, delivered to real inboxes in whatever order a test chooses.

The services' own relays send, in Kafka transactions; records are read back as a consumer that reads
committed does, and handed to `Inbox.settle`, which applies each batch in one transaction. What a
test chooses is when: late, twice, from the beginning again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from services.contracts.envelope import Event, headers
from services.contracts.topics import TOPICS, topic_of
from services.runtime.messaging.inbox import Consumer
from services.runtime.service import Service
from tests.support.events import NOON
from tests.support.servers import eventually


@dataclass
class Reader:
    """One consumer of one service, and how far it has come."""

    service: Service
    consumer: Consumer[Any]
    place: int = 0

    @property
    def name(self) -> str:
        return f"{self.service.name} ← {self.consumer.topic.name}"


@dataclass
class Bus:
    services: Sequence[Service]
    kafka: AIOKafkaConsumer
    producer: AIOKafkaProducer
    uncommitted: AIOKafkaConsumer
    # By topic, in the order of each partition.
    records: dict[str, list[ConsumerRecord]] = field(default_factory=dict)
    readers: list[Reader] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.readers = [Reader(s, c) for s in self.services for c in s.inbox.consumers]

    async def collect(self) -> None:
        """Wait until all that was committed is on its topic, and read it."""
        for service in self.services:

            async def sent(service: Service = service) -> bool:
                waiting = "SELECT count(*) FROM outbox WHERE topic IS NOT NULL"
                return not await service.database.pool.fetchval(waiting)

            await eventually(sent, f"the relay of {service.name} has sent everything")
        # The broker may mark a transaction's end after it has answered the relay: the last stable
        # offset, which is the end for who reads committed records, may still be before it.
        ends = await self.uncommitted.end_offsets(self.kafka.assignment())
        while True:
            places = {part: await self.kafka.position(part) for part in ends}
            if all(places[part] >= end for part, end in ends.items()):
                return
            for batch in (await self.kafka.getmany(timeout_ms=50)).values():
                for record in batch:
                    self.records.setdefault(record.topic, []).append(record)

    def waiting(self, reader: Reader) -> int:
        return len(self.records.get(reader.consumer.topic.name, ())) - reader.place

    async def deliver(self, reader: Reader, limit: int | None = None) -> None:
        records = self.records.get(reader.consumer.topic.name, [])
        end = len(records) if limit is None else min(len(records), reader.place + limit)
        if batch := records[reader.place : end]:
            await reader.service.inbox.apply_batch(reader.consumer, batch)
        reader.place = end

    async def repeat(self, reader: Reader, last: int) -> None:
        """What was delivered last comes once more."""
        records = self.records.get(reader.consumer.topic.name, [])
        if batch := records[max(0, reader.place - last) : reader.place]:
            await reader.service.inbox.apply_batch(reader.consumer, batch)

    async def deliver_all(self) -> int:
        """To everybody, until nothing new is sent; returns how many records that were."""
        delivered = 0
        while True:
            await self.collect()
            waiting = sum(map(self.waiting, self.readers))
            if not waiting:
                return delivered
            delivered += waiting
            for reader in self.readers:
                await self.deliver(reader)

    async def say(self, *events: Event) -> None:
        """As a service that is not here would: straight to the topic."""
        for event in events:
            await self.producer.send_and_wait(
                topic_of(type(event)).name,
                key=event.key.encode(),
                value=event.body(),
                headers=headers(event.event_type, "test", NOON),
            )


@asynccontextmanager
async def bus(bootstrap: str, *services: Service) -> AsyncIterator[Bus]:
    """Relays of these services at work; of what the topics held before nothing is delivered."""
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="latest",
        enable_auto_commit=False,
        # A fetch that finds nothing holds up the next one: half a second by default.
        fetch_max_wait_ms=20,
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    uncommitted = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await asyncio.gather(kafka.start(), producer.start(), uncommitted.start())
    parts = [TopicPartition(topic.name, n) for topic in TOPICS for n in range(topic.partitions)]
    kafka.assign(parts)
    await kafka.seek_to_end(*parts)
    for part in parts:
        await kafka.position(part)
    relays = [asyncio.create_task(service.relay.run()) for service in services]
    try:
        yield Bus(services, kafka, producer, uncommitted)
    finally:
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        await asyncio.gather(kafka.stop(), producer.stop(), uncommitted.stop())
