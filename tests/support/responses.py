"""A project that takes responses, participants with real credentials, and their service."""

import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
from pydantic import SecretStr

from deploy.local.clock import advanced
from services.contracts.events.campaigns import DecisionMaker, Mandate, ProjectPhase, ProjectState
from services.contracts.http.questionnaires import Questionnaire
from services.responses.app import build
from services.responses.collections import use_cases as collections
from services.responses.questionnaires import use_cases as questionnaires
from services.responses.settings import ResponsesSettings
from services.responses.submissions.use_cases_opening import open_responses
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.crypto.blind_rsa import PrivateKey, base64url, finalize, request_from_seed
from services.runtime.crypto.encryption import Encryptor
from services.runtime.service import Service
from tests.support import databases
from tests.support.running import free_port
from tests.support.servers import PostgresServer

FIRST_DAY = date(2026, 11, 24)
LAST_DAY = FIRST_DAY + timedelta(days=30)
ANSWER_KEYS = json.dumps(["A" * 43 + "="])
NOBODY = "http://127.0.0.1:9"  # nothing listens there

QUESTIONNAIRE: dict[str, Any] = {
    "personal_cases": {"fr": "La mairie.", "en": "The town hall."},
    "questions": [
        {
            "id": "tone",
            "kind": "single_choice",
            "text": {"fr": "Le ton ?", "en": "The tone?"},
            "options": [
                {"id": "kind", "label": {"fr": "Aimable"}},
                {"id": "harsh", "label": {"fr": "Dur"}},
            ],
            "other": True,
        },
        {
            "id": "why_harsh",
            "kind": "free_text",
            "text": {"fr": "Pourquoi dur ?"},
            "only_if": {"question": "tone", "any_of": ["harsh"]},
        },
        {"id": "change", "kind": "free_text", "text": {"fr": "Que changer ?"}, "required": True},
    ],
}


@cache
def signing_key(number: int = 0) -> PrivateKey:
    """Made once in a test run: it takes a moment."""
    return PrivateKey.generate()


def project(
    state: str = "published",
    version: int = 1,
    project_id: UUID | None = None,
    key: PrivateKey | None = None,
    issued: int | None = None,
    floor: int = 5,
    reached: bool | None = None,
) -> ProjectState:
    texts = dict.fromkeys(Mandate.model_fields, "…")
    return ProjectState(
        version=version,
        project_id=project_id or uuid4(),
        state=ProjectPhase(state),
        mandate=Mandate.model_validate(
            texts
            | {
                "title": "La lettre",
                "compensation": None,
                "decision_maker": DecisionMaker(name="M. Bernard", role="directeur"),
            }
        ),
        recruitment_ends_on=FIRST_DAY + timedelta(days=10),
        collection_ends_on=LAST_DAY,
        credential_key=(key or signing_key()).public.jwk,
        credentials_issued=issued,
        anonymity_floor=floor,
        floor_reached=reached,
    )


def credential(key: PrivateKey | None = None, seed: bytes | None = None) -> dict[str, str]:
    """What a participant's device holds in the end: prepared message and unblinded signature."""
    key = key or signing_key()
    request = request_from_seed(seed or secrets.token_bytes(32), key.public)
    signature = finalize(key.public, request, key.blind_sign(request.blinded))
    return {"prepared": base64url(request.prepared), "signature": base64url(signature)}


def submission(text: str = "Dire la date en premier.", **changes: Any) -> dict[str, Any]:
    """A response to QUESTIONNAIRE with a credential of its own, as the page sends it."""
    body = {"questionnaire_version": 1, "answers": {"change": text}} | changes
    return body if "prepared" in body else body | credential()


@dataclass
class World:
    service: Service
    client: httpx.AsyncClient
    project_id: UUID = field(default_factory=uuid4)
    chance: Random = field(default_factory=lambda: Random(1))

    def on(self, day: date) -> None:
        clock = self.service.clock
        assert isinstance(clock, SharedClock)
        noon = datetime.combine(day, time(12), UTC)
        clock.change(lambda _: ClockSetting(stopped_at=noon))

    def later(self, seconds: float) -> None:
        clock = self.service.clock
        assert isinstance(clock, SharedClock)
        clock.change(advanced(timedelta(seconds=seconds)))

    async def follow(self, *states: ProjectState) -> None:
        async with self.service.database.transaction() as conn:
            await collections.apply_project_states(conn, self.service.clock, states)

    async def make_ready(self, questionnaire: dict[str, Any] = QUESTIONNAIRE) -> None:
        body = Questionnaire.model_validate(questionnaire).model_dump(mode="json")
        async with self.service.database.transaction() as conn:
            await questionnaires.write_questionnaire(
                conn, self.service.clock, self.project_id, body
            )
            await questionnaires.make_ready(conn, self.service.clock, self.project_id)

    async def becomes(self, state: str, version: int, **more: Any) -> None:
        await self.follow(project(state, version, self.project_id, **more))

    async def send(self, body: dict[str, Any], project_id: UUID | None = None) -> httpx.Response:
        path = f"/answer/{project_id or self.project_id}/contributions"
        return await self.client.post(path, json=body)

    async def send_many(self, number: int, **changes: Any) -> list[dict[str, Any]]:
        sent = [submission(f"Avis {number}", **changes) for number in range(number)]
        for body in sent:
            assert (await self.send(body)).status_code == 201
        return sent

    async def open_sealed(self) -> int:
        async with self.service.database.transaction() as conn:
            return await open_responses(
                conn, self.service.clock, self.chance, Encryptor(ANSWER_KEYS), self.project_id
            )

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        return list(await self.service.database.pool.fetch(query, *args))

    async def count(self, table: str) -> int:
        return int(await self.service.database.pool.fetchval(f"SELECT count(*) FROM {table}"))

    async def events(self) -> list[dict[str, Any]]:
        rows = await self.fetch("SELECT body FROM outbox WHERE topic IS NOT NULL ORDER BY id")
        return [json.loads(row["body"]) for row in rows]


def settings(
    dsn: str, clock_file: Path, issuer: str = NOBODY, kafka: str = "127.0.0.1:9", **more: Any
) -> ResponsesSettings:
    return ResponsesSettings(
        mode="local",
        clock_file=clock_file,
        database_dsn=SecretStr(dsn),
        kafka_bootstrap=kafka,
        http_port=free_port(),
        issuer=issuer,
        campaigns_url="https://projects.example/",
        answer_keys=SecretStr(ANSWER_KEYS),
        open_every_seconds=0.1,
        **more,
    )


def client_at(address: str, service: Service) -> httpx.AsyncClient:
    """A client of the service's HTTP face; rate limits count the requests of each address."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(service.api, raise_app_exceptions=False, client=(address, 1)),
        base_url="http://responses.test",
        headers={"Accept": "application/json", "Accept-Language": "en"},
    )


@asynccontextmanager
async def facing(
    server: PostgresServer, folder: Path, issuer: str = NOBODY, **more: Any
) -> AsyncIterator[World]:
    """The service's HTTP face on a database of its own, without Kafka; the project is unknown."""
    async with databases.clone(server, "responses") as (dsn, _):
        service = build(settings(dsn, folder / "clock.json", issuer, **more))
        await service.database.start()
        try:
            async with client_at("192.0.2.7", service) as client:
                world = World(service, client)
                world.on(FIRST_DAY)
                yield world
        finally:
            await service.database.stop()
