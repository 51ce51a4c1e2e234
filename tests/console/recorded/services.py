"""The recorded services on real sockets, so that being cut off and coming back are real."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from joserfc.jwk import OKPKey

from console.client.endpoints import Endpoints
from deploy.local.issuer import LocalIssuer
from services.contracts.events.campaigns import ProjectPhase
from services.contracts.http.campaigns import (
    CampaignPhase,
    CampaignSheet,
    CampaignView,
    Contacts,
    OptIns,
    Preview,
    ProjectView,
    Today,
)
from services.contracts.http.common import Problem
from tests.console.recorded import deciding, reading
from tests.console.recorded.panel import LETTER, NOW, Panel, campaign


def _face(panel: Panel) -> FastAPI:
    """Routes of every service, and its faults."""
    app = FastAPI()

    @app.middleware("http")
    async def trouble(request: Request, call_next: Any) -> Response:
        api = request.url.path.startswith("/api")
        if panel.cut_off:
            return Response("bad gateway", 502)
        if panel.signed_out and api:
            problem = Problem(title="NotSignedIn", status=401, detail="Sign in again.")
            return JSONResponse(problem.model_dump(), 401)
        if panel.preview_refusal and "preview" in request.url.path:
            return JSONResponse(panel.preview_refusal.model_dump(), panel.preview_refusal.status)
        if (
            panel.refusal
            and request.method in ("POST", "PUT")
            and "preview" not in request.url.path
        ):
            refusal = panel.refusal.model_dump()
            if panel.hostile:
                refusal = _written_by(panel.hostile, refusal)
            return JSONResponse(refusal, panel.refusal.status)
        answered: Any = await call_next(request)
        if panel.hostile and answered.headers.get("content-type") == "application/json":
            content = json.loads(b"".join([part async for part in answered.body_iterator]))
            return JSONResponse(_written_by(panel.hostile, content), answered.status_code)
        return cast("Response", answered)

    @app.get("/health/ready")
    async def ready() -> dict[str, bool]:
        return {"ready": True}

    @app.get("/api/hints")
    async def hints() -> StreamingResponse:
        return StreamingResponse(panel.hints(), media_type="text/event-stream")

    @app.get("/api/dead-letters")
    async def dead_letters() -> list[Any]:
        return []

    return app


# Fields that hold what a person wrote, or quote it.
_FREE = {
    *("title", "text", "words", "theme", "themes", "name", "role", "reason", "comment", "hint"),
    *("detail", "way_out", "errors", "blocked_by", "blocked_in_words", "decided_by", "drafted_by"),
    *("synthesised_by", "reader", "decision_maker", "summary", "note", "next_step", "owner"),
    *("nature", "why", "stakes", "objectives", "purpose", "who", "how", "terms", "reference"),
    *("fr", "en", "other", "change", "pseudonym"),
}


def _written_by(hostile: Callable[[str], str], content: Any, field: str = "") -> Any:
    """The same answer, with `hostile` made of every text in it."""
    if isinstance(content, dict):
        return {name: _written_by(hostile, inner, name) for name, inner in content.items()}
    if isinstance(content, list):
        return [_written_by(hostile, inner, field) for inner in content]
    return hostile(content) if isinstance(content, str) and field in _FREE else content


def feedback(panel: Panel) -> FastAPI:
    """On an address of its own: it has projects as well."""
    app = _face(panel)
    deciding.add_routes(app, panel)
    return app


def application(panel: Panel) -> FastAPI:
    """The other three services."""
    app = _face(panel)

    @app.get("/api/today")
    async def today() -> Today:
        return panel.today

    @app.get("/api/contacts")
    async def contacts() -> Contacts:
        return panel.contacts

    @app.get("/api/projects")
    async def projects() -> list[ProjectView]:
        return panel.projects

    @app.get("/api/projects/{id}")
    async def show_project(id: UUID) -> ProjectView:
        return panel.project(id)

    @app.get("/api/projects/{id}/campaigns")
    async def campaigns(id: UUID) -> list[CampaignView]:
        return [campaign for campaign in panel.campaigns if campaign.project_id == id]

    @app.get("/api/projects/{id}/opt-ins")
    async def opt_ins(id: UUID) -> OptIns:
        busy = id == LETTER.id
        return OptIns(
            answers=panel.answers if busy else [], per_day=panel.per_day if busy else [0] * 24
        )

    @app.post("/api/projects/{id}/publish")
    async def publish(id: UUID) -> ProjectView:
        panel.change(id, state=ProjectPhase.PUBLISHED)
        return panel.project(id)

    @app.post("/api/previews")
    async def previews(sheet: CampaignSheet) -> Preview:
        return panel.preview(sheet)

    @app.post("/api/campaigns/{id}/preview")
    async def preview_of(id: UUID) -> Preview:
        view = next(candidate for candidate in panel.campaigns if candidate.id == id)
        fields = view.model_dump(include=set(CampaignSheet.model_fields))
        return panel.preview(CampaignSheet(**fields))

    @app.post("/api/campaigns", status_code=201)
    async def write(sheet: CampaignSheet) -> CampaignView:
        view = campaign(sheet.title, sheet.project_id, sheet.wanted)
        panel.campaigns.append(view)
        return view

    @app.post("/api/launches")
    async def launch(request: Request) -> list[CampaignView]:
        ids = (await request.json())["campaign_ids"]
        panel.launches.append(ids)
        panel.campaigns = [
            candidate.model_copy(update={"state": CampaignPhase.LAUNCHED, "launched_at": NOW})
            if str(candidate.id) in ids
            else candidate
            for candidate in panel.campaigns
        ]
        return [candidate for candidate in panel.campaigns if str(candidate.id) in ids]

    reading.add_routes(app, panel)
    return app


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the test runner."""
        yield


@contextlib.asynccontextmanager
async def served(app: Any, port: int = 0) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    server = _Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=0))
    running = asyncio.create_task(server.serve([listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()


@contextlib.asynccontextmanager
async def stack(panel: Panel) -> AsyncIterator[Endpoints]:
    """All services and a real local issuer."""
    proxy = FastAPI()

    @proxy.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, str]:
        local = {"panel_local_people_endpoint": "people", "panel_local_approve_endpoint": "approve"}
        published = {
            "device_authorization_endpoint": "device_authorization",
            "token_endpoint": "token",
        } | ({} if panel.real_issuer else local)
        return {name: f"{issuer}/{path}" for name, path in published.items()}

    async with (
        served(application(panel)) as services,
        served(feedback(panel)) as decisions,
        served(proxy) as issuer,
    ):
        proxy.mount("/", LocalIssuer(OKPKey.generate_key("Ed25519"), issuer).app)
        down = "http://127.0.0.1:9"
        yield Endpoints(
            campaigns=services,
            issuer=issuer,
            **{
                name: down if name in panel.silent else there
                for name, there in (
                    ("registry", services),
                    ("responses", services),
                    ("feedback", decisions),
                )
            },
        )
