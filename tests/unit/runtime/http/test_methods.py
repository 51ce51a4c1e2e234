"""HEAD answers as GET does on every page and link; OPTIONS says which methods an address allows.

Mail scanners send both to each link of a message, and take a refusal for a dead link.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import NoReturn

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from deploy.generate.describe import SERVICES, build
from services.runtime.http.errors import Busy
from services.runtime.http.methods import HeadMiddleware
from services.runtime.postgres.database import Database
from tests.contract.faces import pages

SOME_ID = "6f1c1d6e-7c54-4a3e-9a3f-0d8f4d3b2a10"
FOR_MACHINES = ("/health", "/metrics")
PREFLIGHT = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(service: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    def busy(_: Database) -> NoReturn:
        raise Busy

    monkeypatch.setattr(Database, "connection", busy)
    transport = httpx.ASGITransport(build(service).api)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        yield client


def example(parameter: re.Match[str]) -> str:
    return "1" if parameter[1] in ("part", "version") else SOME_ID


def addresses(service: str) -> dict[str, set[str]]:
    methods: dict[str, set[str]] = {}
    for method, path in pages(build(service)):
        methods.setdefault(re.sub(r"{(\w+)}", example, path), set()).add(method)
    return methods


async def test_head_answers_as_get_on_every_page(service: str, client: httpx.AsyncClient) -> None:
    for path, methods in addresses(service).items():
        if "GET" not in methods or path.startswith(FOR_MACHINES):
            continue
        get, head = await client.get(path), await client.head(path)
        assert head.status_code == get.status_code != 405, path
        assert head.content == b"", path
        names = {"content-type", "content-length", "content-security-policy", "location"}
        for name in names & set(get.headers) if get.is_success else ():
            assert head.headers[name] == get.headers[name], (path, name)


async def test_options_names_all_methods_of_an_address(
    service: str, client: httpx.AsyncClient
) -> None:
    for path, methods in addresses(service).items():
        response = await client.options(path)
        assert response.status_code == 204, path
        head = {"HEAD"} if "GET" in methods else set()
        # An address with a parameter in its last part may share others' methods.
        assert set(response.headers["allow"].split(", ")) >= methods | head | {"OPTIONS"}, path
        assert (await client.options(path, headers=PREFLIGHT)).status_code >= 400, path
        assert (await client.options(path + "/nowhere/at/all")).status_code == 404, path


async def test_head_of_a_download_does_not_produce_it() -> None:
    produced: list[int] = []
    app = FastAPI()
    app.add_middleware(HeadMiddleware)

    @app.get("/rows")
    async def rows() -> StreamingResponse:
        async def many() -> AsyncIterator[bytes]:
            for number in range(1000):
                produced.append(number)
                yield b"row\n"
                await asyncio.sleep(0)

        return StreamingResponse(many(), media_type="text/csv")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        response = await client.head("/rows")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/csv")
    assert response.content == b""
    assert len(produced) < 10
