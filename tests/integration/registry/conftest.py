from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.registry.app import build
from services.registry.settings import RegistrySettings
from services.runtime.service import Service
from tests.support import registry as people
from tests.support.databases import Databases
from tests.support.registry import Registry


@pytest.fixture
async def registry(database: Databases, tmp_path: Path) -> AsyncIterator[Registry]:
    async with people.registry(await database("registry"), tmp_path) as world:
        yield world


@pytest.fixture
async def service(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    for name, value in people.environment("postgresql://unused", 1, tmp_path / "clock").items():
        monkeypatch.setenv(name, value)
    built = build(RegistrySettings())
    built.clock = registry.clock
    built.database = registry.database
    return built


@pytest.fixture
async def browser(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.api)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry.test", headers={"Accept": "text/html"}
    ) as client:
        yield client
