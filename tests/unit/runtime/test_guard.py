"""Around every route: bodies of a reasonable size, and headers that browsers heed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.describe import SERVICES, build
from services.runtime.http import LARGEST_BODY


@pytest.fixture(params=SERVICES)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(request.param).api)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as made:
        yield made


async def chunks() -> AsyncIterator[bytes]:
    yield b"{}"


async def test_every_answer_carries_the_headers(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/nowhere", "/static/panel.css"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers.get_list("cache-control")[0]
        assert len(answer.headers.get_list("cache-control")) == 1


async def test_a_body_that_is_too_large_or_of_unknown_size_is_not_read(
    client: httpx.AsyncClient,
) -> None:
    for content in (b"x" * (LARGEST_BODY + 1), chunks()):
        refused = await client.post("/api/projects", content=content)
        assert refused.status_code == 413
        assert refused.json()["title"] == "BodyTooLarge"
        assert refused.headers["x-content-type-options"] == "nosniff"
    allowed = await client.post("/api/projects", content=b"x" * LARGEST_BODY)
    assert allowed.status_code != 413


async def test_what_is_meant_to_be_large_is_left_to_its_route() -> None:
    for name, path in (
        ("registry", "/api/members/imports"),
        ("responses", "/api/questionnaires/imports"),
    ):
        transport = httpx.ASGITransport(build(name).api)
        async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
            answer = await client.post(path, content=b"x" * (LARGEST_BODY + 1))
            assert answer.status_code in (401, 422)
