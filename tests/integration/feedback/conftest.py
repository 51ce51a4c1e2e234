from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.feedback import World, facing
from tests.support.servers import PostgresServer


@pytest.fixture
async def world(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[World]:
    async with facing(postgres_server, tmp_path) as feedback_world:
        yield feedback_world
