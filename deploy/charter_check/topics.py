"""Reader of topics as any subscriber: committed records only, in their order."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from deploy.charter_check.panel import KafkaAccess

READ_MS = 200


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    # Real time at which the relay sent it, after the commit of its change.
    appended_at: datetime
    key: str
    attributes: dict[str, str]
    value: bytes

    @property
    def text(self) -> str:
        return self.value.decode(errors="replace")

    def as_json(self) -> str:
        try:
            body = json.loads(self.value)
        except ValueError:
            body = self.text
        return json.dumps(
            {
                "topic": self.topic,
                "partition": self.partition,
                "offset": self.offset,
                "key": self.key,
                "attributes": self.attributes,
                "body": body,
            },
            ensure_ascii=False,
        )


async def records(
    kafka: KafkaAccess, topics: Sequence[str], *, from_start: bool = True, until_now: bool = True
) -> AsyncIterator[Record]:
    """Read records without a consumer group, which leaves no trace. Raises KafkaError.

    With `until_now` it ends at the last record committed at the start; otherwise it never ends.
    """
    options = kafka.options()
    parts = await _partitions(options, topics)
    if not parts:
        return
    # The reset policy sets the start: a seek after `assign` would race with it.
    consumer = AIOKafkaConsumer(
        **options,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest" if from_start else "latest",
    )
    await consumer.start()
    try:
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while True:
            batches = await consumer.getmany(timeout_ms=READ_MS, max_records=5_000)
            for part, batch in batches.items():
                for record in batch:
                    if not until_now or record.offset < ends[part]:
                        yield _record(record)
            if until_now and await _reached(consumer, ends):
                return
    finally:
        await consumer.stop()


async def _partitions(options: dict[str, Any], topics: Sequence[str]) -> list[TopicPartition]:
    """Partitions of those topics that exist."""
    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        return [
            TopicPartition(described["topic"], partition["partition"])
            for described in await admin.describe_topics(list(topics))
            for partition in described["partitions"]
        ]
    finally:
        await admin.close()


async def _reached(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for part, end in ends.items():
        if await consumer.position(part) < end:
            return False
    return True


def _record(raw: "ConsumerRecord[bytes, bytes]") -> Record:
    return Record(
        topic=raw.topic,
        partition=raw.partition,
        offset=raw.offset,
        appended_at=datetime.fromtimestamp(raw.timestamp / 1000, UTC),
        key=(raw.key or b"").decode(errors="replace"),
        attributes={name: value.decode(errors="replace") for name, value in raw.headers},
        value=raw.value or b"",
    )
