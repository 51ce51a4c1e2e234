"""Services that the fault tests kill, back up and restore."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy import backup
from deploy.local.errors import reserve_port
from services.runtime.clock import ClockSetting, SharedClock
from tests.support import databases
from tests.support import registry as people
from tests.support.operated_campaigns import OperatedCampaigns
from tests.support.registry import NOON
from tests.support.registry_process import OperatedRegistry, RegistryProcess
from tests.support.servers import PostgresServer


@pytest.fixture
async def operated_registry(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[OperatedRegistry]:
    async with (
        databases.clone(postgres_server, "registry") as (dsn, database),
        people.registry(database, tmp_path) as registry,
    ):
        clock = tmp_path / "clock.json"
        SharedClock(clock).change(lambda _: ClockSetting(stopped_at=NOON))
        port = reserve_port(None)
        environment = people.environment(dsn, registry.catcher.port, clock, kafka, port)
        process = RegistryProcess(environment, tmp_path / "registry.log")
        url, folder = f"http://127.0.0.1:{port}", tmp_path / "backups"
        yield OperatedRegistry(registry, process, url, kafka, dsn, folder, *backup.new_identity())


@pytest.fixture
async def operated_campaigns(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[OperatedCampaigns]:
    async with databases.clone(postgres_server, "campaigns") as (dsn, database):
        # Its own connections would prevent a restore.
        await database.stop()
        yield OperatedCampaigns(dsn, kafka, tmp_path, backup.new_identity())
        await database.start()
