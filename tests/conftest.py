"""The servers are started once in a test run, and only if a test asks for them."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support import databases, servers, topics
from tests.support.databases import Databases
from tests.support.servers import PostgresServer

OF_THE_DEMONSTRATION = {"test_anonymity.py", "test_demo.py"}


class FileByFile(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Two processes share `make test`, each with servers of its own: a file is one's alone, and
    the files that share a demonstration or an installation count as one file."""

    def _split_scope(self, nodeid: str) -> str:
        file, *_ = nodeid.split("::")
        path = Path(file)
        if path.parent.as_posix().endswith("integration/deploy/doctor"):
            return "doctor"
        return "demonstration" if path.name in OF_THE_DEMONSTRATION else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile:
    return FileByFile(config, log)


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
