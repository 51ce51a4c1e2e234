"""Metrics of a service, as Prometheus reads them."""

import math
from datetime import timedelta

import pytest

from deploy.generate.describe import SERVICES, build
from services.runtime.clock import FixedClock
from services.runtime.service import Service
from tests.support.databases import Databases
from tests.support.registry import NOON

pytestmark = pytest.mark.servers


async def figures(service: Service) -> dict[str, float]:
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for sample in await service.collect_metrics()
    }


@pytest.mark.parametrize("name", SERVICES)
async def test_a_database_says_how_old_its_newest_backup_is(name: str, database: Databases) -> None:
    service = build(name)
    service.database = await database(name)
    service.clock = FixedClock(NOON)
    assert (await figures(service))["backup_age_seconds"] == math.inf
    assert b"panel_backup_age_seconds +Inf\n" in await service.metrics()
    await service.database.pool.execute(
        "INSERT INTO backup_made (saved_at) VALUES ($1)", NOON - timedelta(hours=25)
    )
    assert (await figures(service))["backup_age_seconds"] == 25 * 3600


async def test_a_pool_says_how_much_of_it_is_taken_but_not_where_people_answer(
    database: Databases,
) -> None:
    for name in SERVICES:
        service = build(name)
        service.database = await database(name)
        async with service.database.read_only(), service.database.read_only():
            taken = await figures(service)
        if name == "responses":
            assert not [name for name in taken if name.startswith("database_connections")]
        else:
            largest = service.database.pool.get_max_size()
            assert taken["database_connections busy"] == 3
            assert taken["database_connections free"] == largest - 3
