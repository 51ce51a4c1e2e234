"""A controlled bus: records of the real broker reach real inboxes when a test says so.

The services' own relays send, in Kafka transactions; records are read back as committed and passed
to `Inbox.apply_batch`, which applies each batch in one transaction. The test chooses the moment:
late, twice, or from the beginning again.
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
    """One consumer of one service, with the offset that it has reached."""

    service: Service
    consumer: Consumer[Any]
    offset: int = 0

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
        """Wait until every committed event is on its topic, and read the topics."""
        for service in self.services:

            async def sent(service: Service = service) -> bool:
                waiting = "SELECT count(*) FROM outbox WHERE topic IS NOT NULL"
                return not await service.database.pool.fetchval(waiting)

            await eventually(sent, f"the relay of {service.name} has sent everything")
        # The broker may mark a transaction's end after it has answered the relay: the last stable
        # offset, which is the end for consumers of committed records, may still be before it.
        ends = await self.uncommitted.end_offsets(self.kafka.assignment())
        while True:
            positions = {part: await self.kafka.position(part) for part in ends}
            if all(positions[part] >= end for part, end in ends.items()):
                return
            for batch in (await self.kafka.getmany(timeout_ms=50)).values():
                for record in batch:
                    self.records.setdefault(record.topic, []).append(record)

    def waiting(self, reader: Reader) -> int:
        return len(self.records.get(reader.consumer.topic.name, ())) - reader.offset

    async def deliver(self, reader: Reader, limit: int | None = None) -> None:
        records = self.records.get(reader.consumer.topic.name, [])
        end = len(records) if limit is None else min(len(records), reader.offset + limit)
        if batch := records[reader.offset : end]:
            await reader.service.inbox.apply_batch(reader.consumer, batch)
        reader.offset = end

    async def repeat(self, reader: Reader, last: int) -> None:
        """Deliver the last records once more."""
        records = self.records.get(reader.consumer.topic.name, [])
        if batch := records[max(0, reader.offset - last) : reader.offset]:
            await reader.service.inbox.apply_batch(reader.consumer, batch)

    async def deliver_all(self) -> int:
        """Deliver until no service sends anything new; returns the number of records."""
        delivered = 0
        while True:
            await self.collect()
            waiting = sum(map(self.waiting, self.readers))
            if not waiting:
                return delivered
            delivered += waiting
            for reader in self.readers:
                await self.deliver(reader)

    async def publish(self, *events: Event) -> None:
        """Write to the topic directly, as a service that the test plays would."""
        for event in events:
            await self.producer.send_and_wait(
                topic_of(type(event)).name,
                key=event.key.encode(),
                value=event.body(),
                headers=headers(event.event_type, "test", NOON),
            )


@asynccontextmanager
async def bus(bootstrap: str, *services: Service) -> AsyncIterator[Bus]:
    """A bus with the running relays of these services; earlier records are not delivered."""
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
