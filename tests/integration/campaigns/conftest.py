import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from services.campaigns.app import build
from services.campaigns.settings import CampaignsSettings
from services.runtime.clock import ClockSetting, FixedClock, SharedClock
from tests.support import databases
from tests.support.campaigns import CREDENTIAL_KEYS, NOON, World
from tests.support.campaigns_site import ANSWERS, Site
from tests.support.databases import Databases
from tests.support.servers import PostgresServer


@pytest.fixture
async def world(database: Databases) -> World:
    return World(await database("campaigns"), FixedClock(NOON))


@pytest.fixture
async def site(postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Site]:
    key = OKPKey.generate_key("Ed25519")
    clock = SharedClock(tmp_path / "clock.json")
    clock.change(lambda _: ClockSetting(stopped_at=NOON))
    async with databases.clone(postgres_server, "campaigns") as (dsn, _):
        service = build(
            CampaignsSettings(
                mode="local",
                database_dsn=dsn,
                kafka_bootstrap="unused:9092",
                http_port=1,
                issuer="http://unused",
                clock_file=tmp_path / "clock.json",
                link_public_keys=json.dumps([key.as_dict(private=False)]),
                credential_keys=CREDENTIAL_KEYS,
                responses_url=ANSWERS,
            )
        )
        await service.database.start()
        transport = httpx.ASGITransport(service.api)
        async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
            yield Site(World(service.database, service.clock), key, client, service.api)
        await service.database.stop()
