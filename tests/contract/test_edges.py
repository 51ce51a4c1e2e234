"""Public surface of each service: its routes, cross-origin rules and headers (SECURITY.md)."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.generate.describe import SERVICES, build
from tests.contract.edges import addresses, heeded
from tests.contract.faces import openings, pages

MACHINES = {"GET /health/live", "GET /health/ready", "GET /metrics"}
EVERYWHERE = MACHINES | {"GET /static/icon.svg", "GET /static/panel.css"}
# Routes outside the OpenAPI descriptions. A new route is added here, once its callers are decided.
SHOWN = {
    "registry": {
        "GET /leave/{link}",
        "GET /leave/{link}/erasure",
        "POST /leave/{link}",
        "POST /leave/{link}/erasure",
    },
    "campaigns": {
        "GET /invitations/{token}",
        "GET /invitations/{token}/{act}",
        "POST /credentials",
        "POST /invitations/{token}/accept",
        "POST /invitations/{token}/decline",
        "POST /invitations/{token}/leave",
    },
    "responses": {
        "GET /answer/{id}/about.json",
        "GET /answer/{project_id}",
        "GET /answer/{project_id}/documents/{id}",
        "GET /answer/{project_id}/echoes.json",
        "GET /answer/{project_id}/receipts/{receipt}",
        "POST /answer/{project_id}/contributions",
        "GET /attention/{project_id}",
        "GET /attention/{project_id}.json",
        "GET /static/answer/DIGEST/{name}",
    },
    "feedback": {
        "GET /",
        "GET /decisions",
        "GET /decisions/{proposal_id}",
        "GET /feed.atom",
        "GET /figures",
        "GET /follow-up",
        "GET /journal",
        "GET /journal.jsonl",
        "GET /journal/checkpoint",
        "GET /journal/key",
        "GET /open-data",
        "GET /open-data/schema/{name}.json",
        "GET /open-data/{name}.{kind}",
        "GET /projects",
        "GET /projects/{project_id}",
        "GET /projects/{project_id}/report",
        "GET /projects/{project_id}/report/{version}",
        "GET /robots.txt",
        "GET /sitemap.xml",
        "GET /sitemap/{part}.xml",
        "GET /static/account.css",
    },
}
TOOLS = (
    *("/docs", "/redoc", "/openapi.json", "/api", "/api/docs", "/api/openapi.json", "/debug"),
    *("/console", "/admin", "/health", "/.env", "/static/../app.py"),
)
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(service).api)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as client:
        yield client


def test_no_route_is_served_that_is_not_listed(service: str) -> None:
    routes = {re.sub(r"/[0-9a-f]{16}/", "/DIGEST/", f"{m} {p}") for m, p in pages(build(service))}
    assert routes == SHOWN[service] | EVERYWHERE


def test_every_described_operation_requires_a_role(service: str) -> None:
    open_to_all = {label for label, roles in openings(build(service)).items() if not roles}
    assert {label for label in open_to_all if " /api/" in label} == set()


async def test_development_tools_are_not_served(client: httpx.AsyncClient) -> None:
    for path in TOOLS:
        assert (await client.get(path)).status_code == 404, path


async def test_scripts_of_other_origins_are_refused(
    service: str, client: httpx.AsyncClient
) -> None:
    for path, methods in addresses(service).items():
        for method in methods:
            asking = {"Origin": ELSEWHERE, "Access-Control-Request-Method": method}
            answer = await client.options(path, headers=asking)
            assert answer.status_code >= 400, path
            assert "access-control-allow-origin" not in answer.headers, path


async def test_refusals_have_the_same_security_headers(
    service: str, client: httpx.AsyncClient
) -> None:
    """The fuzz test checks the same headers on successful HTTP responses."""
    for path in addresses(service):
        refused = await client.request("PATCH", path, headers={"Origin": ELSEWHERE})
        assert refused.status_code >= 400, path
        assert heeded(refused.headers) == [], path
        assert "access-control-allow-origin" not in refused.headers
