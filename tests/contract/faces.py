"""Each service on a port of its own and a real database, with data that requests can refer to.

`sow` makes everything anew, so that no request depends on what another one left behind.
"""

import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from fastapi.routing import APIRoute
from joserfc.jwk import OKPKey
from PIL import Image
from starlette.routing import Route

import services.campaigns.app
import services.registry.app
from services.campaigns.settings import CampaignsSettings
from services.contracts.accounts import account_code
from services.contracts.http.common import Role
from services.registry.settings import RegistrySettings
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.crypto.blind_rsa import base64url, request_from_seed
from services.runtime.http.member_links import Link, sign_link
from services.runtime.http.rate_limits import RateLimiter
from services.runtime.messaging import store as messaging
from services.runtime.service import Service
from tests.support import databases
from tests.support import registry as people
from tests.support.campaigns import CREDENTIAL_KEYS, NOON, sheet, signing_key
from tests.support.campaigns import World as Campaigns
from tests.support.feedback import INES, RETAINED
from tests.support.feedback import World as Feedback
from tests.support.feedback import facing as feedback_facing
from tests.support.reading_room import NO_SUGGESTION, Room
from tests.support.responses import QUESTIONNAIRE, project
from tests.support.responses import World as Responses
from tests.support.responses import facing as responses_facing
from tests.support.running import Issuer, free_port, listening, signing_in
from tests.support.servers import PostgresServer

LENGTH = {
    "id": "length",
    "kind": "scale",
    "text": {"fr": "Trop long ?"},
    "low": 0,
    "high": 10,
}
CROSSABLE = QUESTIONNAIRE | {"questions": [*QUESTIONNAIRE["questions"], LENGTH]}
REASON = "Parce que c'est ainsi."
WHO = {
    "name": "Anne Bernard",
    "role": "directrice",
    "account": account_code("https://issuer.test", "roux"),
    "reason": REASON,
}


@dataclass(frozen=True)
class Known:
    """A request about existing data."""

    path: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    query: dict[str, Any] = field(default_factory=dict)


# Requests by operation, as "PUT /api/projects/{id}"; those of a path without a method are for all.
Sown = dict[str, Known | list[Known]]
Sow = Callable[[], Awaitable[Sown]]


@dataclass
class Face:
    service: Service
    issuer: Issuer
    url: str
    sow: Sow

    async def sown(self) -> Sown:
        letter = await self._store_dead_letter()
        return await self.sow() | {"/api/dead-letters/{id}/replay": Known({"id": letter})}

    async def _store_dead_letter(self) -> int:
        topic = self.service.inbox.consumers[0].topic.name
        record = DeadRecord(topic, 0, next(_offsets), b"key", b"?")
        async with self.service.database.transaction() as conn:
            instant = self.service.clock.now()
            await messaging.insert_dead_letter(conn, record, [], "MalformedEvent", instant)
            letters = await messaging.list_dead_letters(conn, 1000)
        return int(letters[-1]["id"])


class DeadRecord(NamedTuple):
    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes


_offsets = count()


def picture() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (1, 1)).save(picture, "PNG")
    return picture.getvalue()


def openings(service: Service) -> dict[str, frozenset[Role]]:
    """Roles that may call each operation; none: it is public."""
    operations: dict[str, frozenset[Role]] = {}
    for route in _routes(service.api.routes):
        if not isinstance(route, APIRoute):
            continue
        roles = frozenset[Role]()
        for dependency in route.dependant.dependencies:
            roles |= getattr(dependency.call, "roles", frozenset())
        for method in route.methods or ():
            operations[f"{method} {route.path}"] = roles
    return operations


def pages(service: Service) -> list[tuple[str, str]]:
    """Method and path of public routes, which the OpenAPI descriptions leave out."""
    return sorted(
        (method, re.sub(r"{(\w+):\w+}", r"{\1}", route.path))
        for route in _routes(service.api.routes)
        if not route.path.startswith("/api/")
        for method in route.methods or ()
        if method != "HEAD"
    )


def _routes(routes: Sequence[Any]) -> list[Route]:
    """All routes, also of included routers, which stay nested."""
    leaves: list[Route] = []
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        leaves += _routes(inner) if inner else [route] if isinstance(route, Route) else []
    return leaves


@asynccontextmanager
async def face(name: str, server: PostgresServer, folder: Path) -> AsyncIterator[Face]:
    async with _FACES[name](server, folder) as face:
        # One person sends all requests, faster than the rate limit of a person.
        face.service.api.state.rate_limiter = RateLimiter(per_second=1e6, burst=1e6)
        yield face


@asynccontextmanager
async def _registry(server: PostgresServer, folder: Path) -> AsyncIterator[Face]:
    async with databases.clone(server, "registry") as (dsn, _), signing_in() as issuer:
        environment = people.environment(dsn, 1, folder / "clock.json")
        settings = {
            key.removeprefix("PANEL_").lower(): value for key, value in environment.items()
        } | {"issuer": issuer.url}
        service = services.registry.app.build(RegistrySettings(**settings))  # type: ignore[arg-type]
        _stop_time(folder)

        async def sow() -> Sown:
            addresses = [f"{uuid4().hex}@example.test" for _ in range(2)]
            member_id, _ = await people.enrol(service.database, service.clock, *addresses)
            sheet = people.csv_file(people.line(f"{uuid4().hex}@example.test")).getvalue()
            return {
                "/api/members/imports": [
                    Known(body=sheet),
                    Known(body=sheet, query={"dry_run": True}),
                ],
                "/api/members/{member_id}/erasure": Known({"member_id": str(member_id)}),
            }

        async with _started(service, issuer, sow) as face:
            yield face


@asynccontextmanager
async def _campaigns(server: PostgresServer, folder: Path) -> AsyncIterator[Face]:
    async with databases.clone(server, "campaigns") as (dsn, _), signing_in() as issuer:
        key = OKPKey.generate_key("Ed25519")
        service = services.campaigns.app.build(
            CampaignsSettings(
                mode="local",
                database_dsn=dsn,
                kafka_bootstrap="unused:9092",
                http_port=1,
                issuer=issuer.url,
                clock_file=folder / "clock.json",
                link_public_keys=json.dumps([key.as_dict(private=False)]),
                credential_keys=CREDENTIAL_KEYS,
                responses_url="https://answers.example",
            )
        )
        _stop_time(folder)
        world = Campaigns(service.database, service.clock)

        async def sow() -> Sown:
            draft = await world.project(ready=False, publish=False)
            published = await world.project()
            campaign = await world.campaign(published, 1)
            await world.members(2)
            launched, _ = await world.launched(1)
            await world.deliver_all()
            (invited,) = await world.invitations(launched)
            await world.accept(invited["id"], invited["member_id"])
            link = Link(invited["member_id"], invited["id"], "invitation")
            asking = request_from_seed(bytes(32), signing_key().public)
            one_more = {"project_id": str(published), "title": "Vague 2", "wanted": 1}
            project_sheet = sheet().model_dump(mode="json")
            any_project = [Known({"id": str(id)}) for id in (launched, published, draft)]
            return {
                "POST /api/projects": [Known(body=project_sheet), Known(body={"title": "Lettre"})],
                "GET /api/projects/{id}": any_project,
                "PUT /api/projects/{id}": Known({"id": str(draft)}, project_sheet),
                "/api/projects/{id}/publish": Known({"id": str(draft)}),
                "/api/projects/{id}/abandon": Known({"id": str(draft)}),
                "/api/projects/{id}/decision-maker": Known({"id": str(published)}, WHO),
                "/api/projects/{id}/end": Known({"id": str(launched)}, {"reason": REASON}),
                "/api/projects/{id}/campaigns": any_project,
                "/api/projects/{id}/opt-ins": any_project,
                "/api/campaigns": Known(body=one_more),
                "/api/previews": Known(body=one_more),
                "/api/campaigns/{id}/preview": Known({"id": str(campaign)}),
                "/api/launches": Known(body={"campaign_ids": [str(campaign)]}),
                "/credentials": Known(
                    body={
                        "ticket": sign_link(key, link, NOON.replace(year=NOON.year + 1)),
                        "project_id": str(launched),
                        "request": base64url(asking.blinded),
                    }
                ),
            }

        async with _started(service, issuer, sow) as face:
            yield face


@asynccontextmanager
async def _responses(server: PostgresServer, folder: Path) -> AsyncIterator[Face]:
    async with (
        signing_in() as issuer,
        responses_facing(server, folder, issuer.url) as first,
        listening(first.service.api, f"http://127.0.0.1:{free_port()}") as url,
    ):

        async def room() -> Room:
            world = Responses(first.service, first.client, chance=first.chance)
            await world.follow(project(project_id=world.project_id))
            return Room(world, issuer)

        async def open_room() -> Room:
            reading_room = await room()
            await reading_room.world.make_ready(CROSSABLE)
            await reading_room.world.becomes("open", 2)
            return reading_room

        async def sow() -> Sown:
            preparing, drafted, open_, ended = (
                await room(), await room(), await open_room(), await open_room()
            )  # fmt: skip
            response = await drafted.request("PUT", "questionnaire", QUESTIONNAIRE)
            assert response.is_success, response.text
            note = {"title": "Atelier", "words": "La date, d'abord."}
            assert (await open_.request("POST", "notes", note)).status_code == 201
            (contribution,) = await open_.contributions()
            proposal, other = (
                await open_.draft("Dire la date"),
                await open_.draft("Dire le montant"),
            )
            merged = await open_.draft("Le dire deux fois")
            assert (await open_.merge(merged, proposal)).is_success
            proposal = next(
                draft for draft in (await open_.board()).proposals if draft.id == proposal.id
            )
            reading = await open_.record(contribution.id, proposals=[str(proposal.id)])
            assert reading.is_success, reading.text
            await ended.world.send_many(1)
            await ended.world.becomes("collected", 9, issued=50)
            await ended.world.open_sealed()
            listed = await ended.draft()
            await ended.read_all(proposals=[str(listed.id)])
            project_path = {"project_id": str(open_.world.project_id)}
            there = {"project_id": str(ended.world.project_id)}
            empty = {"project_id": str(preparing.world.project_id)}
            text = {"contribution_id": str(contribution.id)}
            files = [{"format": kind} for kind in ("csv", "json", "xlsx")]
            two = {"rows": "tone", "columns": "length"}
            formbricks = json.dumps({"name": "x", "questions": []}).encode()
            return {
                "/api/collections/{project_id}": [Known(project_path), Known(there), Known(empty)],
                "/api/collections/{project_id}/questionnaire": Known(empty, QUESTIONNAIRE),
                "/api/collections/{project_id}/ready": Known(
                    {"project_id": str(drafted.world.project_id)}
                ),
                "GET /api/collections/{project_id}/documents": Known(project_path),
                "POST /api/collections/{project_id}/documents": Known(
                    empty, picture(), {"title": "La lettre"}
                ),
                "/api/questionnaires/imports": Known(
                    body=formbricks, query={"format": "formbricks"}
                ),
                "GET /api/collections/{project_id}/proposals": [Known(project_path), Known(there)],
                "POST /api/collections/{project_id}/proposals": Known(
                    project_path, {"title": "Plus court", "text": "Une page."}
                ),
                "/api/proposals/{proposal_id}": Known(
                    {"proposal_id": str(proposal.id)},
                    {"title": "Plus court", "text": "Une page.", "version": proposal.version},
                ),
                "/api/proposals/{proposal_id}/merge": Known(
                    {"proposal_id": str(other.id)},
                    {"into": str(proposal.id), "version": other.version},
                ),
                "/api/proposals/{proposal_id}/unmerge": Known(
                    {"proposal_id": str(merged.id)}, {"version": merged.version + 1}
                ),
                "/api/proposals/{proposal_id}/contributions": Known(
                    {"proposal_id": str(proposal.id)}
                ),
                "/api/collections/{project_id}/synthesis": Known(
                    there, {"proposals": [{"id": str(listed.id), "version": listed.version}]}
                ),
                "/api/collections/{project_id}/readings/next": Known(project_path),
                "/api/collections/{project_id}/contributions": [
                    Known(project_path),
                    Known(project_path, query={"search": "date"}),
                ],
                "/api/contributions/{contribution_id}": Known(text),
                "/api/contributions/{contribution_id}/readings": Known(text, NO_SUGGESTION),
                "/api/contributions/{contribution_id}/moderation": Known(
                    text, {"hidden": True, "reason": REASON}
                ),
                "/api/collections/{project_id}/readings-wanted": Known(
                    project_path, {"readings_wanted": 2}
                ),
                "/api/collections/{project_id}/notes": Known(project_path, note),
                "/api/collections/{project_id}/attention": [Known(project_path), Known(there)],
                "/api/collections/{project_id}/results": Known(there),
                "/api/collections/{project_id}/results/cross": Known(there, query=two),
                "/api/collections/{project_id}/results/export": [
                    Known(there, query=more | file) for file in files for more in ({}, two)
                ],
                "/api/collections/{project_id}/contributions/export": [
                    Known(there, query=file) for file in files
                ],
            }

        yield Face(first.service, issuer, url, sow)


@asynccontextmanager
async def _feedback(server: PostgresServer, folder: Path) -> AsyncIterator[Face]:
    async with (
        feedback_facing(server, folder) as first,
        listening(first.service.api, f"http://127.0.0.1:{free_port()}") as url,
    ):

        def world() -> Feedback:
            return Feedback(first.service, first.client, first.issuer)

        async def sow() -> Sown:
            deciding, decided, reported = world(), world(), world()
            drafted, waiting = await deciding.synthesised("La date", "Le montant")
            assert (await deciding.draft(drafted.proposal_id, INES)).is_success
            assert (await deciding.summarise()).is_success
            (signed,) = await decided.synthesised("La date")
            await decided.decide(signed.proposal_id)
            assert (await decided.summarise()).is_success
            (published,) = await reported.reported("La date")
            view = await reported.decision(published.proposal_id)
            project_path = {"project_id": str(deciding.project_id)}
            all_three = [
                Known({"project_id": str(world.project_id)})
                for world in (deciding, decided, reported)
            ]
            return {
                "/api/projects/{project_id}": all_three,
                "/api/proposals/{proposal_id}/decision": Known(
                    {"proposal_id": str(waiting.proposal_id)}, RETAINED | {"version": 0}
                ),
                "/api/proposals/{proposal_id}/decision/signature": Known(
                    {"proposal_id": str(drafted.proposal_id)}, {"version": 1}
                ),
                "/api/proposals/{proposal_id}/follow-up": Known(
                    {"proposal_id": str(published.proposal_id)},
                    {"version": view.version, "progress": "done"},
                ),
                "/api/projects/{project_id}/report": Known(
                    project_path, {"summary": "Nous avons lu chacun.", "version": 1}
                ),
                "/api/projects/{project_id}/report/preview": all_three,
                "/api/projects/{project_id}/report/publication": Known(
                    {"project_id": str(decided.project_id)}, {"version": 1}
                ),
                "/api/journal/corrections": Known(body={"number": 0, "reason": REASON}),
            }

        yield Face(first.service, first.issuer, url, sow)


@asynccontextmanager
async def _started(service: Service, issuer: Issuer, sow: Sow) -> AsyncIterator[Face]:
    await service.database.start()
    try:
        async with listening(service.api, f"http://127.0.0.1:{free_port()}") as url:
            yield Face(service, issuer, url, sow)
    finally:
        await service.database.stop()


def _stop_time(folder: Path) -> None:
    SharedClock(folder / "clock.json").change(lambda _: ClockSetting(stopped_at=NOON))


_FACES = {
    "registry": _registry,
    "campaigns": _campaigns,
    "responses": _responses,
    "feedback": _feedback,
}
