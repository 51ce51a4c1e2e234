"""Local stack: servers, services, mail catcher and issuer on one machine, as a unit.

Everything is a child of the runner or lives inside it, and ends with it. `stack.json` exists
exactly while the stack can be used.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvicorn
from joserfc.jwk import OKPKey
from starlette.applications import Starlette

from deploy.local import children
from deploy.local.endpoints import (
    SERVICES,
    Endpoints,
    IssuerEndpoint,
    KafkaEndpoint,
    PostgresEndpoint,
    ServiceEndpoint,
    SmtpEndpoint,
)
from deploy.local.errors import (
    HOST,
    DataDir,
    LocalError,
    readable_disk_errors,
    require_python,
    require_room,
)
from deploy.local.issuer import AUDIENCE, LocalIssuer
from deploy.local.kafka import EmbeddedKafka
from deploy.local.keys import Keys, keys_in
from deploy.local.mail_catcher import MailCatcher
from deploy.local.ports import Ports
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.processes import ServiceProcess
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.text import Text

Tell = Callable[[Text], None]

PIDS_READ_EVERY = 1.0
STOP_SETUP_WITHIN = 5.0
MAIL_FROM = "panel@example.org"
JOURNAL_ORIGIN = "panel.example.org/journal"
# Variables that a service inherits from the runner, beside its own PANEL_ settings.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "VIRTUAL_ENV")

_SERVERS = Text(fr="PostgreSQL et Kafka démarrent…", en="Starting PostgreSQL and Kafka…")
_SETUP = Text(fr="Bases de données et sujets Kafka…", en="Preparing databases and Kafka topics…")
_SERVICES = Text(fr="Les services démarrent…", en="Starting the services…")


def silent(_: Text) -> None:
    """For callers that show no progress."""


class Stack:
    def __init__(
        self,
        data_dir: Path,
        report: Tell = silent,
        clock: ClockSetting | None = None,
        *,
        new_ports: bool = False,
        throwaway: bool = False,
    ) -> None:
        """`clock`: setting of the stack's clock; None keeps that of the directory's last run.

        `throwaway`: the data survive a kill but not a power cut, which saves waiting on the disk.
        """
        self.data_dir = data_dir.absolute()
        self._tell = report
        self._clock_setting = clock
        self._new_ports = new_ports
        self._throwaway = throwaway
        self._processes: dict[str, ServiceProcess] = {}
        self._servers: list[tuple[str, int, Path]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Endpoints]:
        """Start the stack, and stop all of it at the end. Raises LocalError.

        Enter it from the main thread: Linux ties the children's lives to the thread.
        """
        require_python()
        async with AsyncExitStack() as undo:
            undo.enter_context(DataDir(self.data_dir))
            undo.enter_context(readable_disk_errors(self.data_dir))
            require_room(self.data_dir)
            ports = Ports(self.data_dir)
            if self._new_ports:
                ports.forget()
            keys = keys_in(self.data_dir)
            clock = SharedClock(self.data_dir / "clock.json")
            clock.change(lambda last: self._clock_setting or last)

            self._tell(_SERVERS)
            postgres = EmbeddedPostgres(
                self.data_dir / "postgres", ports.take("postgres"), fast=self._throwaway
            )
            kafka = EmbeddedKafka(self.data_dir / "kafka", ports.take("kafka"))
            undo.push_async_callback(together, postgres.stop, kafka.stop)
            await together(postgres.start, kafka.start)
            self._servers = [
                ("PostgreSQL", postgres.pid, postgres.log),
                ("Kafka", kafka.pid, kafka.log),
            ]

            journal = self.data_dir / "mail.jsonl"
            catcher = MailCatcher(journal, clock.now, port=ports.take("smtp"))
            undo.push_async_callback(catcher.stop)
            await catcher.start()
            issuer = await undo.enter_async_context(
                _serving_issuer(keys.issuer, ports.take("issuer"))
            )

            urls = {name: f"http://{HOST}:{ports.take(name)}" for name in SERVICES}
            dsns = {name: postgres.dsn(name) for name in SERVICES}
            environments = {
                name: _environment(name, urls, dsns, kafka, catcher, issuer, keys, self.data_dir)
                for name in SERVICES
            }
            self._tell(_SETUP)
            for name in SERVICES:
                await postgres.ensure_database(name)
            await self._setup(environments)

            self._tell(_SERVICES)
            await undo.enter_async_context(self._serving(environments, urls))

            def describe() -> Endpoints:
                return Endpoints(
                    runner_pid=os.getpid(),
                    data_dir=self.data_dir,
                    services={
                        name: ServiceEndpoint(url=urls[name], pid=self._processes[name].pid)
                        for name in SERVICES
                    },
                    kafka=KafkaEndpoint(bootstrap=kafka.bootstrap, pid=kafka.pid),
                    postgres=PostgresEndpoint(pid=postgres.pid, dsns=dsns),
                    smtp=SmtpEndpoint(host=HOST, port=catcher.port),
                    issuer=IssuerEndpoint(url=issuer),
                    mail_journal=journal,
                    clock_file=self.data_dir / "clock.json",
                    logs=self.data_dir / "logs",
                )

            described = describe()
            undo.callback(described.remove)
            described.write()
            keeper = asyncio.create_task(_keep_written(described, describe))
            undo.push_async_callback(_end, keeper)
            yield described

    async def ended(self) -> None:
        """Wait until a server that cannot be restarted is gone. Raises LocalError, never returns.

        Services are restarted by themselves; PostgreSQL and Kafka hold data, so a person looks.
        """
        while True:
            await asyncio.sleep(PIDS_READ_EVERY)
            for name, pid, log in self._servers:
                if not _lives(pid):
                    raise LocalError(
                        Text(
                            fr=f"{name} s'est arrêté de manière inattendue.",
                            en=f"{name} has ended unexpectedly.",
                        ),
                        log,
                    )

    async def _setup(self, environments: dict[str, dict[str, str]]) -> None:
        log = self.data_dir / "logs" / "setup.log"
        log.parent.mkdir(mode=0o700, exist_ok=True)
        child = children.spawn(
            [sys.executable, "-m", "deploy.local.setup"],
            log=log,
            env=_inherited() | {"PANEL_SETUPS": json.dumps(environments)},
        )
        try:
            await children.ended(child)
        finally:
            await children.stop(child, signal.SIGTERM, STOP_SETUP_WITHIN)
        if child.returncode:
            raise LocalError(
                Text(
                    fr="Les bases de données et les sujets Kafka n'ont pas pu être préparés.",
                    en="The services' databases and topics could not be prepared.",
                ),
                log,
            )

    @asynccontextmanager
    async def _serving(
        self, environments: dict[str, dict[str, str]], urls: dict[str, str]
    ) -> AsyncIterator[None]:
        self._processes = {
            name: ServiceProcess(
                name,
                [sys.executable, "-m", f"services.{name}", "serve"],
                _inherited() | environment,
                self.data_dir / "logs" / f"{name}.log",
            )
            for name, environment in environments.items()
        }
        supervisors: list[asyncio.Task[None]] = []
        try:
            for process in self._processes.values():
                process.start()
            await asyncio.gather(
                *(
                    process.wait_ready(f"{urls[name]}/health/ready")
                    for name, process in self._processes.items()
                )
            )
            supervisors += [
                asyncio.create_task(process.supervise()) for process in self._processes.values()
            ]
            yield
        finally:
            await together(*(process.terminate for process in self._processes.values()))
            for supervisor in supervisors:
                await _end(supervisor)


async def together(*steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run all steps concurrently; raises the first failure once all have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            for step in steps:
                group.create_task(step())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _keep_written(endpoints: Endpoints, describe: Callable[[], Endpoints]) -> None:
    """Keep stack.json up to date, as a restarted service has another process id."""
    while True:
        await asyncio.sleep(PIDS_READ_EVERY)
        current = describe()
        if current != endpoints:
            current.write()
            endpoints = current


class _InnerServer(uvicorn.Server):
    """Server that leaves signals to the stack. Adapter of uvicorn's `capture_signals`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _serving_issuer(key: OKPKey, port: int) -> AsyncIterator[str]:
    url = f"http://{HOST}:{port}"
    app: Starlette = LocalIssuer(key, url).app
    listener = socket.create_server((HOST, port))
    server = _InnerServer(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield url
    finally:
        server.should_exit = True
        # Nobody's sign-in is worth waiting for when the stack ends.
        server.force_exit = True
        await serving
        listener.close()


def _lives(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {
        "PYTHONUNBUFFERED": "1"
    }


def _environment(
    name: str,
    urls: dict[str, str],
    dsns: dict[str, str],
    kafka: EmbeddedKafka,
    catcher: MailCatcher,
    issuer: str,
    keys: Keys,
    data_dir: Path,
) -> dict[str, str]:
    """The PANEL_ settings of one service; each gets only the secrets that are its own."""
    common = {
        "PANEL_MODE": "local",
        "PANEL_DATABASE_DSN": dsns[name],
        "PANEL_KAFKA_BOOTSTRAP": kafka.bootstrap,
        "PANEL_HTTP_HOST": HOST,
        "PANEL_HTTP_PORT": urls[name].rsplit(":", 1)[1],
        "PANEL_ISSUER": issuer,
        "PANEL_AUDIENCE": AUDIENCE,
        # Here everybody comes from one address.
        "PANEL_REQUESTS_PER_SECOND": "100000",
        "PANEL_CLOCK_FILE": str(data_dir / "clock.json"),
    }
    settings_of_service = {
        "registry": {
            "PANEL_SMTP_HOST": HOST,
            "PANEL_SMTP_PORT": str(catcher.port),
            "PANEL_MAIL_FROM": MAIL_FROM,
            "PANEL_CONTACT_KEYS": json.dumps([keys.contact]),
            "PANEL_LOOKUP_KEY": keys.lookup,
            "PANEL_LINK_SIGNING_KEY": keys.link_private,
            "PANEL_REGISTRY_URL": urls.get("registry", ""),
            "PANEL_CAMPAIGNS_URL": urls.get("campaigns", ""),
        },
        "campaigns": {
            "PANEL_LINK_PUBLIC_KEYS": json.dumps([json.loads(keys.link_public)]),
            "PANEL_CREDENTIAL_KEYS": json.dumps([keys.credential]),
            "PANEL_RESPONSES_URL": urls.get("responses", ""),
            "PANEL_ALLOCATE_EVERY_SECONDS": "1",
        },
        "responses": {
            "PANEL_CAMPAIGNS_URL": urls.get("campaigns", ""),
            "PANEL_ANSWER_KEYS": json.dumps([keys.answer]),
            "PANEL_OPEN_EVERY_SECONDS": "1",
        },
        "feedback": {
            "PANEL_PUBLIC_URL": urls.get("feedback", ""),
            "PANEL_JOURNAL_KEY": keys.journal_private,
            "PANEL_JOURNAL_ORIGIN": JOURNAL_ORIGIN,
            "PANEL_SIGN_EVERY_SECONDS": "1",
            "PANEL_RESPONSES_URL": urls.get("responses", ""),
        },
    }
    return common | settings_of_service.get(name, {})
