"""One command is followed through the services that hear of it; responses follows nothing."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.generate.describe import build
from services.contracts.events.campaigns import ProjectState
from services.contracts.events.responses import CollectionState
from services.contracts.http.common import Role
from services.contracts.topics import topic_of
from services.runtime.clock import ClockSetting, FixedClock, SharedClock
from services.runtime.messaging import outbox
from services.runtime.service import Service
from tests.support import databases
from tests.support import registry as people
from tests.support.campaigns import MANDATE, TODAY
from tests.support.databases import Databases
from tests.support.events import NOON, collection, committed
from tests.support.running import Issuer, free_port, listening, serving, signing_in
from tests.support.servers import PostgresServer, eventually

FOREIGN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
KNOWN = {
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "messaging.system",
    "messaging.destination.name",
    "messaging.batch.message_count",
    "error.type",
}


@dataclass
class Collector:
    """The operator's collector: OTLP as protobuf over HTTP."""

    url: str = field(default_factory=lambda: f"http://127.0.0.1:{free_port()}")
    heard: list[ExportTraceServiceRequest] = field(default_factory=list)

    def app(self) -> Starlette:
        async def traces(request: Request) -> Response:
            self.heard.append(ExportTraceServiceRequest.FromString(await request.body()))
            return Response(media_type="application/x-protobuf")

        return Starlette(routes=[Route("/v1/traces", traces, methods=["POST"])])

    def spans(self) -> list[tuple[str, Span]]:
        """Each with the service that made it."""
        return [
            (next(a.value.string_value for a in made_by if a.key == "service.name"), span)
            for export in self.heard
            for resource in export.resource_spans
            for made_by in [resource.resource.attributes]
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@dataclass
class Panel:
    """Services in this process, on real servers, whose traces go to one collector."""

    postgres: PostgresServer
    kafka: str
    issuer: Issuer
    collector: Collector
    clock: Path
    stack: AsyncExitStack
    services: dict[str, Service] = field(default_factory=dict)

    async def start(self, name: str) -> httpx.AsyncClient:
        dsn, _ = await self.stack.enter_async_context(databases.clone(self.postgres, name))
        self.services[name] = build(
            name,
            mode="local",
            clock_file=self.clock,
            database_dsn=dsn,
            kafka_bootstrap=self.kafka,
            http_port=free_port(),
            issuer=self.issuer.url,
            traces_endpoint=f"{self.collector.url}/v1/traces",
        )
        client = await self.stack.enter_async_context(serving(self.services[name]))
        client.headers.update(self.issuer.headers(*set(Role) - {Role.ANALYSIS}))
        return client

    async def stop(self) -> None:
        """With what each service had not told the collector yet."""
        await self.stack.aclose()

    async def holds(self, name: str, query: str, *arguments: Any) -> None:
        async def there() -> bool:
            return bool(await self.services[name].database.pool.fetchval(query, *arguments))

        await eventually(there, f"{name}: {query}")


@pytest.fixture
async def panel(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[Panel]:
    clock = tmp_path / "clock.json"
    SharedClock(clock).change(lambda _: ClockSetting(stopped_at=NOON))
    collector = Collector()
    async with (
        signing_in() as issuer,
        listening(collector.app(), collector.url),
        AsyncExitStack() as stack,
    ):
        yield Panel(postgres_server, kafka, issuer, collector, clock, stack)


async def test_a_command_and_all_it_causes_in_other_services_are_one_trace(panel: Panel) -> None:
    registry, _ = await panel.start("registry"), await panel.start("campaigns")
    service = panel.services["registry"]
    [zoe] = await people.enrol(service.database, service.clock, "zoe@example.test")
    await panel.holds("campaigns", "SELECT 1 FROM member WHERE member_id = $1", zoe)

    answer = await registry.post(
        f"/api/members/{zoe}/erasure?lang=whispered", headers={"traceparent": FOREIGN}
    )
    assert answer.json()["erased_now"]
    assert "traceparent" not in answer.headers
    await panel.holds("registry", "SELECT 1 FROM erasure WHERE acknowledged_on IS NOT NULL")
    await panel.stop()

    spans = panel.collector.spans()
    [trace_id] = {span.trace_id.hex() for _, span in spans}
    assert trace_id not in FOREIGN
    names = {span.span_id: (service, span.name) for service, span in spans}
    tree = {names[span.span_id]: names.get(span.parent_span_id) for _, span in spans}
    command = ("registry", "POST /api/members/{member_id}/erasure")
    received = ("campaigns", "receive registry.members.v1")
    assert tree == {
        command: None,
        ("registry", "send"): command,
        received: command,
        ("campaigns", "send"): received,
        ("registry", "receive campaigns.erasures.v1"): received,
    }
    told_nothing_of(spans, str(zoe), "whispered", "127.0.0.1", "zoe")


async def test_what_responses_hears_and_says_is_never_part_of_a_trace(panel: Panel) -> None:
    campaigns = await panel.start("campaigns")
    responses, _ = await panel.start("responses"), await panel.start("feedback")
    later = str(TODAY + timedelta(days=30))
    sheet = {
        "title": "Lettre",
        "mandate": MANDATE.model_dump(),
        "recruitment_ends_on": later,
        "collection_ends_on": later,
    }
    project = (await campaigns.post("/api/projects", json=sheet)).json()["id"]
    (await campaigns.post(f"/api/projects/{project}/publish")).raise_for_status()
    [traced] = await committed(panel.kafka, topic_of(ProjectState).name, bool)
    await poison(panel.kafka, traced.headers)

    await panel.holds("responses", "SELECT 1 FROM collection")
    await panel.holds("responses", "SELECT 1 FROM dead_letter")
    await panel.holds("feedback", "SELECT 1 FROM collection")
    path = f"/api/collections/{project}/questionnaire"
    form = {"questions": [{"id": "a", "kind": "free_text", "text": {"fr": "Quoi ?"}}]}
    answer = await responses.put(path, json=form, headers={"traceparent": FOREIGN})
    assert answer.is_success, answer.text
    assert "traceparent" not in answer.headers
    records = await committed(panel.kafka, topic_of(CollectionState).name, bool)
    letters = await panel.services["responses"].database.pool.fetch(
        "SELECT headers FROM dead_letter"
    )
    await panel.stop()

    assert dict(traced.headers)["traceparent"].startswith(b"00-")
    assert "traceparent" not in {key for record in records for key, _ in record.headers}
    assert "traceparent" not in {key for row in letters for key, _ in row["headers"]}
    spans = panel.collector.spans()
    assert {service for service, _ in spans} == {"campaigns", "feedback"}
    assert "receive responses.collections.v1" not in {span.name for _, span in spans}
    told_nothing_of(spans, project)


async def test_the_database_of_responses_refuses_a_trace(database: Databases) -> None:
    responses = await database("responses")
    somewhere = SpanContext(trace_id=1, span_id=1, is_remote=False)
    with use_span(NonRecordingSpan(somewhere)), pytest.raises(asyncpg.CheckViolationError) as no:
        async with responses.transaction() as conn:
            await outbox.write(conn, FixedClock(NOON), collection())
    assert no.value.constraint_name == "outbox_is_untraced"


async def test_fetching_a_credential_and_looking_leave_no_trace(panel: Panel) -> None:
    campaigns = await panel.start("campaigns")
    assert (await campaigns.post("/credentials", json={"ticket": "x"})).status_code == 422
    assert (await campaigns.get("/api/projects")).is_success
    assert (await campaigns.post("/invitations/overheard/accept")).is_error
    await panel.stop()
    [(_, span)] = panel.collector.spans()
    assert span.name == "POST /invitations/{token}/accept"
    told_nothing_of([("campaigns", span)], "overheard")


async def test_a_failure_is_told_by_its_kind_alone(panel: Panel) -> None:
    campaigns = await panel.start("campaigns")
    await panel.services["campaigns"].database.pool.execute("DROP TABLE project CASCADE")
    unknown = f"/api/projects/{uuid4()}/publish"
    assert (await campaigns.post(unknown)).status_code == 500
    await panel.stop()
    [(_, span)] = panel.collector.spans()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert not span.status.message
    attributes = {attribute.key: attribute.value.string_value for attribute in span.attributes}
    assert attributes["error.type"] == "UndefinedTableError"
    told_nothing_of([("campaigns", span)], unknown)


def told_nothing_of(spans: Sequence[tuple[str, Span]], *secrets: str) -> None:
    for _, span in spans:
        assert {attribute.key for attribute in span.attributes} <= KNOWN
        assert not span.events
        assert not [secret for secret in secrets if secret in str(span)]


async def poison(bootstrap: str, headers: Sequence[tuple[str, bytes]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        topic = topic_of(ProjectState).name
        await producer.send_and_wait(topic, key=b"x", value=b"{", headers=list(headers))
