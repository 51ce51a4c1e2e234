"""The service of responses, alone, for the privacy tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.responses import World, facing
from tests.support.servers import PostgresServer


@pytest.fixture
async def panel(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[World]:
    async with facing(postgres_server, tmp_path) as world:
        yield world
