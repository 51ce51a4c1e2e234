"""The proxy alone, in front of stand-in services that echo each request."""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.edges import heeded
from tests.deploy.compose import DOMAIN, ROOT, SERVICES, engine_answers, until
from tests.support.running import free_port

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not engine_answers(), reason="no container engine answers"),
]

SITES = {"members": "registry", "projects": "campaigns", "answers": "responses"}
# Headers that a service may set on its own responses; the proxy sets them on all others.
OWN = (
    *("X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy"),
    *("Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"),
    "Cache-Control",
)
REPEATS = (
    f"OWN = {OWN}"
    + """
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
class Repeats(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/away"):
            return
        self.send_response(200)
        if self.path == "/outspoken":
            for name in OWN:
                self.send_header(name, "own")
        self.end_headers()
        self.wfile.write(json.dumps(dict(self.headers)).encode())
    def log_message(self, *_): pass
ThreadingHTTPServer(("", 8000), Repeats).serve_forever()
"""
)
INSIDE = (
    *("/metrics", "/metrics/", "//metrics", "/x/../metrics", "/%6detrics", "/metrics%2f"),
    *("/health", "/health/live", "/health/ready", "/./health//ready", "/metrics?x=1"),
)
ACCEPT = ("text/html", "application/json")
FORGED = {"X-Forwarded-For": "203.0.113.99", "X-Real-IP": "203.0.113.99", "Forwarded": "for=x"}


def docker(*arguments: str) -> str:
    command = ("docker", *arguments)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{arguments}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout.strip()


@dataclass
class Proxy:
    name: str
    port: int
    trusted: ssl.SSLContext

    def client(self) -> httpx.Client:
        return httpx.Client(verify=self.trusted, trust_env=False, timeout=20)

    def get(
        self, client: httpx.Client, site: str, path: str = "/", body: bytes = b"", **headers: str
    ) -> httpx.Response:
        name = f"{site}.{DOMAIN}"
        return client.request(
            "GET",
            f"https://127.0.0.1:{self.port}{path}",
            headers={"Host": name} | headers,
            content=body,
            extensions={"sni_hostname": name},
        )

    def received(self, client: httpx.Client, site: str, **headers: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(client, site, "/", b"", **headers).json()
        return answer

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return self.get(client, "members").status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    secrets: Path = tmp_path_factory.mktemp("secrets")
    subprocess.run(
        [sys.executable, "-m", "deploy.bootstrap", str(secrets), DOMAIN],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    name, port = f"panel-proxy-test-{uuid4().hex[:6]}", free_port()
    docker("build", "-q", "-t", name, "deploy/proxy")
    docker("network", "create", name)
    try:
        aliases = [word for service in SERVICES for word in ("--network-alias", service)]
        docker(
            *("run", "-d", "--rm", "--name", f"{name}-services", "--network", name, *aliases),
            *("python:3.13-slim", "python", "-c", REPEATS),
        )
        docker(
            *("run", "-d", "--rm", "--name", name, "--network", name, "--user", "0:0"),
            *("-p", f"127.0.0.1:{port}:8443", "-e", f"PANEL_DOMAIN={DOMAIN}"),
            *("-v", f"{secrets / 'proxy'}:/keys:ro", name),
        )
        authority = secrets / "authority" / "authority"
        proxy = Proxy(name, port, ssl.create_default_context(cafile=authority))
        until(proxy.answers, "the proxy answers", within=30)
        yield proxy
    finally:
        for container in (name, f"{name}-services"):
            subprocess.run(["docker", "rm", "-f", container], capture_output=True, check=False)
        docker("network", "rm", name)
        docker("image", "rm", name)


def test_services_are_told_who_asks_by_the_proxy_and_by_nobody_else(proxy: Proxy) -> None:
    with proxy.client() as client:
        for site in ("members", "projects", "account"):
            received = proxy.received(client, site, **FORGED)
            assert "203.0.113.99" not in json.dumps(received)
            assert received["X-Forwarded-For"].count(".") == 3
            assert received["X-Forwarded-Proto"] == "https"
            assert received["Host"] == f"{site}.{DOMAIN}"


def test_responses_is_never_told_who_asks(proxy: Proxy) -> None:
    with proxy.client() as client:
        address = proxy.received(client, "members")["X-Forwarded-For"]
        received = proxy.received(client, "answers", **FORGED)
        assert received["X-Forwarded-For"] == "unknown"
        assert address not in json.dumps(received)
        assert "203.0.113.99" not in json.dumps(received)


@pytest.mark.parametrize("site", ["members", "projects", "answers", "account"])
@pytest.mark.parametrize("path", INSIDE)
def test_nothing_for_the_machine_is_shown_however_it_is_spelt(
    proxy: Proxy, site: str, path: str
) -> None:
    with proxy.client() as client:
        answer = proxy.get(client, site, path)
        assert answer.status_code == 404
        assert heeded(answer.headers) == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"path": "/away"}, 502),
        ({"Host": f"nobody.{DOMAIN}"}, 421),
        ({"body": bytes(26 << 20)}, 413),
        ({"Long": "x" * 9000}, 400),
    ],
    ids=["silent", "away", "nobody", "large body", "large head"],
)
def test_the_proxys_own_answers_say_to_browsers_what_services_do(
    proxy: Proxy, sent: dict[str, Any], status: int
) -> None:
    with proxy.client() as client:
        answer = proxy.get(client, "members", **sent)
        assert answer.status_code == status
        assert heeded(answer.headers) == []
        assert "max-age" in answer.headers["strict-transport-security"]


def test_what_a_service_says_to_browsers_is_passed_on_and_not_said_twice(proxy: Proxy) -> None:
    with proxy.client() as client:
        answer = proxy.get(client, "members", "/outspoken")
        for name in OWN:
            assert answer.headers.get_list(name) == ["own"], name


@pytest.mark.parametrize(
    ("sent", "status", "sentences"),
    [
        ({"path": "/away"}, 502, ("ne répond pas", "does not answer")),
        ({"path": "/metrics"}, 404, ("n’existe pas", "does not exist")),
        ({"Host": f"nobody.{DOMAIN}"}, 421, ("Aucun site", "No site")),
        ({"body": bytes(26 << 20)}, 413, ("trop grand", "Too much")),
        ({"Long": "x" * 9000}, 400, ("forme attendue", "right form")),
    ],
    ids=["away", "of the machine", "nobody", "large body", "large head"],
)
def test_the_proxys_own_refusals_are_pages_to_browsers_and_problems_to_programs(
    proxy: Proxy, sent: dict[str, Any], status: int, sentences: tuple[str, str]
) -> None:
    with proxy.client() as client:
        page = proxy.get(client, "members", Accept="text/html,*/*;q=0.8", **sent)
        problem = proxy.get(client, "members", Accept="application/json", **sent)
        api = proxy.get(
            client,
            "members",
            **sent | {"path": "/api" + sent.get("path", "/"), "Accept": "text/html"},
        )
    assert {page.status_code, problem.status_code} == {status}
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for answer in [problem] if status == 404 else [problem, api]:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
    for sentence in sentences:
        assert sentence in page.text
        assert sentence in problem.text
    assert page.headers.get("retry-after") == ("5" if status == 502 else None)


def test_floods_are_told_to_wait_in_both_languages_and_nothing_is_written_down(
    proxy: Proxy,
) -> None:
    def flood(_: int) -> list[httpx.Response]:
        with proxy.client() as client:
            return [proxy.get(client, "answers", Accept=ACCEPT[n % 2]) for n in range(300)]

    with ThreadPoolExecutor(8) as pool:
        answers = [answer for batch in pool.map(flood, range(8)) for answer in batch]
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = [answer for answer in answers if answer.status_code == 429]
    for answer in refused:
        assert answer.headers["retry-after"] == "10"
        assert "Trop de demandes" in answer.text
        assert "Too many requests" in answer.text
        assert "max-age" in answer.headers["strict-transport-security"]
        assert heeded(answer.headers) == []
    problems = [a for a in refused if a.headers["content-type"].startswith("application/problem")]
    assert problems
    assert problems[0].json()["status"] == 429
    logs = subprocess.run(["docker", "logs", proxy.name], capture_output=True, check=True)
    assert logs.stdout + logs.stderr == b""
