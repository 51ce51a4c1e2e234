"""Metrics that every service exposes: outbox, consumers, dead letters, clock, disk, backup."""

import math
import time
from collections.abc import Sequence

import asyncpg

from services.runtime.clock import Clock
from services.runtime.messaging import store
from services.runtime.messaging.inbox import Consumer
from services.runtime.observability.metrics import Sample, free_disk_share
from services.runtime.postgres.database import Connection

_STARTED_AT = time.time()


async def outbox_samples(conn: Connection, clock: Clock, *, leads: bool) -> list[Sample]:
    """`leads`: whether this process sends the events."""
    backlog = await store.find_backlog(conn, clock.now())
    return [
        Sample("relay_waiting_events", "events on the outbox", backlog["waiting"]),
        Sample("relay_lag_seconds", "age of the oldest event on the outbox", backlog["age"]),
        Sample("relay_leads", "whether this process sends the events", leads),
    ]


async def machine_samples(conn: Connection, clock: Clock) -> list[Sample]:
    saved_at = await store.find_newest_backup(conn)
    backup_age = (clock.now() - saved_at).total_seconds() if saved_at else math.inf
    # Real time on both machines, whatever the settable clock of a demonstration shows.
    ahead = await conn.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    ahead -= time.time()
    return [
        Sample("clock_skew_seconds", "the database's clock ahead of this machine's", ahead),
        Sample("start_time_seconds", "when this process started", _STARTED_AT),
        Sample("disk_free_share", "part of this machine's disk that is free", free_disk_share()),
        Sample("backup_age_seconds", "age of the database's newest backup", backup_age),
    ]


async def inbox_samples(conn: Connection, consumers: Sequence[Consumer]) -> list[Sample]:  # type: ignore[type-arg]
    samples = []
    lag_help = "records not yet applied"
    future_help = "records dated later than this machine's clock, since start"
    for consumer in consumers:
        labels = {"topic": consumer.topic.name}
        samples.append(Sample("consumer_lag_records", lag_help, consumer.lag, labels))
        samples.append(Sample("records_from_future", future_help, consumer.future_records, labels))
    dead_letters = await store.count_dead_letters(conn)
    return samples + [
        Sample("dead_letters", "records waiting for a person", waiting, {"topic": topic})
        for topic, waiting in dead_letters.items()
    ]


def pool_samples(pool: "asyncpg.Pool[asyncpg.Record]") -> list[Sample]:
    busy = pool.get_size() - pool.get_idle_size()
    description = "connections to the database; one is busy measuring"
    return [
        Sample("database_connections", description, number, {"state": state})
        for state, number in (("busy", busy), ("free", pool.get_max_size() - busy))
    ]
