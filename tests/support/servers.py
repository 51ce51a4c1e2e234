"""The real servers that the tests run on: embedded by default, containers on request.

`TEST_CONTAINERS=1` chooses testcontainers. Both kinds offer the same two things, so no test knows
which it got.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, cast

import asyncpg

from deploy.local import kafka as local_kafka
from deploy.local import postgres as local_postgres
from deploy.local.errors import HOST, reserve_port

PATIENCE = 90.0

Condition = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class PostgresServer:
    """A server of the test run; each test makes its own databases on it."""

    dsn: Callable[[str], str]

    async def create_database(self, name: str, template: str | None = None) -> None:
        copied = f' TEMPLATE "{template}"' if template else ""
        await self._execute(f'CREATE DATABASE "{name}"{copied}')

    async def drop_database(self, name: str) -> None:
        """Even with sessions open, so that a failed test leaves nothing behind."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def containers_wanted() -> bool:
    return os.environ.get("TEST_CONTAINERS") == "1"


def postgres(directory: Path) -> AbstractContextManager[PostgresServer]:
    return container_postgres() if containers_wanted() else embedded_postgres(directory)


def kafka(directory: Path) -> AbstractContextManager[str]:
    return container_kafka() if containers_wanted() else embedded_kafka(directory)


async def eventually(condition: Condition, description: str, within: float = PATIENCE) -> None:
    """Wait for a condition instead of for a while."""
    deadline = monotonic() + within
    while not await condition():
        if monotonic() > deadline:
            raise AssertionError(f"not within {within:.0f} s: {description}")
        await asyncio.sleep(0.05)


@contextmanager
def embedded_postgres(directory: Path) -> Iterator[PostgresServer]:
    server = local_postgres.EmbeddedPostgres(directory, fast=True)
    asyncio.run(server.start())
    try:
        yield PostgresServer(server.dsn)
    finally:
        asyncio.run(server.stop())


@contextmanager
def embedded_kafka(directory: Path) -> Iterator[str]:
    server = local_kafka.EmbeddedKafka(directory)
    asyncio.run(server.start())
    try:
        yield server.bootstrap
    finally:
        asyncio.run(server.stop())


@contextmanager
def container_postgres() -> Iterator[PostgresServer]:
    def dsn(database: str) -> str:
        return f"postgresql://postgres:test@{HOST}:{port}/{database}"

    port = reserve_port(None)
    environment = {
        "POSTGRES_PASSWORD": "test",
        "POSTGRES_INITDB_ARGS": (
            "--encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8"
        ),
    }
    with _container(
        "postgres:17", 5432, port, environment, "postgres -c max_connections=200"
    ) as up:
        asyncio.run(up(lambda: local_postgres.answers(dsn("postgres"))))
        yield PostgresServer(dsn)


@contextmanager
def container_kafka() -> Iterator[str]:
    port = reserve_port(None)
    bootstrap = f"{HOST}:{port}"
    # One KAFKA_ variable replaces the image's whole configuration: all that a node needs is here.
    environment = {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        # Known before the start, as the port on this side is chosen here.
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{bootstrap}",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    with _container("apache/kafka:4.3.1", 9092, port, environment) as up:
        asyncio.run(up(lambda: local_kafka.answers(bootstrap)))
        yield bootstrap


@contextmanager
def _container(
    image: str, inside: int, outside: int, environment: dict[str, str], command: str | None = None
) -> Iterator[Callable[[Condition], Coroutine[Any, Any, None]]]:
    """A container whose port is published on the loopback only, and a way to wait for it."""
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(image, command=command, env=environment)
    # Docker takes an address and a port; the library's annotation knows of a port only.
    container.ports[f"{inside}/tcp"] = cast(Any, (HOST, outside))

    async def up(answers: Condition) -> None:
        async def answers_or_has_died() -> bool:
            container.reload()
            if container.status == "exited":
                output, errors = container.get_logs()
                raise AssertionError(f"{image} ended: {(output + errors).decode()}")
            return await answers()

        await eventually(answers_or_has_died, image)

    with container:
        yield up
