"""Outbox to Kafka, at least once to the topic, once to whoever reads committed and checks versions.

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
from services.runtime.messaging.kafka import KafkaServer
from services.runtime.messaging.outbox import sql
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Database
from services.runtime.postgres.locks import AdvisoryLock

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
        # An outage that is over must not make the next one longer.
        self._led = False

    @property
    def leads(self) -> bool:
        return self.leading.is_set()

    async def run(self) -> None:
        """Lead, or wait to lead, until cancelled. Raises RelayFenced when superseded."""
        wait = _FIRST_PAUSE_SECONDS
        while True:
            self._led = False
            try:
                await self._lead()
            except ProducerFenced as fenced:
                log.critical("relay_fenced", service=self._service)
                raise RelayFenced(self._service) from fenced
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                # Nothing is lost: what was not deleted is sent again.
                wait = _FIRST_PAUSE_SECONDS if self._led else min(wait * 2, _LONGEST_PAUSE_SECONDS)
                log.warning("relay_interrupted", error=type(error).__name__, again_in=wait)
                await asyncio.sleep(wait)

    async def _lead(self) -> Never:
        connection = await self._database.dedicated("relay")
        try:
            # Asking again, rather than waiting inside the server, keeps no old snapshot alive.
            while not await connection.fetchval(  # noqa: ASYNC110
                "SELECT pg_try_advisory_lock($1)", AdvisoryLock.RELAY_LEADER
            ):
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
                self._led = True
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
        rows = await connection.fetch(sql.next_batch, _BATCH)
        if rows:
            await self.publish(producer, rows)
            await self.settle(connection, rows)
        return len(rows)

    async def publish(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """One Kafka transaction for the batch, whatever its size: each costs about 26 ms."""
        events = [row for row in rows if row["topic"] is not None]
        if events:
            with self._traces.sending(len(events), (row["traceparent"] for row in events)):
                async with producer.transaction():
                    await send(producer, events, self._service)

    async def settle(
        self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[asyncpg.Record]
    ) -> None:
        """Forget what was sent and tell the screens, together."""
        async with connection.transaction():
            await connection.execute(sql.sent, [row["id"] for row in rows])
            hints = coalesce(rows)
            for start in range(0, len(hints), _HINTS_PER_NOTIFY):
                payload = [
                    hint.model_dump(exclude_none=True)
                    for hint in hints[start : start + _HINTS_PER_NOTIFY]
                ]
                await connection.execute(
                    "SELECT pg_notify($1, $2)", HINT_CHANNEL, json.dumps(payload)
                )


async def send(producer: AIOKafkaProducer, events: Sequence[asyncpg.Record], service: str) -> None:
    """Hand rows to the broker in their order, batched per partition; returns once acknowledged.

    Everything that many events share is made once: at 100,000 events a second each microsecond
    per event is a tenth of a core.
    """
    partitions: dict[str, int] = {}
    shared: dict[tuple[str, datetime, str | None], Headers] = {}
    open_batches: dict[tuple[str, int], BatchBuilder] = {}
    midnight = int(time.time()) // _DAY_SECONDS * _DAY_SECONDS * 1000
    sent = []
    for _, topic, key, _, event_id, kind, at, body, traceparent in events:
        if topic not in partitions:
            partitions[topic] = len(await producer.partitions_for(topic))
        place = (topic, partition_of(key, partitions[topic]))
        moment_of = (kind, at, traceparent)
        common = shared.get(moment_of)
        if common is None:
            common = shared[moment_of] = common_headers(kind, service, at, traceparent)
        record_headers = [("ce_id", event_id), *common]
        batch = open_batches.get(place)
        if batch is None:
            batch = open_batches[place] = producer.create_batch()
        # By the machine's clock: brokers refuse records from a future, as a set clock may say.
        moment = midnight if topic in DAYS_ONLY else None
        if batch.append(timestamp=moment, key=key, value=body, headers=record_headers) is None:
            sent.append(await producer.send_batch(batch, topic, partition=place[1]))
            batch = open_batches[place] = producer.create_batch()
            batch.append(timestamp=moment, key=key, value=body, headers=record_headers)
    for (topic, number), batch in open_batches.items():
        sent.append(await producer.send_batch(batch, topic, partition=number))
    await asyncio.gather(*sent)


def partition_of(key: bytes, partitions: int) -> int:
    """CRC-32, librdkafka's default: each topic has one producer, so any stable choice will do,
    and the Java default (murmur2) costs more in Python than all the rest of sending."""
    return crc32(key) % partitions


def coalesce(rows: Sequence[asyncpg.Record]) -> list[Hint]:
    """One hint per thing, newest version; one for a whole kind when very many of it changed."""
    newest: dict[str, dict[bytes, int | None]] = {}
    for _, _, key, version, _, kind, _, _, _ in rows:
        newest.setdefault(kind, {})[key] = version
    hints = []
    for kind, things in newest.items():
        name = kind.removesuffix(".state")
        if len(things) > _HINTS_PER_KIND:
            hints.append(Hint(kind=name))
        else:
            hints += [Hint(kind=name, id=key.decode(), version=v) for key, v in things.items()]
    return hints
