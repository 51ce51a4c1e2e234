"""Fuzz test: every operation conforms to its description, under any request of any role.

To try one again: `pytest tests/contract/test_openapi_fuzz.py -k "OPERATION"`. Examples are the same
in every run; a failure shows the smallest request that it could find, as a curl command.
"""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from copy import copy
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.generate.describe import SERVICES, build
from services.campaigns.credentials import api as credentials
from services.contracts.http.common import Role
from tests.contract.edges import heeded
from tests.contract.faces import Face, Known, face, openings, pages
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.servers

EXAMPLES = 15
# Slow: each generates a key, or cleans a file in a process of its own.
FEWER = {
    "POST /api/projects/{id}/publish": 6,
    "POST /api/collections/{project_id}/documents": 10,
    "POST /api/questionnaires/imports": 10,
}
PATIENCE = 20
BERNARD = "M. Bernard"


def browsers_are_told(_: Any, answer: Any, case: Any) -> None:
    headers = httpx.Headers(
        {name: description for name, (description, *_) in answer.headers.items()}
    )
    assert heeded(headers) == []
    assert ANYBODYS_SCRIPTS not in headers


CHECKED = [
    browsers_are_told,
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
T = TypeVar("T")


@cache
def described(service: str) -> Any:
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    return schemathesis.openapi.from_dict(build(service).api.openapi(), config=config)


def operations(service: str) -> dict[str, Any]:
    return {
        operation.ok().label: operation.ok()
        for operation in described(service).get_all_operations()
    }


EVERY = [(service, label) for service in SERVICES for label in operations(service)]
# A stream never ends: a test below closes it after its first event.
STREAMS = {"GET /api/hints"}
FUZZED = [(service, label) for service, label in EVERY if label not in STREAMS]


def free_texts(service: str, label: str) -> list[str]:
    """Path parameters of an operation that take any text."""
    paths = described(service).raw_schema["paths"]
    method, _, path = label.partition(" ")
    taken = []
    for parameter in paths[path][method.lower()].get("parameters", []):
        schema = parameter["schema"]
        for form in schema.get("anyOf", [schema]):
            if form.get("type") == "string" and not {"format", "enum", "pattern"} & set(form):
                taken.append(parameter["name"])
    return [name for name in taken if f"{{{name}}}" not in path]


FILTERED = [(service, label) for service, label in FUZZED if free_texts(service, label)]
# Authorised by the signed link in its body, not by a token.
OPEN_TO_ALL = {"POST /credentials"}
LARGEST_OPEN_TO_ALL = credentials.LARGEST_BODY_BYTES
TAKING_JSON = [
    (service, label)
    for service, label in EVERY
    if any(body.media_type == "application/json" for body in operations(service)[label].body)
]
BAD_TOKENS = [
    None,
    "",
    "Bearer",
    "Bearer x",
    "Bearer a.b.c",
    "Bearer e30.e30.",
    "Bearer W10.W10.W10",
    "Bearer bnVsbA.bnVsbA.bnVsbA",
    "Bearer eyJhbGciOiJub25lIn0.e30.",
    "Basic YTpi",
]
UNREADABLE = [
    b"",
    b"{",
    b"\xff\xfe",
    b'"\xed\xa0\x80"',
    b"[" * 100_000,
    b"9" * 5_000,
    b"NaN",
    b'{"\\ud800": "\\udfff"}',
]
ODD = [
    "9" * 25,
    "9" * 5_000,
    "-1",
    "%ED%A0%80",
    "%C3%A9'%22%3C%3E",
    "..%2F..",
    "W10.W10.W10",
    "eyJhbGciOiJFZDI1NTE5In0.W10.AAAA",
]
# Texts for searches and filters.
SOUGHT = [
    "-" * 50,
    '-"' * 30,
    '"' * 33,
    "\t\r\n",
    "%_\\*[(",
    "\ud7ff\ufffe\U0010ffff",
    "le la les",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{COMBINING ACUTE ACCENT}" * 50,
    "x" * 5_000,
]
PROBLEM = "application/problem+json"
ELSEWHERE = "https://elsewhere.example"
ANYBODYS_SCRIPTS = "access-control-allow-origin"
# Published data of feedback is open, for anybody to verify.
OPEN_DATA = re.compile(r"GET /(open-data/.+|journal\.jsonl|journal/(checkpoint|key))")


class Running:
    """A service in a thread of its own, as schemathesis blocks."""

    def __init__(self, name: str, server: PostgresServer) -> None:
        self._stack = AsyncExitStack()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        folder = self._stack.enter_context(TemporaryDirectory(prefix="panel-fuzz-"))
        self.face: Face = self.wait(
            self._stack.enter_async_context(face(name, server, Path(folder)))
        )
        self.roles = openings(self.face.service)
        self.session = requests.Session()
        self.client = httpx.Client(base_url=self.face.url, timeout=PATIENCE)

    def ask(
        self, label: str, values: Known, role: Role | None = None, **more: Any
    ) -> httpx.Response:
        method, _, path = label.partition(" ")
        options = {"params": values.query, "headers": self.signed_in(role)} | more
        return self.client.request(method, path.format(**values.path), **options)

    def signed_in(self, role: Role | None) -> dict[str, str]:
        return self.face.issuer.headers(role, name=BERNARD) if role else {}

    def known(self, label: str) -> list[Known]:
        sown = self.wait(self.face.sown())
        knowns = sown.get(label) or sown.get(label.partition(" ")[2]) or Known()
        return knowns if isinstance(knowns, list) else [knowns]

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        self.session.close()
        self.client.close()
        self.wait(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


Start = Callable[[str], Running]


@pytest.fixture(scope="module")
def start(postgres_server: PostgresServer) -> Iterator[Start]:
    started: dict[str, Running] = {}

    def start(name: str) -> Running:
        if name not in started:
            started[name] = Running(name, postgres_server)
        return started[name]

    try:
        yield start
    finally:
        for runner in started.values():
            runner.stop()


@st.composite
def cases(draw: st.DrawFn, operation: Any, candidates: list[Known]) -> Any:
    """Valid requests about existing data, the same with one change, and requests that the
    description allows or forbids."""
    modes = [GenerationMode.POSITIVE]
    if operation.body or any(True for _ in operation.iter_parameters()):
        modes.append(GenerationMode.NEGATIVE)
    case = draw(st.one_of(*(operation.as_strategy(mode) for mode in modes)))
    if not candidates:
        return case
    chosen = draw(st.sampled_from(candidates))
    match draw(st.sampled_from(["as it is", "address", "mixed", "unknown"])):
        case "as it is":
            case.path_parameters = dict(chosen.path)
            case.query = dict(chosen.query)
            case.body = chosen.body if chosen.body is not None else case.body
        case "address":
            case.path_parameters = dict(chosen.path)
        case "mixed":
            case.path_parameters = dict(chosen.path)
            case.query = dict(chosen.query) | dict(case.query or {})
            if isinstance(chosen.body, dict) and isinstance(case.body, dict) and case.body:
                changed = draw(st.sampled_from(sorted(case.body)))
                case.body = chosen.body | {changed: case.body[changed]}
    return case


@pytest.mark.parametrize(("service", "label"), FUZZED)
def test_an_operation_conforms_to_its_description(start: Start, service: str, label: str) -> None:
    running = start(service)
    roles = sorted(running.roles[label])
    reached: set[int] = set()

    @settings(
        max_examples=FEWER.get(label, EXAMPLES),
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=cases(operations(service)[label], running.known(label)),
        role=st.sampled_from(roles) if roles else st.none(),
    )
    def examine(case: Any, role: Role | None) -> None:
        answer = case.call_and_validate(
            base_url=running.face.url,
            session=running.session,
            headers=running.signed_in(role) | {"Origin": ELSEWHERE},
            checks=CHECKED,
            timeout=PATIENCE,
        )
        reached.add(answer.status_code)

    examine()
    assert any(200 <= status < 300 for status in reached), f"only {reached}: it was hardly tried"


@pytest.mark.parametrize(("service", "label"), EVERY)
def test_an_operation_is_restricted_to_its_roles(start: Start, service: str, label: str) -> None:
    running = start(service)
    opening = running.roles[label]
    if label in OPEN_TO_ALL:
        assert not opening
        return
    nowhere = somewhere(label)
    for token in BAD_TOKENS:
        header = {"Authorization": token} if token else {}
        refused = running.ask(label, nowhere, headers=header)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer"), token
        assert refused.headers["Content-Type"] == PROBLEM
    for role in set(Role) - opening:
        refused = running.ask(label, nowhere, role)
        assert (refused.status_code, refused.headers["Content-Type"]) == (403, PROBLEM), role
        assert refused.json()["way_out"]


@pytest.mark.parametrize("service", SERVICES)
def test_another_method_is_refused_with_the_allowed_ones(start: Start, service: str) -> None:
    running = start(service)
    paths: dict[str, set[str]] = {}
    for label in operations(service):
        method, _, path = label.partition(" ")
        paths.setdefault(path, set()).add(method)
    for path, methods in paths.items():
        for other in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
            label = f"{other} {path}"
            refused = running.ask(label, somewhere(label), Role.OPERATIONS)
            assert (refused.status_code, refused.headers["Content-Type"]) == (405, PROBLEM), path
            allowed = set(refused.headers["Allow"].split(", "))
            assert methods <= allowed <= methods | {"OPTIONS"}, path


@pytest.mark.parametrize("service", SERVICES)
def test_hints_stream_to_every_role(start: Start, service: str) -> None:
    running = start(service)
    for role in Role:
        headers = running.signed_in(role)
        with running.client.stream("GET", "/api/hints", headers=headers) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert next(stream.iter_lines()) == 'data: [{"kind": "everything"}]'


@pytest.mark.parametrize(("service", "label"), TAKING_JSON)
def test_an_unreadable_body_is_refused_with_a_sentence(
    start: Start, service: str, label: str
) -> None:
    running = start(service)
    role = min(running.roles[label], default=None)
    values = running.known(label)[0]
    headers = running.signed_in(role) | {
        "Content-Type": "application/json",
        "Accept-Language": "en",
    }
    for body in UNREADABLE:
        refused = running.ask(label, values, role, content=body, headers=headers)
        if label in OPEN_TO_ALL and len(body) > LARGEST_OPEN_TO_ALL:
            assert refused.status_code == 413
            continue
        assert (refused.status_code, refused.headers["Content-Type"]) == (422, PROBLEM), body[:20]
        assert refused.json()["detail"] == "The request does not have the expected form."


@pytest.mark.parametrize(("service", "label"), TAKING_JSON)
def test_a_value_that_no_column_can_hold_is_refused_with_its_place(
    start: Start, service: str, label: str
) -> None:
    """Each value of a valid request in turn becomes a number beyond every column, and the last
    possible day."""
    running = start(service)
    role = min(running.roles[label], default=None)
    headers = running.signed_in(role) | {"Accept-Language": "fr"}
    for values in running.known(label):
        for path, value, instead in spoilt(values.body):
            refused = running.ask(
                label, values, json=replaced(values.body, path, instead), headers=headers
            )
            assert refused.status_code == 422, (path, value, refused.text)
            assert refused.headers["Content-Type"] == PROBLEM
            (line,) = refused.json()["errors"]
            assert all(str(part) in line for part in path), line


@pytest.mark.parametrize(("service", "label"), FILTERED)
def test_text_in_a_path_matches_or_is_refused_with_a_sentence(
    start: Start, service: str, label: str
) -> None:
    running = start(service)
    role = min(running.roles[label])
    values = running.known(label)[0]
    for name, text in product(free_texts(service, label), SOUGHT):
        answer = running.ask(label, values, role, params=values.query | {name: text})
        assert answer.status_code < 500, (name, text, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == PROBLEM


@pytest.mark.parametrize("service", SERVICES)
def test_an_address_with_a_nul_character_is_refused(start: Start, service: str) -> None:
    running = start(service)
    for address in ("/api/hints%00", "/api/dead-letters?search=%00", "/api/x%00/y?lang=en"):
        refused = running.client.get(address)
        assert (refused.status_code, refused.headers["Content-Type"]) == (422, PROBLEM), address
        assert refused.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("service", SERVICES)
def test_no_path_of_a_page_causes_an_unexpected_error(start: Start, service: str) -> None:
    """Pages have no description: odd paths and bodies, below existing data."""
    running = start(service)
    there: dict[str, Any] = {}
    for known in running.wait(running.face.sown()).values():
        for subject in known if isinstance(known, list) else [known]:
            there |= subject.path
    there |= {"id": there.get("project_id", there["id"])}
    for (method, path), odd in product(pages(running.face.service), ODD):
        *_, last = ["", *re.findall(r"{(\w+)}", path)]
        values = {name: there.get(name, odd) for name in re.findall(r"{(\w+)}", path)}
        for address in (path.format(**values | {last: odd}), path.format(**values)):
            answer = running.client.request(
                method,
                f"{address}?after={odd}&lang={odd}&state={odd}",
                content=odd if method == "POST" else None,
                headers={"Accept": "text/html", "Accept-Language": odd, "Origin": ELSEWHERE},
            )
            # The response page frames documents.
            assert set(heeded(answer.headers)) <= {"no frames of others"}, (method, address)
            assert "frame-ancestors" in answer.headers["content-security-policy"], (method, address)
            if not OPEN_DATA.fullmatch(f"{method} {path}"):
                assert ANYBODYS_SCRIPTS not in answer.headers, (method, address)
            ready = path != "/health/ready"  # without Kafka it says that it is not
            assert answer.status_code < 500 or not ready, (method, address)


def somewhere(label: str) -> Known:
    return Known({name: str(uuid4()) for name in re.findall(r"{(\w+)}", label)})


Place = tuple[str | int, ...]


def spoilt(body: Any, path: Place = ()) -> Iterator[tuple[Place, Any, Any]]:
    """Each place in a body with its value and an impossible one."""
    if isinstance(body, dict | list):
        for key, value in body.items() if isinstance(body, dict) else enumerate(body):
            yield from spoilt(value, (*path, key))
    elif isinstance(body, str):
        if re.fullmatch(r"\d{4}-\d\d-\d\d", body):
            yield path, body, "9999-12-31"
    elif isinstance(body, int) and not isinstance(body, bool):
        yield path, body, 2**63


def replaced(body: Any, path: Place, value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    changed = copy(body)
    changed[first] = replaced(body[first], tuple(rest), value)
    return changed
