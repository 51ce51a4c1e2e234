"""The servers are started once in a test run, and only if a test asks for them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests import databases, servers, topics
from tests.databases import Databases
from tests.servers import PostgresServer


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with servers.postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.kafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
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
