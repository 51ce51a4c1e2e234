"""Relay: sends the outbox to Kafka at least once; consumers that check versions see it once.

One relay leads per service: a session advisory lock elects it, and a transactional producer with a
fixed id *fences* a predecessor that was paused and wakes up later; a lock alone does not. Rows are
deleted after the Kafka commit, so a crash between the two sends them again with the same ids and
versions, which consumers drop.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Never
from zlib import crc32

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.producer.message_accumulator import BatchBuilder

from services.contracts.envelope import Headers, common_headers
from services.contracts.http.common import Hint
from services.contracts.topics import DAYS_ONLY
from services.runtime.messaging import store
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Database

HINT_CHANNEL = "hints"
_BATCH = 20_000
_GATHER_SECONDS = 0.05
_DAY_SECONDS = 86_400
_TRANSACTION_SECONDS = 30
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0
# NOTIFY payloads end at 8,000 bytes; a screen re-reads everything rather than 20 rows one by one.
_HINTS_PER_KIND = 20
_HINTS_PER_NOTIFY = 40

log = structlog.get_logger()


class RelayFenced(Exception):
    """A successor took over while this process was paused: it must end and start anew."""


class Relay:
    def __init__(
        self, database: Database, kafka: KafkaServer, service: str, traces: Traces | None = None
    ) -> None:
        self._database = database
        self._kafka = kafka
        self._service = service
        self._traces = traces or Traces()
        self.leading = asyncio.Event()
        # Pauses grow during one outage, and start small again in the next.
        self._has_led = False

    @property
    def leads(self) -> bool:
        return self.leading.is_set()

    async def run(self) -> None:
        """Lead, or wait to lead, until cancelled. Raises RelayFenced when superseded."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            self._has_led = False
            try:
                await self._lead()
            except ProducerFenced as fenced:
                log.critical("relay_fenced", service=self._service)
                raise RelayFenced(self._service) from fenced
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                # Nothing is lost: rows that were not deleted are sent again.
                longer = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                pause = _FIRST_PAUSE_SECONDS if self._has_led else longer
                log.warning("relay_interrupted", error=type(error).__name__, again_in=pause)
                await asyncio.sleep(pause)

    async def _lead(self) -> Never:
        connection = await self._database.dedicated("relay")
        try:
            # Polling, rather than waiting inside the server, keeps no old snapshot alive.
            while not await store.try_to_lead(connection):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            producer = AIOKafkaProducer(
                **self._kafka.options(),
                transactional_id=f"{self._service}-relay",
                max_batch_size=262_144,
                transaction_timeout_ms=_TRANSACTION_SECONDS * 1000,
            )
            try:
                await producer.start()
                self.leading.set()
                self._has_led = True
                while True:
                    # A transaction costs the same whatever its size: let events gather.
                    if await self._relay_batch(connection, producer) < _BATCH:
                        await asyncio.sleep(_GATHER_SECONDS)
            finally:
                self.leading.clear()
                with contextlib.suppress(KafkaError):
                    await producer.stop()
        finally:
            connection.terminate()

    async def _relay_batch(
        self, connection: "asyncpg.Connection[asyncpg.Record]", producer: AIOKafkaProducer
    ) -> int:
        rows = await store.list_outgoing(connection, _BATCH)
        if rows:
            await self.publish(producer, rows)
            await self.delete_published(connection, rows)
        return len(rows)

    async def publish(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """Send a batch in one Kafka transaction, which costs about 26 ms whatever its size."""
        events = [row for row in rows if row["topic"] is not None]
        if events:
            with self._traces.sending(len(events), (row["traceparent"] for row in events)):
                async with producer.transaction():
                    await send(producer, events, self._service)

    async def delete_published(
        self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]
    ) -> None:
        """Delete the rows that were sent and notify the screens, in one transaction."""
        async with connection.transaction():
            await store.delete_sent(connection, [row["id"] for row in rows])
            hints = coalesce_hints(rows)
            for start in range(0, len(hints), _HINTS_PER_NOTIFY):
                payload = [
                    hint.model_dump(exclude_none=True)
                    for hint in hints[start : start + _HINTS_PER_NOTIFY]
                ]
                await store.notify(connection, HINT_CHANNEL, json.dumps(payload))


async def send(producer: AIOKafkaProducer, events: Sequence[asyncpg.Record], service: str) -> None:
    """Send rows in their order, batched per partition; returns once the broker has acknowledged.

    Whatever many events share is computed once: at 100,000 events a second each microsecond per
    event is a tenth of a core.
    """
    partitions: dict[str, int] = {}
    shared_headers: dict[tuple[str, datetime, str | None], Headers] = {}
    open_batches: dict[tuple[str, int], BatchBuilder] = {}
    midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS * 1000
    acknowledgements = []
    for _, topic, key, _, event_id, kind, at, body, traceparent in events:
        if topic not in partitions:
            partitions[topic] = len(await producer.partitions_for(topic))
        partition = (topic, partition_of(key, partitions[topic]))
        shared_by = (kind, at, traceparent)
        common = shared_headers.get(shared_by)
        if common is None:
            common = shared_headers[shared_by] = common_headers(kind, service, at, traceparent)
        record_headers = [("ce_id", event_id), *common]
        batch = open_batches.get(partition)
        if batch is None:
            batch = open_batches[partition] = producer.create_batch()
        # By the machine's clock: brokers refuse records from a future, as a set clock may say.
        timestamp = midnight if topic in DAYS_ONLY else None
        if batch.append(timestamp=timestamp, key=key, value=body, headers=record_headers) is None:
            acknowledgements.append(await producer.send_batch(batch, topic, partition=partition[1]))
            batch = open_batches[partition] = producer.create_batch()
            batch.append(timestamp=timestamp, key=key, value=body, headers=record_headers)
    for (topic, number), batch in open_batches.items():
        acknowledgements.append(await producer.send_batch(batch, topic, partition=number))
    await asyncio.gather(*acknowledgements)


def partition_of(key: bytes, partitions: int) -> int:
    """Partition by CRC-32, the default of librdkafka (docs/decisions/0003).

    Each topic has one producer, so any stable choice will do, and the Java default (murmur2) costs
    more in Python than all the rest of sending.
    """
    return crc32(key) % partitions


def coalesce_hints(rows: Sequence[asyncpg.Record]) -> list[Hint]:
    """One hint per aggregate with its newest version, or one per kind when very many changed."""
    newest: dict[str, dict[bytes, int | None]] = {}
    for _, _, key, version, _, kind, _, _, _ in rows:
        newest.setdefault(kind, {})[key] = version
    hints = []
    for kind, versions in newest.items():
        name = kind.removesuffix(".state")
        if len(versions) > _HINTS_PER_KIND:
            hints.append(Hint(kind=name))
        else:
            hints += [Hint(kind=name, id=key.decode(), version=v) for key, v in versions.items()]
    return hints
