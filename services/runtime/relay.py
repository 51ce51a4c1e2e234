"""Outbox to Kafka, at least once to the topic, once to whoever reads committed and checks versions.

One relay leads per service: a session advisory lock elects it, and a transactional producer with a
fixed id *fences* a predecessor that was paused and wakes up later; a lock alone does not. Rows are
deleted after the Kafka commit, so a crash between the two sends them again with the same ids and
versions, which consumers drop.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced
from aiokafka.partitioner import DefaultPartitioner

from services.contracts.envelope import headers
from services.contracts.http.common import Hint
from services.runtime.db import Database
from services.runtime.outbox import sql

HINT_CHANNEL = "hints"
_LEADER_LOCK = 7_203_442
_BATCH = 5_000
_IDLE_SECONDS = 0.05
# NOTIFY payloads end at 8,000 bytes; a screen re-reads everything rather than 20 rows one by one.
_HINTS_PER_KIND = 20
_HINTS_PER_NOTIFY = 40

log = structlog.get_logger()
_partition = DefaultPartitioner()


class RelayFenced(Exception):
    """A successor took over while this process was paused: it must end and start anew."""


class Relay:
    def __init__(self, database: Database, bootstrap: str, service: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self.leading = asyncio.Event()

    async def run(self) -> None:
        """Lead, or wait to lead, until cancelled. Raises RelayFenced when superseded."""
        wait = 0.2
        while True:
            try:
                await self._lead()
            except ProducerFenced as fenced:
                log.critical("relay_fenced", service=self._service)
                raise RelayFenced(self._service) from fenced
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                # Nothing is lost: what was not deleted is sent again.
                log.warning("relay_interrupted", error=type(error).__name__, again_in=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, 10)
            else:
                wait = 0.2

    async def _lead(self) -> None:
        connection = await self._database.dedicated("relay")
        try:
            # Asking again, rather than waiting inside the server, keeps no old snapshot alive.
            while not await connection.fetchval(  # noqa: ASYNC110
                "SELECT pg_try_advisory_lock($1)", _LEADER_LOCK
            ):
                await asyncio.sleep(0.5)
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap.split(","),
                transactional_id=f"{self._service}-relay",
                max_batch_size=262_144,
                transaction_timeout_ms=30_000,
            )
            try:
                await producer.start()
                self.leading.set()
                while True:
                    if not await self._relay_batch(connection, producer):
                        await asyncio.sleep(_IDLE_SECONDS)
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
    """Hand rows to the broker in their order, batched per partition; returns once acknowledged."""
    by_partition: dict[tuple[str, int], list[asyncpg.Record]] = {}
    partitions: dict[str, list[int]] = {}
    for row in events:
        topic = row["topic"]
        if topic not in partitions:
            partitions[topic] = sorted(await producer.partitions_for(topic))
        place = _partition(row["key"].encode(), partitions[topic], partitions[topic])
        by_partition.setdefault((topic, place), []).append(row)

    sent = []
    for (topic, place), group in by_partition.items():
        batch = producer.create_batch()
        for row in group:
            record = {
                "timestamp": None,
                "key": row["key"].encode(),
                "value": row["body"].encode(),
                "headers": headers(row["kind"], service, row["at"], UUID(str(row["event_id"]))),
            }
            if batch.append(**record) is None:
                sent.append(await producer.send_batch(batch, topic, partition=place))
                batch = producer.create_batch()
                batch.append(**record)
        sent.append(await producer.send_batch(batch, topic, partition=place))
    await asyncio.gather(*sent)


def coalesce(rows: Sequence[asyncpg.Record]) -> list[Hint]:
    """One hint per thing, newest version; one for a whole kind when very many of it changed."""
    newest: dict[str, dict[str, int | None]] = {}
    for row in rows:
        newest.setdefault(row["kind"].removesuffix(".state"), {})[row["key"]] = row["version"]
    hints = []
    for kind, things in newest.items():
        if len(things) > _HINTS_PER_KIND:
            hints.append(Hint(kind=kind))
        else:
            hints += [Hint(kind=kind, id=id, version=v) for id, v in things.items()]
    return hints
