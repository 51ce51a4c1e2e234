"""The whole deployable on the real servers: events in, staff commands, orders out."""

import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import ConsumerRecord
from joserfc.jwk import OKPKey

from services.campaigns.app import build
from services.campaigns.settings import CampaignsSettings
from services.contracts.events.campaigns import OrderState
from services.contracts.events.responses import CollectionPhase, CollectionState
from services.contracts.http.common import Role
from services.contracts.topics import topic_of
from tests.support import databases
from tests.support.campaigns import CREDENTIAL_KEYS, MANDATE, member
from tests.support.events import committed, produce
from tests.support.running import Issuer, free_port, serving, signing_in
from tests.support.servers import PostgresServer, eventually

IN_A_MONTH = date.today() + timedelta(days=30)  # noqa: DTZ011
SHEET = {
    "title": "Lettre",
    "mandate": MANDATE.model_dump(),
    "recruitment_ends_on": str(IN_A_MONTH),
    "collection_ends_on": str(IN_A_MONTH),
}


@pytest.fixture
async def face(
    postgres_server: PostgresServer, kafka: str, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Issuer]]:
    async with signing_in() as issuer, databases.clone(postgres_server, "campaigns") as (dsn, _):
        key = OKPKey.generate_key("Ed25519").as_dict(private=False)
        service = build(
            CampaignsSettings(
                mode="local",
                database_dsn=dsn,
                kafka_bootstrap=kafka,
                http_port=free_port(),
                issuer=issuer.url,
                link_public_keys=json.dumps([key]),
                credential_keys=CREDENTIAL_KEYS,
                responses_url="https://answers.example",
                allocate_every_seconds=0.2,
            )
        )
        async with serving(service) as client:
            yield client, issuer


async def test_from_staff_commands_to_orders_on_the_bus(
    face: tuple[httpx.AsyncClient, Issuer], kafka: str
) -> None:
    client, issuer = face
    client.headers.update(issuer.headers(Role.CAMPAIGNS))

    async def call(method: str, path: str, body: Any = None) -> Any:
        answer = await client.request(method, f"/api{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    project = (await call("POST", "/projects", SHEET))["id"]
    await call("POST", f"/projects/{project}/publish")
    await produce(kafka, *[member() for _ in range(20)])
    ready = CollectionState(version=1, project_id=project, state=CollectionPhase.READY)
    await produce(kafka, ready)

    campaign = {"project_id": project, "title": "Vague 1", "wanted": 8}

    async def all_known() -> bool:
        collection = (await call("GET", f"/projects/{project}"))["collection"]
        return bool(collection == "ready" and (await call("GET", "/contacts"))["members"] == 20)

    await eventually(all_known, "members and collection are known")
    assert (await call("POST", "/previews", campaign))["can_be_asked"] == 20
    created = (await call("POST", "/campaigns", campaign))["id"]
    assert (await call("POST", f"/campaigns/{created}/preview"))["wanted"] == 8
    (launched,) = await call("POST", "/launches", {"campaign_ids": [created]})
    assert len(launched["draw_commitment"]) == 64

    def eight(records: list[ConsumerRecord]) -> bool:
        return len(records) >= 8

    records = await committed(kafka, topic_of(OrderState).name, eight)
    orders = [OrderState.model_validate_json(record.value) for record in records]
    assert len({order.member_id for order in orders}) == 8
    assert (await call("GET", f"/projects/{project}"))["counts"]["ordered"] == 8
    assert [c["id"] for c in await call("GET", f"/projects/{project}/campaigns")] == [created]
    assert (await call("GET", f"/projects/{project}/opt-ins"))["answers"] == []
    assert (await call("GET", "/today"))["members"] == 20

    unknown = await client.post("/api/campaigns", json=campaign | {"wnated": 3})
    assert unknown.status_code == 422
    repeated = await client.post("/api/launches", json={"campaign_ids": [created]})
    assert repeated.status_code == 409
    assert repeated.json()["way_out"]
    client.headers.update(issuer.headers(Role.AUDIT))
    assert (await client.post(f"/api/projects/{project}/abandon")).status_code == 403
    assert "panel_ledger_entries" in (await client.get("/metrics")).text
