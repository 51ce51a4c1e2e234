from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import people
from tests.databases import Databases
from tests.people import Registry


@pytest.fixture
async def registry(database: Databases, tmp_path: Path) -> AsyncIterator[Registry]:
    async with people.registry(await database("registry"), tmp_path) as made:
        yield made
