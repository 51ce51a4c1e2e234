"""What each service shows to the outside: these addresses, to no other site's scripts, and with the
headers that browsers heed (SECURITY.md)."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from deploy.generate.describe import SERVICES, build
from tests.contract.edges import heeded
from tests.contract.faces import openings, pages

MACHINES = {"GET /health/live", "GET /health/ready", "GET /metrics"}
EVERYWHERE = MACHINES | {"GET /static/icon.svg", "GET /static/panel.css"}
# Beside what is described. Whoever adds an address says so here, and thinks about who may ask it.
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


def addresses(service: str) -> dict[str, set[str]]:
    """Address → methods, of everything that is served."""
    built = build(service)
    found: dict[str, set[str]] = {}
    labels = {f"{method} {path}" for method, path in pages(built)} | set(openings(built))
    for label in labels:
        method, _, path = label.partition(" ")
        found.setdefault(re.sub(r"{\w+}", str(uuid4()), path), set()).add(method)
    return found


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def client(service: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(build(service).api)
    async with httpx.AsyncClient(transport=transport, base_url="http://panel.test") as made:
        yield made


def test_nothing_is_served_that_nobody_has_named(service: str) -> None:
    shown = {re.sub(r"/[0-9a-f]{16}/", "/DIGEST/", f"{m} {p}") for m, p in pages(build(service))}
    assert shown == SHOWN[service] | EVERYWHERE


def test_whatever_is_described_is_for_staff_by_their_roles(service: str) -> None:
    open_to_all = {label for label, roles in openings(build(service)).items() if not roles}
    assert {label for label in open_to_all if " /api/" in label} == set()


async def test_there_are_no_tools_of_the_workshop(client: httpx.AsyncClient) -> None:
    for path in TOOLS:
        assert (await client.get(path)).status_code == 404, path


async def test_no_other_sites_scripts_may_ask(service: str, client: httpx.AsyncClient) -> None:
    for path, methods in addresses(service).items():
        for method in methods:
            asking = {"Origin": ELSEWHERE, "Access-Control-Request-Method": method}
            answer = await client.options(path, headers=asking)
            assert answer.status_code >= 400, path
            assert "access-control-allow-origin" not in answer.headers, path


async def test_refusals_are_told_to_browsers_as_answers_are(
    service: str, client: httpx.AsyncClient
) -> None:
    """Of answers themselves, the test of what is described asks the same."""
    for path in addresses(service):
        refused = await client.request("PATCH", path, headers={"Origin": ELSEWHERE})
        assert refused.status_code >= 400, path
        assert heeded(refused.headers) == [], path
        assert "access-control-allow-origin" not in refused.headers
