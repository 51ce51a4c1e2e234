"""Composition root: one deployable with database, broker, relay, inbox, hints, HTTP and jobs.

A service's `app.py` only wires: it makes a `Service`, registers consumers, routers, jobs and
metrics, and hands it to `command.main`.
"""

import asyncio
import gc
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog

from services.contracts.topics import produced_by
from services.runtime import runtime_metrics
from services.runtime.http import operations
from services.runtime.http.application import application
from services.runtime.http.hints import HintHub
from services.runtime.http.server import server
from services.runtime.http.staff_tokens import StaffTokens
from services.runtime.messaging import kafka, store
from services.runtime.messaging.inbox import DEAD_LETTER_LIFE, Inbox
from services.runtime.messaging.recovery import Recovery, catch_up
from services.runtime.messaging.relay import Relay, RelayFenced
from services.runtime.observability.certificates import CertificateMetrics
from services.runtime.observability.metrics import RequestMetrics, Sample, exposition
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
from services.runtime.settings import Settings

Job = Callable[[], Awaitable[object]]
CollectMetrics = Callable[[Connection], Awaitable[Iterable[Sample]]]
Republish = Callable[[Connection], Awaitable[dict[str, int]]]

# Together less than the thirty seconds that the container engine allows for a stop.
_CONSUMERS_STOP_SECONDS = 5.0
_TASKS_STOP_SECONDS = 10.0
FATAL = 70  # EX_SOFTWARE

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
        self.broker = kafka.create_broker(settings.kafka())
        self.traces = traces or Traces()
        self.inbox = Inbox(self.broker, self.database, self.clock, name, self.traces)
        self.relay = Relay(self.database, settings.kafka(), name, self.traces)
        self.hints = HintHub(self.database)
        self.request_metrics = RequestMetrics()
        self.unexpected_errors = 0
        self._jobs: list[tuple[str, Job]] = []
        self._metrics: list[CollectMetrics] = []
        self._republish: Republish | None = None
        self._recovery = Recovery()
        self.api = application(
            name,
            [operations.health_router(self), operations.staff_router(self)],
            tokens=StaffTokens(
                settings.issuer,
                settings.audience,
                settings.role_claim(),
                authority=settings.issuer_authority,
            ),
            requests_per_second=settings.requests_per_second,
            trusted_proxies=settings.trusted_proxies,
            traces=self.traces,
            request_metrics=self.request_metrics,
            count_unexpected=self._count_unexpected,
        )
        self._certificates = CertificateMetrics(settings.tls_servers())
        self.every(3600, "delete_old_dead_letters", self._delete_old_dead_letters)
        self.every(3600, "update_certificates", self._certificates.update)

    def every(self, seconds: float, name: str, job: Job) -> None:
        """Run `job` repeatedly with a pause in between; an error is logged, never fatal.

        A database that cannot be reached is no defect of the job, which runs again after the pause.
        """

        async def repeat() -> None:
            while True:
                try:
                    with long_running():
                        await job()
                except (*STALE_STATEMENT_ERRORS, DatabaseUnreachable, ConnectionLost) as error:
                    log.warning("job_interrupted", job=name, error=type(error).__name__)
                except Exception as error:
                    self._count_unexpected()
                    log.error("job_failed", job=name, exc_info=error)
                await asyncio.sleep(seconds)

        self._jobs.append((name, repeat))

    def background(self, name: str, task: Job) -> None:
        """Run `task` for as long as the service lives; its end is the end of the service."""
        self._jobs.append((name, task))

    def allow_large_bodies(self, path: str) -> None:
        """Leave the size of bodies to the routes whose paths match the pattern."""
        self.api.state.large_bodies.append(re.compile(path))

    def exclude_from_telemetry(self, path: str) -> None:
        """Neither trace nor count requests whose paths match the pattern."""
        self.api.state.excluded_from_telemetry.append(re.compile(path))

    def add_metrics(self, collect: CollectMetrics) -> None:
        """Expose the samples that `collect` returns at each scrape."""
        self._metrics.append(collect)

    def on_republish(self, republish: Republish) -> None:
        """`republish` writes the current state of every aggregate to the outbox again."""
        self._republish = republish

    def on_restore(self, recovery: Recovery) -> None:
        """Catch up by `recovery` at a start on a database that was restored from a backup."""
        self._recovery = recovery

    async def republish(self, conn: Connection) -> dict[str, int]:
        """Republish every aggregate, for a lost topic; the number of events by type."""
        return await self._republish(conn) if self._republish else {}

    async def setup(self) -> list[str]:
        """Prepare a start: migrations, then topics with their policies."""
        conn = await self.database.dedicated("setup")
        try:
            applied = await migrations.migrate(conn, migrations.for_service(self.package))
        finally:
            await conn.close()
        await kafka.ensure_topics(
            self.settings.kafka(), produced_by(self.name), self.settings.kafka_replication
        )
        return applied

    @asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Everything but the HTTP server; yields a task that ends only on a fatal error."""
        await self.database.start()
        try:
            await catch_up(self, self.settings.kafka(), self._recovery)
            # A replica that reaches its database again after a restore has a stale state.
            restored = await store.find_newest_restore(self.database.pool)
            self.database.pin_identity(store.queries.find_newest_restore.text, restored)
            await kafka.start_consumers(self.broker)
            tasks: list[tuple[str, Job]] = [
                ("database", self._until_replaced),
                ("relay", self.relay.run),
                ("hints", self.hints.run),
                ("inbox", self.inbox.watch),
                *self._jobs,
            ]

            async def run_all() -> None:
                async with asyncio.TaskGroup() as group:
                    for name, job in tasks:
                        group.create_task(_forever(job), name=f"{self.name}:{name}")

            task = asyncio.create_task(run_all(), name=self.name)
            try:
                yield task
            finally:
                await _within(_CONSUMERS_STOP_SECONDS, "consumers", self.broker.stop())
                task.cancel()
                await _within(_TASKS_STOP_SECONDS, "works", _ended(task))
        finally:
            await self.database.stop()
            await _within(_CONSUMERS_STOP_SECONDS, "traces", self.traces.close())

    async def _until_replaced(self) -> None:
        await self.database.replaced.wait()
        raise DatabaseReplaced("a start catches up with it")

    async def serve(self) -> int:
        """Run until a signal; return the exit status, 70 after a fatal error."""
        settings = self.settings
        http_server = server(self.api, settings.http_host, settings.http_port)
        failed = False
        async with self.running() as tasks:

            def end(task: "asyncio.Task[None]") -> None:
                nonlocal failed
                failed = not task.cancelled()
                http_server.should_exit = True

            tasks.add_done_callback(end)
            gc.freeze()  # these objects stay: no collection needs to traverse them again
            await http_server.serve()
            tasks.remove_done_callback(end)
        if failed:
            error = tasks.exception()
            if not _only_fenced(error):
                log.critical("service_failed", exc_info=error)
        return FATAL if failed else 0

    async def failing_dependencies(self) -> list[str]:
        """Those of database and kafka that do not answer now: the service is not ready."""
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
            errors = "unexpected errors since start"
            samples = [
                *await runtime_metrics.outbox_samples(conn, self.clock, leads=self.relay.leads),
                Sample("unexpected_errors", errors, self.unexpected_errors),
                *await runtime_metrics.machine_samples(conn, self.clock),
                *self._certificates.samples(),
                *await runtime_metrics.inbox_samples(conn, self.inbox.consumers),
            ]
            for collect in self._metrics:
                samples += await collect(conn)
        return samples

    async def connection_metrics(self, _: Connection) -> list[Sample]:
        """Metrics of the pool, for services whose visitors' times are no secret."""
        return runtime_metrics.pool_samples(self.database.pool)

    async def metrics(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return exposition(await self.collect_metrics()) + self.request_metrics.exposition()

    def _count_unexpected(self) -> None:
        self.unexpected_errors += 1

    async def _delete_old_dead_letters(self) -> None:
        async with self.database.transaction() as conn:
            await store.delete_old_dead_letters(conn, self.clock.now() - DEAD_LETTER_LIFE)


async def _ended(task: "asyncio.Task[None]") -> None:
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # retrieved, as `serve` has logged it


async def _within(seconds: float, stage: str, work: Coroutine[Any, Any, object]) -> None:
    """Give one stage of the stop a time limit.

    Libraries may wait for a peer that is gone, and the engine kills a process after its grace
    period.
    """
    task = asyncio.create_task(work)
    _, waiting = await asyncio.wait({task}, timeout=seconds)
    if waiting:
        log.warning("stop_cut_short", stage=stage, seconds=seconds)
        task.cancel()
    elif error := task.exception():
        log.warning("stop_failed", stage=stage, error=type(error).__name__)


async def _forever(job: Job) -> None:
    await job()
    raise RuntimeError("a background task ended")


def _only_fenced(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_only_fenced(member) for member in error.exceptions)
    return isinstance(error, RelayFenced)
