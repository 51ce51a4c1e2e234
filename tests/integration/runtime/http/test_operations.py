"""The face of a service: who may ask, answers in words, hints within a second."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from deploy.generate.describe import SERVICES, build
from services.contracts.events.campaigns import ProjectState
from services.contracts.http.common import Role
from services.responses.app import build as build_responses
from services.responses.settings import ResponsesSettings
from services.runtime.http.hints import MOST_STREAMS
from services.runtime.http.rate_limits import RateLimiter
from services.runtime.http.staff_tokens import NotSignedIn, StaffTokens
from services.runtime.service import Service
from tests.contract.examples import EXAMPLES
from tests.contract.faces import openings
from tests.support import databases
from tests.support.events import produce
from tests.support.running import Issuer, free_port, serving, signing_in
from tests.support.servers import PostgresServer, eventually

PROJECT = next(event for event in EXAMPLES if isinstance(event, ProjectState))
PUBLISHED = ProjectState.model_validate(PROJECT.model_dump() | {"state": "published"})
QUESTION = {"id": "unclear", "kind": "free_text", "text": {"fr": "Qu'est-ce qui n'est pas clair ?"}}
QUESTIONNAIRE = {"questions": [QUESTION]}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with signing_in() as running:
        yield running


@pytest.fixture
async def responses(
    postgres_server: PostgresServer, kafka: str, issuer: Issuer
) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    async with databases.clone(postgres_server, "responses") as (dsn, _):
        settings = ResponsesSettings(
            campaigns_url="https://projects.example",
            answer_keys=SecretStr(json.dumps(["A" * 43 + "="])),
            database_dsn=dsn,
            kafka_bootstrap=kafka,
            http_port=free_port(),
            issuer=issuer.url,
        )
        service = build_responses(settings)
        async with serving(service) as client:
            yield service, client


@pytest.mark.parametrize("name", SERVICES)
def test_every_staff_route_names_the_roles_that_open_it(name: str) -> None:
    staff = {label: roles for label, roles in openings(build(name)).items() if " /api/" in label}
    assert len(staff) >= 4
    for label, roles in staff.items():
        assert roles, f"{label} is open to anybody"


async def test_staff_are_told_in_words_why_a_door_is_closed(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    _, client = responses
    foreign = Issuer()
    foreign.url = issuer.url
    overdue = issuer.token(Role.CAMPAIGNS, now=0)
    for token in ("nonsense", foreign.token(Role.CAMPAIGNS), overdue):
        answer = await client.get("/api/collections", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await client.get(
        "/api/collections", headers=issuer.headers(Role.REGISTRY) | {"Accept-Language": "en"}
    )
    assert answer.status_code == 403
    assert "campaigns" in answer.json()["detail"]
    assert answer.json()["way_out"]


async def test_a_bad_token_shuts_nobody_out_while_the_issuer_is_away() -> None:
    async with signing_in() as issuer:
        tokens = StaffTokens(issuer.url, "panel")
        good = issuer.token(Role.CAMPAIGNS)
        assert (await tokens.verify(good)).roles == {Role.CAMPAIGNS}
    tokens._keys._fetched_at -= 60
    with pytest.raises(NotSignedIn):
        await tokens.verify("nonsense")
    assert (await tokens.verify(good)).roles == {Role.CAMPAIGNS}


async def test_nobody_holds_people_and_contributions_together(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    _, client = responses
    both_roles = issuer.headers(Role.REGISTRY, Role.ANALYSIS)
    assert (await client.get("/api/collections", headers=both_roles)).status_code == 403


async def test_a_questionnaire_makes_a_collection_ready_and_freezes_it(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer, kafka: str
) -> None:
    _, client = responses
    headers = issuer.headers(Role.CAMPAIGNS)
    path = f"/api/collections/{PUBLISHED.project_id}/questionnaire"
    unknown = await client.put(path, headers=headers, json=QUESTIONNAIRE)
    assert unknown.status_code == 404
    await produce(kafka, PUBLISHED)

    async def preparing() -> bool:
        collections = (await client.get("/api/collections", headers=headers)).json()
        return [row["state"] for row in collections] == ["preparing"]

    await eventually(preparing, "the collection is being prepared")
    other = {"questions": [QUESTION | {"text": {"fr": "Autre chose ?"}}]}
    assert (await client.put(path, headers=headers, json=other)).json()["state"] == "preparing"
    drafted = await client.put(path, headers=headers, json=QUESTIONNAIRE)
    assert drafted.json()["questionnaire_version"] == 2
    for _ in range(2):
        ready = await client.post(path.replace("questionnaire", "ready"), headers=headers)
        assert (ready.json()["state"], ready.json()["version"]) == ("ready", 2)
    repeated = await client.put(path, headers=headers, json=QUESTIONNAIRE)
    assert repeated.json()["questionnaire_version"] == 2
    assert (await client.put(path, headers=headers, json=other)).status_code == 409


async def test_a_field_that_a_command_does_not_know_is_refused(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    _, client = responses
    answer = await client.put(
        f"/api/collections/{uuid4()}/questionnaire",
        headers=issuer.headers(Role.CAMPAIGNS),
        json=QUESTIONNAIRE | {"anonymus": True},
    )
    assert answer.status_code == 422
    assert any("anonymus" in error for error in answer.json()["errors"])


async def test_a_committed_change_is_hinted_within_a_second(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer, kafka: str
) -> None:
    service, client = responses
    headers = issuer.headers(Role.CAMPAIGNS)
    async with client.stream("GET", "/api/hints", headers=headers) as stream:
        lines = stream.aiter_lines()

        async def next_hints() -> list[dict[str, Any]]:
            async for line in lines:
                if line.startswith("data: "):
                    return list(json.loads(line.removeprefix("data: ")))
            raise AssertionError("the stream ended")

        assert (await next_hints())[0]["kind"] == "everything"
        await produce(kafka, PUBLISHED)
        hint = (await next_hints())[0]
        while hint["kind"] == "everything":
            hint = (await next_hints())[0]
        assert hint == {"kind": "collection", "id": str(PUBLISHED.project_id), "version": 1}
        assert service.unexpected_errors == 0


async def test_a_person_has_so_many_streams_and_takes_none_from_others(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    service, client = responses
    mine = issuer.headers(Role.CAMPAIGNS, name="Alex A.")
    lines: list[AsyncIterator[str]] = []  # who drops one closes its stream
    async with AsyncExitStack() as open_streams:
        for _ in range(MOST_STREAMS):
            stream = client.stream("GET", "/api/hints", headers=mine)
            lines.append((await open_streams.enter_async_context(stream)).aiter_lines())
            await anext(lines[-1])
        refused = await client.get("/api/hints", headers=mine)
        assert refused.status_code == 429
        assert refused.headers["retry-after"]
        assert str(MOST_STREAMS) in refused.json()["detail"]
        other = issuer.headers(Role.CAMPAIGNS, name="Billie B.")
        async with client.stream("GET", "/api/hints", headers=other) as other_stream:
            assert other_stream.status_code == 200

    async def all_closed() -> bool:
        async with client.stream("GET", "/api/hints", headers=mine) as stream:
            return stream.status_code == 200

    await eventually(all_closed, "whoever closed a stream may open another")
    assert service.unexpected_errors == 0


async def test_a_person_who_asks_too_often_waits_and_others_do_not(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    service, client = responses
    service.api.state.rate_limiter = RateLimiter(per_second=0.1, burst=1)
    mine = issuer.headers(Role.CAMPAIGNS, name="Alex A.")
    other = issuer.headers(Role.CAMPAIGNS, name="Billie B.")
    answers = [
        await client.get("/api/collections", headers=identity) for identity in (mine, mine, other)
    ]
    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert 0 < int(answers[1].headers["retry-after"]) <= 10


async def test_health_and_metrics_tell_what_an_operator_needs(
    responses: tuple[Service, httpx.AsyncClient],
) -> None:
    _, client = responses
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/ready")).json() == {"ready": True, "failing": []}
    metrics = (await client.get("/metrics")).text
    assert "panel_relay_waiting_events" in metrics
    assert 'panel_consumer_lag_records{topic="campaigns.projects.v1"}' in metrics


async def test_an_unexpected_error_is_told_without_its_inside(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer
) -> None:
    service, client = responses
    await service.database.pool.execute("ALTER TABLE collection RENAME TO lost")
    answer = await client.get("/api/collections", headers=issuer.headers(Role.CAMPAIGNS))
    assert answer.status_code == 500
    assert "lost" not in answer.text
    assert "relation" not in answer.text
    assert service.unexpected_errors >= 1


async def test_republishing_puts_every_state_on_the_topic_again(
    responses: tuple[Service, httpx.AsyncClient], issuer: Issuer, kafka: str
) -> None:
    _, client = responses
    await produce(kafka, PUBLISHED)
    headers = issuer.headers(Role.OPERATIONS)

    async def is_listed() -> bool:
        collections = (await client.get("/api/collections", headers=headers)).json()
        return [UUID(row["project_id"]) for row in collections] == [PUBLISHED.project_id]

    await eventually(is_listed, "the project is known")
    republished = await client.post("/api/republish", headers=headers)
    assert republished.json() == {"events": {"collection.state": 1, "proposal.state": 0}}
