"""Around every route: so many requests, bodies of a reasonable size, headers browsers heed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from deploy.generate.describe import SERVICES, build
from services.runtime.http.bodies import LARGEST_BODY, BodyLimitMiddleware


@pytest.fixture(params=SERVICES)
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(request.param).api)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        yield client


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


PROXY, OFFICE, HOME = "10.1.2.3", "192.0.2.1", "198.51.100.7"
FEW = {"requests_per_second": 0.05}  # one at once, then one in twenty seconds


@asynccontextmanager
async def asking(
    name: str = "feedback", peer: str = PROXY, **settings: object
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(name, **FEW, **settings).api, client=(peer, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        yield client


async def status(client: httpx.AsyncClient, said_for: str | None = None) -> int:
    headers = {} if said_for is None else {"X-Forwarded-For": said_for}
    return (await client.get("/nowhere", headers=headers)).status_code


@pytest.mark.parametrize("name", SERVICES)
async def test_who_asks_too_often_is_told_when_to_come_back(name: str) -> None:
    async with asking(name) as client:
        assert await status(client) == 404
        for language, sentence in (("fr", "Trop de demandes"), ("en", "Too many requests")):
            refused = await client.get("/nowhere", headers={"Accept-Language": language})
            assert refused.status_code == 429
            assert refused.headers["content-type"] == "application/problem+json"
            assert 0 < int(refused.headers["retry-after"]) <= 20
            assert sentence in refused.json()["detail"]
            assert refused.headers["x-content-type-options"] == "nosniff"
            page = await client.get(
                "/nowhere", headers={"Accept": "text/html", "Accept-Language": language}
            )
            assert page.status_code == 429
            assert sentence in page.text
            assert page.headers["retry-after"]
        assert (await client.get("/health/live")).status_code == 200


async def test_a_trusted_proxy_says_who_asks() -> None:
    async with asking(trusted_proxies="10.0.0.0/8") as client:
        assert await status(client, OFFICE) == 404
        assert await status(client, OFFICE) == 429
        assert await status(client, HOME) == 404


async def test_nobody_else_says_who_asks() -> None:
    for trusted in ("", "10.9.9.9", "172.16.0.0/12"):
        async with asking(trusted_proxies=trusted) as client:
            assert await status(client, OFFICE) == 404
            assert await status(client, HOME) == 429


async def test_what_a_client_put_before_the_proxys_word_is_not_believed() -> None:
    async with asking(trusted_proxies="10.0.0.0/8") as client:
        assert await status(client, f"203.0.113.1, {OFFICE}") == 404
        assert await status(client, f"203.0.113.2, {OFFICE}") == 429


async def test_who_is_kept_to_itself_by_the_proxy_is_not_taken_for_everybody() -> None:
    async with asking("responses", trusted_proxies="10.0.0.0/8") as client:
        assert [await status(client, "unknown") for _ in range(5)] == [404] * 5


async def test_who_cannot_sign_in_is_counted_too() -> None:
    async with asking() as client:
        answers = [await client.get("/api/dead-letters") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 429]
        assert answers[1].headers["retry-after"]


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(body, headers={"x-body": "whole"})(scope, receive, send)


async def test_a_body_that_does_not_come_whole_in_time_is_not_waited_for() -> None:
    limited = BodyLimitMiddleware(reads, [], seconds=0.05)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-length", b"10")],
        "client": (HOME, 1),
    }
    parts: list[Message] = [{"type": "http.request", "body": b"half ", "more_body": True}]
    sent: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0) if parts else await asyncio.Event().wait() and {}

    async def send(message: Message) -> None:
        sent.append(message)

    with pytest.raises(ClientDisconnect):
        await limited(scope, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"arriv" in sent[1]["body"]


async def test_after_a_whole_body_a_handler_may_take_its_time() -> None:
    limited = BodyLimitMiddleware(slow, [], seconds=0.01)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(limited), base_url="http://panel.test"
    ) as client:
        assert (await client.post("/", content=b"whole")).status_code == 204


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    await request.body()
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await receive()
    await Response(status_code=204)(scope, receive, send)
