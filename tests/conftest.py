"""The servers are started once in a test run, and only if a test asks for them."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests import databases, servers, topics
from tests.databases import Databases
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def servers_directory() -> Iterator[Path]:
    """Not in pytest's own directory: every other run on the machine closes that to other users,
    and the database server runs as one."""
    with tempfile.TemporaryDirectory(prefix="panel-tests-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.fixture(scope="session")
def postgres_server(servers_directory: Path) -> Iterator[PostgresServer]:
    with servers.postgres(servers_directory / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def kafka_bootstrap(servers_directory: Path) -> Iterator[str]:
    with servers.kafka(servers_directory / "kafka") as bootstrap:
        yield bootstrap


@pytest.fixture
async def database(postgres_server: PostgresServer) -> AsyncIterator[Databases]:
    """`await database("registry")` is a started Database, migrated and empty."""
    async with databases.factory(postgres_server) as make:
        yield make


@pytest.fixture
async def kafka(kafka_bootstrap: str) -> str:
    """The broker's address, with every topic of the contract there and empty."""
    await topics.start_afresh(kafka_bootstrap)
    return kafka_bootstrap
