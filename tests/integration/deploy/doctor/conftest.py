"""One installation for all tests of the doctor: its servers take seconds to start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.installation import Installation, installed


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def installation(servers_directory: Path) -> AsyncIterator[Installation]:
    folder = servers_directory / "doctor"
    folder.mkdir()
    async with installed(folder) as installation:
        yield installation
