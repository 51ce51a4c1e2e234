"""One deployable: database, broker, relay, inbox, hints, HTTP and jobs, started and stopped as one.

A service's `app.py` only wires: it makes a `Service`, registers consumers, routers, jobs and
measures, and hands it to `main`.
"""

import argparse
import asyncio
import gc
import json
import math
import re
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiokafka.errors
import asyncpg
import structlog

from services.contracts.topics import produced_by
from services.runtime.event_loop import loop_factory
from services.runtime.http import application as http
from services.runtime.http.hints import HintHub
from services.runtime.http.server import server
from services.runtime.messaging import kafka as broker
from services.runtime.messaging.inbox import DEAD_LETTER_LIFE, Inbox
from services.runtime.messaging.outbox import sql
from services.runtime.messaging.recovery import Recovery, catch_up
from services.runtime.messaging.relay import Relay, RelayFenced
from services.runtime.observability.certificates import CertificateWatch
from services.runtime.observability.disk import free_share
from services.runtime.observability.metrics import Requests, Sample, configure_logs, exposition
from services.runtime.observability.tracing import Traces
from services.runtime.postgres import migrations
from services.runtime.postgres.database import (
    STALE_STATEMENT_ERRORS,
    Connection,
    ConnectionLost,
    Database,
    DatabaseReplaced,
    DatabaseUnreachable,
    long_running,
)
from services.runtime.settings import Settings, WrongSettings, from_environment

Job = Callable[[], Awaitable[object]]
Measure = Callable[[Connection], Awaitable[Iterable[Sample]]]
Republish = Callable[[Connection], Awaitable[dict[str, int]]]
S = TypeVar("S", bound=Settings)

WRONG_SETTINGS = 78
# Together less than the thirty seconds that the engine gives.
_CONSUMERS_STOP_SECONDS = 5.0
_WORKS_STOP_SECONDS = 10.0

log = structlog.get_logger()


class Service:
    def __init__(self, name: str, settings: Settings, traces: Traces | None = None) -> None:
        self.name = name
        self.package = f"services.{name}"
        self.settings = settings
        self.clock = settings.clock()
        self.database = Database(
            settings.database_dsn, f"panel-{name}", settings.database_connections
        )
        self.broker = broker.connect(settings.kafka())
        self.traces = traces or Traces()
        self.inbox = Inbox(self.broker, self.database, self.clock, name, self.traces)
        self.relay = Relay(self.database, settings.kafka(), name, self.traces)
        self.hints = HintHub(self.database)
        self.requests = Requests()
        self.unexpected_errors = 0
        self._started = time.time()
        self._jobs: list[tuple[str, Job]] = []
        self._measures: list[Measure] = []
        self._republish: Republish | None = None
        self._recovery = Recovery()
        self.api = http.application(self)
        self.every(3600, "forget_dead_letters", self._forget_dead_letters)
        self._certificates = CertificateWatch(settings)
        self.every(3600, "look_at_certificates", self._certificates.look)

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Run `job` again and again with a pause in between; an error is logged, never fatal.

        A database that is away is no defect of the job, which comes again after the pause."""

        async def repeat() -> None:
            while True:
                try:
                    with long_running():
                        await job()
                except (*STALE_STATEMENT_ERRORS, DatabaseUnreachable, ConnectionLost) as error:
                    log.warning("job_interrupted", job=name, error=type(error).__name__)
                except Exception as error:
                    self.unexpected_errors += 1
                    log.error("job_failed", job=name, exc_info=error)
                await asyncio.sleep(seconds)

        self._jobs.append((name, repeat))

    def background(self, name: str, task: Job) -> None:
        """Run `task` for as long as the service lives; its end is the end of the service."""
        self._jobs.append((name, task))

    def allow_large_bodies(self, path: str) -> None:
        """At addresses that match, whose routes see to the size themselves."""
        self.api.state.large_bodies.append(re.compile(path))

    def exclude_from_telemetry(self, path: str) -> None:
        """Requests to addresses that match are neither traced nor counted."""
        self.api.state.unwatched.append(re.compile(path))

    def add_metrics(self, measure: Measure) -> None:
        self._measures.append(measure)

    def on_republish(self, republish: Republish) -> None:
        """`republish` re-emits the current state of every aggregate, for a lost topic."""
        self._republish = republish

    def on_restore(self, recovery: Recovery) -> None:
        """What to do at a start on a database that was put back from a backup."""
        self._recovery = recovery

    async def republish(self, conn: Connection) -> dict[str, int]:
        return await self._republish(conn) if self._republish else {}

    async def setup(self) -> list[str]:
        """The admin step before a start: migrations, then topics with their policies."""
        conn = await self.database.dedicated("setup")
        try:
            done = await migrations.migrate(conn, migrations.for_service(self.package))
        finally:
            await conn.close()
        await broker.ensure_topics(
            self.settings.kafka(), produced_by(self.name), self.settings.kafka_replication
        )
        return done

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Everything but the HTTP server; yields a task that ends only on a fatal error."""
        await self.database.start()
        try:
            await catch_up(self, self._recovery)
            # A replica that sees its database again after a restore knows what is no more.
            restored = await self.database.pool.fetchval(sql.newest_restore)
            self.database.stay(sql.newest_restore, restored)
            await self.broker.start()
            works: list[tuple[str, Job]] = [
                ("database", self._until_replaced),
                ("relay", self.relay.run),
                ("hints", self.hints.run),
                ("inbox", self.inbox.watch),
                *self._jobs,
            ]

            async def all_works() -> None:
                async with asyncio.TaskGroup() as group:
                    for name, work in works:
                        group.create_task(_forever(work), name=f"{self.name}:{name}")

            task = asyncio.create_task(all_works(), name=self.name)
            try:
                yield task
            finally:
                await _within(_CONSUMERS_STOP_SECONDS, "consumers", self.broker.stop())
                task.cancel()
                await _within(_WORKS_STOP_SECONDS, "works", _ended(task))
        finally:
            await self.database.stop()
            await _within(_CONSUMERS_STOP_SECONDS, "traces", self.traces.close())

    async def _until_replaced(self) -> None:
        await self.database.replaced.wait()
        raise DatabaseReplaced("a start catches up with it")

    async def serve(self) -> int:
        """Run until told to stop; returns the exit status, 70 when something fatal happened."""
        settings = self.settings
        face = server(self.api, settings.http_host, settings.http_port)
        failed = False
        async with self.running() as works:

            def end(task: "asyncio.Task[None]") -> None:
                nonlocal failed
                failed = not task.cancelled()
                face.should_exit = True

            works.add_done_callback(end)
            gc.freeze()  # what is here now stays: no collection needs to look through it again
            await face.serve()
            works.remove_done_callback(end)
        if failed:
            error = works.exception()
            if not _only_fenced(error):
                log.critical("service_failed", exc_info=error)
        return 70 if failed else 0

    async def failing(self) -> list[str]:
        """What keeps the service from doing its work now: any of database, kafka."""
        failing = []
        try:
            async with asyncio.timeout(2):
                await self.database.pool.fetchval("SELECT 1")
        except (OSError, TimeoutError, RuntimeError, asyncpg.PostgresError, asyncpg.InterfaceError):
            failing.append("database")
        if not await self.broker.ping(timeout=2):
            failing.append("kafka")
        return failing

    async def collect_metrics(self) -> list[Sample]:
        async with self.database.read_only() as conn:
            samples = await self._machinery(conn)
            for measure in self._measures:
                samples += await measure(conn)
        return samples

    async def _machinery(self, conn: Connection) -> list[Sample]:
        backlog = await conn.fetchrow(sql.backlog, self.clock.now())
        assert backlog is not None
        saved_at = await conn.fetchval(sql.last_backup)
        unsaved = (self.clock.now() - saved_at).total_seconds() if saved_at else math.inf
        # Of the machines' own clocks, whatever a demonstration's says.
        ahead = await conn.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
        ahead -= time.time()
        samples = [
            Sample("relay_waiting_events", "events on the outbox", backlog["waiting"]),
            Sample("relay_lag_seconds", "age of the oldest event on the outbox", backlog["age"]),
            Sample("relay_leads", "whether this process sends the events", self.relay.leads),
            Sample("unexpected_errors", "unexpected errors since start", self.unexpected_errors),
            Sample("clock_skew_seconds", "the database's clock ahead of this machine's", ahead),
            Sample("start_time_seconds", "when this process started", self._started),
            Sample("disk_free_share", "part of this machine's disk that is free", free_share()),
            *self._certificates.samples(),
            Sample("backup_age_seconds", "age of the database's newest backup", unsaved),
        ]
        behind = "records not yet applied"
        early = "records dated later than this machine's clock, since start"
        for one in self.inbox.consumers:
            topic = {"topic": one.topic.name}
            samples.append(Sample("consumer_lag_records", behind, one.lag, topic))
            samples.append(Sample("records_from_future", early, one.early, topic))
        buried = "records waiting for a person"
        for row in await conn.fetch(sql.count_dead_letters):
            topic = {"topic": row["topic"]}
            samples.append(Sample("dead_letters", buried, row["waiting"], topic))
        return samples

    async def connection_metrics(self, _: Connection) -> list[Sample]:
        """A measure of the pool, for services whose visitors' times are no secret."""
        pool = self.database.pool
        busy = pool.get_size() - pool.get_idle_size()
        of_pool = "connections to the database; one is busy measuring"
        return [
            Sample("database_connections", of_pool, number, {"state": state})
            for state, number in (("busy", busy), ("free", pool.get_max_size() - busy))
        ]

    async def metrics(self) -> bytes:
        """What Prometheus reads."""
        return exposition(await self.collect_metrics()) + self.requests.exposition()

    async def _forget_dead_letters(self) -> None:
        async with self.database.transaction() as conn:
            await conn.execute(sql.forget_dead_letters, self.clock.now() - DEAD_LETTER_LIFE)


async def _ended(task: "asyncio.Task[None]") -> None:
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # whoever waited for it was told


async def _within(seconds: float, what: str, work: Coroutine[Any, Any, object]) -> None:
    """Wait for one stage of a stop no longer than this: libraries may wait for a peer that is gone,
    and the engine kills what has not ended by its grace period."""
    stage = asyncio.create_task(work)
    _, waiting = await asyncio.wait({stage}, timeout=seconds)
    if waiting:
        log.warning("stop_cut_short", stage=what, seconds=seconds)
        stage.cancel()
    elif error := stage.exception():
        log.warning("stop_failed", stage=what, error=type(error).__name__)


async def _forever(work: Job) -> None:
    await work()
    raise RuntimeError("a background task ended")


def _only_fenced(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_only_fenced(one) for one in error.exceptions)
    return isinstance(error, RelayFenced)


def main(name: str, model: type[S], build: Callable[[S], Service]) -> None:
    """The command of a service: `setup` prepares database and topics, `serve` runs it.

    Wrong settings end it with 78 (EX_CONFIG) and a sentence for each variable.
    """
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}")
    parser.add_argument("command", choices=["setup", "serve", "openapi"])
    command = parser.parse_args().command
    try:
        settings = from_environment(model)
    except WrongSettings as refusal:
        print(*refusal.details("en"), sep="\n", file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    configure_logs(name, settings.log_level)
    service = build(settings)
    if command == "openapi":
        json.dump(service.api.openapi(), sys.stdout, indent=2, sort_keys=True)
        return
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        sys.exit(runner.run(_run(service, command)))


async def _run(service: Service, command: str) -> int:
    try:
        if command == "setup":
            log.info("setup_done", migrations=await service.setup())
            return 0
        return await service.serve()
    except (
        OSError,
        aiokafka.errors.KafkaError,
        asyncpg.PostgresError,
        migrations.MigrationConflict,
    ) as error:
        log.critical("cannot_start", error=f"{type(error).__name__}: {error}")
        return 69
