"""The services' staff routes as functions, for the command line and the demonstration.

Each call is made as a person of the local issuer who holds the role it needs, so the same checks
apply as to anybody else.
"""

from collections.abc import AsyncIterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from deploy.local.endpoints import SERVICES, Endpoints
from deploy.local.errors import NO_TLS
from deploy.local.issuer import PEOPLE, mint
from deploy.local.keys import keys_in
from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    Contacts,
    Launch,
    OptIns,
    Preview,
    ProjectSheet,
    ProjectView,
    Today,
)
from services.contracts.http.common import DeadLetter, Problem, Replay, Republished, Role
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.registry import DeliveryCounts, ImportReport, MemberCounts
from services.contracts.http.responses import CollectionView
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

T = TypeVar("T")
SECONDS = 120.0


class ServiceRefused(Refusal):
    """What a service answered, in the words that it chose in the language asked for."""

    sentence = Text(fr="Le service a refusé.", en="The service refused.")

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem

    def say(self, language: Language) -> str:
        return self.problem.detail

    def say_way_out(self, language: Language) -> str | None:
        return self.problem.way_out

    def details(self, language: Language) -> list[str]:
        return self.problem.errors


class ServiceUnreachable(Refusal):
    status = 503
    sentence = Text(
        fr="Le service {service} ne répond pas.", en="The service {service} does not answer."
    )
    way_out = Text(
        fr="Il redémarre peut-être : réessayez dans un instant.",
        en="It may be starting again: try in a moment.",
    )


class Staff:
    """Raises ServiceRefused and ServiceUnreachable."""

    def __init__(self, endpoints: Endpoints, language: Language) -> None:
        self._endpoints = endpoints
        self._key = keys_in(endpoints.data_dir).issuer
        self._tokens: dict[Role, str] = {}
        self._http = httpx.AsyncClient(
            timeout=SECONDS,
            trust_env=False,
            verify=NO_TLS,
            headers={"Accept-Language": language},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def import_members(
        self,
        content: bytes | AsyncIterable[bytes],
        *,
        dry_run: bool = False,
        accept_valid: bool = False,
    ) -> ImportReport:
        return await self._call(
            Role.REGISTRY,
            "registry",
            "POST",
            "/members/imports",
            ImportReport,
            content=content,
            params={"dry_run": dry_run, "accept_valid": accept_valid},
            headers={"Content-Type": "text/csv"},
        )

    async def member_counts(self) -> MemberCounts:
        return await self._call(Role.REGISTRY, "registry", "GET", "/members/counts", MemberCounts)

    async def delivery_counts(self) -> DeliveryCounts:
        path = "/deliveries/counts"
        return await self._call(Role.REGISTRY, "registry", "GET", path, DeliveryCounts)

    async def create_project(self, sheet: ProjectSheet) -> ProjectView:
        return await self._campaigns("POST", "/projects", ProjectView, sheet)

    async def publish_project(self, id: UUID) -> ProjectView:
        return await self._campaigns("POST", f"/projects/{id}/publish", ProjectView)

    async def projects(self) -> list[ProjectView]:
        return await self._campaigns("GET", "/projects", list[ProjectView])

    async def project(self, id: UUID) -> ProjectView:
        return await self._campaigns("GET", f"/projects/{id}", ProjectView)

    async def opt_ins(self, project_id: UUID) -> OptIns:
        return await self._campaigns("GET", f"/projects/{project_id}/opt-ins", OptIns)

    async def campaigns_of(self, project_id: UUID) -> list[CampaignView]:
        path = f"/projects/{project_id}/campaigns"
        return await self._campaigns("GET", path, list[CampaignView])

    async def create_campaign(self, sheet: CampaignSheet) -> CampaignView:
        return await self._campaigns("POST", "/campaigns", CampaignView, sheet)

    async def preview(self, campaign_id: UUID) -> Preview:
        return await self._campaigns("POST", f"/campaigns/{campaign_id}/preview", Preview)

    async def launch(self, campaign_ids: Sequence[UUID]) -> list[CampaignView]:
        body = Launch(campaign_ids=list(campaign_ids))
        return await self._campaigns("POST", "/launches", list[CampaignView], body)

    async def contacts(self) -> Contacts:
        return await self._campaigns("GET", "/contacts", Contacts)

    async def today(self) -> Today:
        return await self._campaigns("GET", "/today", Today)

    async def collections(self) -> list[CollectionView]:
        return await self._call(
            Role.CAMPAIGNS, "responses", "GET", "/collections", list[CollectionView]
        )

    async def write_questionnaire(self, project_id: UUID, sheet: Questionnaire) -> CollectionView:
        path = f"/collections/{project_id}/questionnaire"
        return await self._call(
            Role.CAMPAIGNS, "responses", "PUT", path, CollectionView, **_json(sheet)
        )

    async def make_ready(self, project_id: UUID) -> CollectionView:
        path = f"/collections/{project_id}/ready"
        return await self._call(Role.CAMPAIGNS, "responses", "POST", path, CollectionView)

    async def dead_letters(self, service: str) -> list[DeadLetter]:
        return await self._call(Role.OPERATIONS, service, "GET", "/dead-letters", list[DeadLetter])

    async def replay(self, service: str, id: int) -> Replay:
        path = f"/dead-letters/{id}/replay"
        return await self._call(Role.OPERATIONS, service, "POST", path, Replay)

    async def republish(self, service: str) -> Republished:
        return await self._call(Role.OPERATIONS, service, "POST", "/republish", Republished)

    async def all_dead_letters(self) -> dict[str, list[DeadLetter]]:
        return {service: await self.dead_letters(service) for service in SERVICES}

    async def _campaigns(
        self, method: str, path: str, shape: type[T], body: BaseModel | None = None
    ) -> T:
        sent = _json(body) if body else {}
        return await self._call(Role.CAMPAIGNS, "campaigns", method, path, shape, **sent)

    async def _call(
        self,
        role: Role,
        service: str,
        method: str,
        path: str,
        shape: type[T],
        *,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> T:
        try:
            answer = await self._http.request(
                method,
                f"{self._endpoints.url(service)}/api{path}",
                headers={"Authorization": f"Bearer {self._token(role)}"} | (headers or {}),
                **request,
            )
        except httpx.TransportError as error:
            raise ServiceUnreachable(service=service) from error
        if not answer.is_success:
            raise ServiceRefused(_problem(answer))
        return TypeAdapter(shape).validate_json(answer.content)

    def _token(self, role: Role) -> str:
        if role not in self._tokens:
            who = next(one for one in PEOPLE if role in one.roles)
            self._tokens[role] = mint(self._key, self._endpoints.issuer.url, who)
        return self._tokens[role]


def _json(body: BaseModel) -> dict[str, Any]:
    return {"json": body.model_dump(mode="json")}


def _problem(answer: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return Problem(title="", status=answer.status_code, detail=f"HTTP {answer.status_code}")
