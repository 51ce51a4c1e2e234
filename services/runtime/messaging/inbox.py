"""Inbox: Kafka to PostgreSQL, so that nothing is lost and nothing blocks for ever.

FastStream's defaults commit before the handler, and a batch with one undecodable record is skipped
whole. Here records arrive raw; each is decoded; the newest version per key is applied in one
transaction; offsets follow. A *data* error is isolated by bisection, tried three times and stored
as a dead letter in that same transaction. An *infrastructure* error raises, so that the batch comes
again: an outage never fills the dead letters.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from services.contracts.envelope import TRACEPARENT, Event, MalformedEvent, decode
from services.contracts.http.common import Replay
from services.contracts.topics import Topic, topic_of
from services.runtime.clock import Clock
from services.runtime.messaging import store
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection, Database, long_running
from services.runtime.refusal import NotFound

E = TypeVar("E", bound=Event)
Apply = Callable[[Connection, Sequence[E]], Awaitable[None]]

_TRIES = 3
_BATCH = 1_000
# Below Kafka's max.poll.interval (5 minutes), so that a pause does not cost the partition.
_LONGEST_PAUSE = 30.0
_STALLED_AFTER = 60.0
_POSITION_SECONDS = 5.0
_ALLOWED_SKEW_SECONDS = 60.0
DEAD_LETTER_LIFE = timedelta(days=30)

log = structlog.get_logger()


def consumer_group(service: str, topic: str) -> str:
    """One group per topic, so that a restart of one consumer disturbs no other."""
    return f"{service}.{topic}"


def is_infrastructure(error: BaseException) -> bool:
    """Whether to wait and try again, as the record is not to blame."""
    if isinstance(error, asyncpg.PostgresError):
        # Classes 21 and 22 (data), 23 (constraints) and 54 (sizes) concern the record, P0 our own
        # RAISE; the others (connections, deadlocks, a missing table) the database.
        return (error.sqlstate or "")[:2] not in {"21", "22", "23", "54", "P0"}
    return isinstance(
        error, asyncpg.InterfaceError | OSError | TimeoutError | KafkaError | asyncio.CancelledError
    ) and not isinstance(error, asyncpg.exceptions.DataError)


@dataclass
class Consumer(Generic[E]):
    """Subscription to the events of one topic, with their handler and its progress."""

    event: type[E]
    apply: Apply[E]
    topic: Topic
    subscriber: Any = None
    pause: float = 0.0
    last_progress: float = 0.0
    busy: bool = False
    lag: int = 0
    # Records dated later than this machine's clock allows, since the start.
    future_records: int = 0


async def _without_headers(message: Any, original: Callable[[Any], Awaitable[Any]]) -> Any:
    # FastStream decodes header values before any handler: no header may reach it.
    parsed = await original(tuple(replace(record, headers=()) for record in message))
    parsed.raw_message = message
    return parsed


async def _undecoded(_: Any) -> None:
    return None


class Inbox:
    def __init__(
        self,
        broker: KafkaBroker,
        database: Database,
        clock: Clock,
        service: str,
        traces: Traces | None = None,
    ) -> None:
        self._broker = broker
        self._database = database
        self._clock = clock
        self._service = service
        self._traces = traces or Traces()
        self.consumers: list[Consumer[Any]] = []

    def consume(self, event: type[E], apply: Apply[E]) -> None:
        """Apply every `event` of its topic, in batches.

        `apply` gets the newest version per key, in the topic's order, on a connection whose
        transaction it must not end. It must drop versions that are not newer than its own.
        """
        topic = topic_of(event)
        consumer = Consumer(event, apply, topic)
        consumer.subscriber = self._broker.subscriber(
            topic.name,
            group_id=consumer_group(self._service, topic.name),
            batch=True,
            max_records=_BATCH,
            batch_timeout_ms=100,
            # A replica that joins waits until the others have noticed it, at a heartbeat.
            heartbeat_interval_ms=500,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            parser=_without_headers,
            decoder=_undecoded,
        )

        async def handle(message: KafkaMessage) -> None:
            raw = message.raw_message
            await self._apply_or_pause(consumer, raw if isinstance(raw, tuple) else (raw,))

        consumer.subscriber(handle)
        self.consumers.append(consumer)

    async def _apply_or_pause(
        self, consumer: Consumer[Any], records: Sequence[ConsumerRecord]
    ) -> None:
        consumer.busy = True
        try:
            await self.apply_batch(consumer, records)
            consumer.pause = 0.0
            consumer.last_progress = time.monotonic()
        except Exception as error:
            consumer.pause = min(max(0.2, consumer.pause * 2), _LONGEST_PAUSE)
            log.warning(
                "consumer_paused",
                topic=consumer.topic.name,
                error=type(error).__name__,
                seconds=consumer.pause,
            )
            await asyncio.sleep(consumer.pause)
            raise
        finally:
            consumer.busy = False

    async def apply_batch(self, consumer: Consumer[Any], records: Sequence[ConsumerRecord]) -> None:
        """Apply raw records and store the dead letters among them, in one transaction."""
        newest: dict[str, tuple[ConsumerRecord, Event]] = {}
        dead: list[tuple[ConsumerRecord, str]] = []
        for record in records:
            try:
                event = decode(consumer.event, record.headers, record.value)
            except MalformedEvent as error:
                dead.append((record, str(error)))
                continue
            earlier = newest.get(event.key)
            if earlier is None or earlier[1].version < event.version:
                newest[event.key] = (record, event)
        with long_running(), self._traces.receiving(consumer.topic.name, records):
            async with self._database.transaction() as conn:
                if newest:
                    dead += await _apply(conn, consumer.apply, list(newest.values()))
                for record, reason in dead:
                    await self._store_dead_letter(conn, record, reason)
        latest = (time.time() + _ALLOWED_SKEW_SECONDS) * 1000
        consumer.future_records += sum(record.timestamp > latest for record in records)

    async def _store_dead_letter(
        self, conn: Connection, record: ConsumerRecord, error: str
    ) -> None:
        log.error(
            "dead_letter",
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            error=error,
        )
        # Without its trace: responses stores none, and the cause is in the error.
        headers = [[_readable(k), _readable(v)] for k, v in record.headers if k != TRACEPARENT]
        await store.insert_dead_letter(conn, record, headers, error, self._clock.now())

    async def replay(self, conn: Connection, dead_letter: int) -> Replay:
        """Apply a dead letter again, after its cause was mended. Raises NotFound."""
        row = await store.lock_dead_letter(conn, dead_letter)
        if row is None:
            raise NotFound(what=dead_letter)
        consumer = next((c for c in self.consumers if c.topic.name == row["topic"]), None)
        if consumer is None:
            raise NotFound(what=row["topic"])
        headers = [(key, value.encode("latin-1")) for key, value in row["headers"]]
        try:
            event = decode(consumer.event, headers, row["value"])
            async with conn.transaction():
                await consumer.apply(conn, [event])
        except Exception as error:
            if is_infrastructure(error):
                raise
            return Replay(id=dead_letter, applied=False, error=_reason(error))
        await store.update_replayed(conn, dead_letter, self._clock.now())
        return Replay(id=dead_letter, applied=True)

    async def watch(self, every: float = 5.0) -> None:
        """Measure lag, and restart a consumer that has records waiting but makes no progress.

        Silent stalls are known in the client library (aiokafka 625, 703, 847, 1037, 1154).
        """
        while True:
            await asyncio.sleep(every)
            for consumer in self.consumers:
                try:
                    consumer.lag = await measure_lag(consumer)
                except (KafkaError, OSError, TimeoutError) as error:
                    log.warning("lag_unknown", topic=consumer.topic.name, error=repr(error))
                    continue
                moment = time.monotonic()
                if consumer.lag == 0 or consumer.busy or not consumer.last_progress:
                    consumer.last_progress = moment
                elif moment - consumer.last_progress > _STALLED_AFTER:
                    log.error("consumer_restarted", topic=consumer.topic.name, lag=consumer.lag)
                    await consumer.subscriber.stop()
                    await consumer.subscriber.start()
                    consumer.last_progress = moment


async def _apply(
    conn: Connection, apply: Apply[Any], batch: list[tuple[ConsumerRecord, Event]]
) -> list[tuple[ConsumerRecord, str]]:
    """Apply the batch by bisection; return the records that cannot be applied, with their error."""
    error: Exception | None = None
    for _ in range(_TRIES if len(batch) == 1 else 1):
        try:
            async with conn.transaction():
                await apply(conn, [event for _, event in batch])
            return []
        except Exception as caught:
            if is_infrastructure(caught):
                raise
            error = caught
    if len(batch) == 1:
        assert error is not None
        return [(batch[0][0], _reason(error))]
    middle = len(batch) // 2
    return [
        *await _apply(conn, apply, batch[:middle]),
        *await _apply(conn, apply, batch[middle:]),
    ]


def _reason(error: Exception) -> str:
    # PostgreSQL's DETAIL line repeats values; the message alone names the constraint.
    return f"{type(error).__name__}: {error.args[0] if error.args else ''}"[:500]


def _readable(part: Any) -> str:
    """A header part as JSON can hold it and give it back byte for byte."""
    if isinstance(part, bytes):
        return part.decode("latin-1")
    return part if isinstance(part, str) else json.dumps(part)


async def measure_lag(consumer: Consumer[Any]) -> int:
    """Number of unapplied records in the partitions assigned to this process.

    Measured by position: aborted records and transaction markers at the end of a partition are
    skipped without ever reaching a handler, so nothing is committed for them and the committed
    offset stays behind for good. While a batch is being applied the position is ahead of it, and
    the committed offset counts. Raises KafkaError, TimeoutError.
    """
    client = consumer.subscriber.consumer
    assigned: list[TopicPartition] = list(client.assignment()) if client else []
    if not assigned:
        return 0
    starts = await client.beginning_offsets(assigned)
    ends = await client.end_offsets(assigned)
    lag = 0
    for partition in assigned:
        # None: nothing committed yet. Records that retention has deleted are no lag.
        applied = max(await client.committed(partition) or 0, starts[partition])
        if not consumer.busy:
            # The client waits for a position without a limit.
            position = await asyncio.wait_for(client.position(partition), _POSITION_SECONDS)
            applied = max(applied, position)
        lag += max(0, ends[partition] - applied)
    return lag
