import pytest

from services.runtime.clock import FixedClock
from tests.databases import Databases
from tests.integration.campaigns.world import NOON, World


@pytest.fixture
async def world(database: Databases) -> World:
    return World(await database("campaigns"), FixedClock(NOON))
