"""How long answers take is measured by route; of answering and credentials, not even how often."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.generate.describe import SERVICES, build
from services.runtime.service import Service

Series = tuple[str, str, str]


@asynccontextmanager
async def facing(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        yield client


def counted(service: Service) -> dict[Series, int]:
    [family] = text_string_to_metric_families(service.request_metrics.exposition().decode())
    return {
        (sample.labels["route"], sample.labels["method"], sample.labels["status"]): int(
            sample.value
        )
        for sample in family.samples
        if sample.name.endswith("_count")
    }


async def test_requests_are_counted_by_their_route_whatever_they_ask_for() -> None:
    service = build("campaigns")
    async with facing(service) as client:
        await client.get("/health/live")
        for name in ("zoe", "ali"):
            await client.post(f"/api/projects/{name}/publish?secret=1")
        # Nothing of the service was started, its database neither.
        await client.get("/invitations/overheard")
        await client.get("/nowhere/zoe")
        await client.request("ZOE", "/health/live")
    assert counted(service) == {
        ("/health/live", "GET", "2xx"): 1,
        ("/api/projects/{id}/publish", "POST", "4xx"): 2,
        ("/invitations/{token}", "GET", "5xx"): 1,
        ("?", "GET", "4xx"): 1,
        ("/health/live", "_OTHER", "4xx"): 1,
    }


async def test_plain_routes_are_counted_too() -> None:
    service = build("feedback")
    async with facing(service) as client:
        await client.get("/robots.txt")
    assert counted(service) == {("/robots.txt", "GET", "2xx"): 1}


async def test_answering_and_fetching_a_credential_are_not_counted() -> None:
    responses, campaigns = build("responses"), build("campaigns")
    project = "0193e0f4-0000-7000-8000-000000000000"
    async with facing(responses) as client:
        await client.get(f"/answer/{project}")
        await client.post(f"/answer/{project}/contributions", json={})
        for part in ("/static/panel.css", "/static/answer/x/answer.js", "/apis", "/nowhere"):
            await client.get(part)
        await client.get("/api/nowhere")
        await client.get("/health/live")
    async with facing(campaigns) as client:
        await client.post("/credentials", json={})
        await client.options("/credentials", headers={"Origin": "https://answers.example"})
    assert counted(responses) == {("?", "GET", "4xx"): 1, ("/health/live", "GET", "2xx"): 1}
    assert not counted(campaigns)


async def test_no_series_says_when_it_was_first_counted() -> None:
    for name in SERVICES:
        service = build(name)
        async with facing(service) as client:
            await client.get("/health/live")
        assert "_created" not in service.request_metrics.exposition().decode()
