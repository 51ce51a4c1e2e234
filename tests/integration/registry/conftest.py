from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import registry as people
from tests.support.databases import Databases
from tests.support.registry import Registry


@pytest.fixture
async def registry(database: Databases, tmp_path: Path) -> AsyncIterator[Registry]:
    async with people.registry(await database("registry"), tmp_path) as made:
        yield made
