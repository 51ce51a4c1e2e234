"""The staff API as typed calls: contract models in, contract models out, problems as types.

Imports httpx and the contracts, which cost more than Textual itself: load it after the first paint.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import urlencode
from uuid import UUID

import httpx
from pydantic import TypeAdapter, ValidationError

from console.client.endpoints import SERVICES, Endpoints
from console.client.problems import Refused, SignedOut, Unreachable
from console.client.transport import open_client
from services.contracts.http import Command
from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    Contacts,
    Launch,
    OptIns,
    Preview,
    ProjectView,
    Today,
)
from services.contracts.http.common import DeadLetter, Problem
from services.contracts.http.feedback import (
    DecisionView,
    ProjectAccount,
    ProjectStanding,
    PublishReport,
    RecordFollowUp,
    ReportPreview,
    ReportView,
    SignDecision,
    WriteDecision,
    WriteReport,
)
from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.reading import (
    AttentionView,
    ContributionPage,
    ContributionView,
    Moderate,
    NextReading,
    RecordReading,
)
from services.contracts.http.registry import DeliveryCounts, MemberCounts
from services.contracts.http.responses import CollectionView, DocumentView

T = TypeVar("T")

_UNAUTHORIZED = 401
_GATEWAYS = {502, 503, 504}


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


class Client:
    """Every call raises Refused, Unreachable or SignedOut, and nothing else that is expected."""

    def __init__(
        self, endpoints: Endpoints, token: Callable[[], str | None], language: Callable[[], str]
    ) -> None:
        self.endpoints = endpoints
        self._token = token
        self._language = language
        addresses = [endpoints.of(name) for name in SERVICES]
        self._http = open_client(*addresses, authority=endpoints.authority)

    async def close(self) -> None:
        await self._http.aclose()

    def headers(self) -> dict[str, str]:
        token = self._token()
        return {"Accept-Language": self._language()} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

    async def today(self) -> Today:
        return await self._get("campaigns", "/api/today", Today)

    async def projects(self) -> list[ProjectView]:
        return await self._get("campaigns", "/api/projects", list[ProjectView])

    async def project(self, project_id: UUID) -> ProjectView:
        return await self._get("campaigns", f"/api/projects/{project_id}", ProjectView)

    async def campaigns(self, project_id: UUID) -> list[CampaignView]:
        path = f"/api/projects/{project_id}/campaigns"
        return await self._get("campaigns", path, list[CampaignView])

    async def opt_ins(self, project_id: UUID) -> OptIns:
        return await self._get("campaigns", f"/api/projects/{project_id}/opt-ins", OptIns)

    async def contacts(self) -> Contacts:
        return await self._get("campaigns", "/api/contacts", Contacts)

    async def publish(self, project_id: UUID) -> ProjectView:
        return await self._post("campaigns", f"/api/projects/{project_id}/publish", ProjectView)

    async def preview(self, sheet: CampaignSheet) -> Preview:
        return await self._post("campaigns", "/api/previews", Preview, sheet)

    async def preview_of(self, campaign_id: UUID) -> Preview:
        return await self._post("campaigns", f"/api/campaigns/{campaign_id}/preview", Preview)

    async def write_campaign(self, sheet: CampaignSheet) -> CampaignView:
        return await self._post("campaigns", "/api/campaigns", CampaignView, sheet)

    async def launch(self, order: Launch) -> list[CampaignView]:
        return await self._post("campaigns", "/api/launches", list[CampaignView], order)

    async def members(self) -> MemberCounts:
        return await self._get("registry", "/api/members/counts", MemberCounts)

    async def deliveries(self) -> DeliveryCounts:
        return await self._get("registry", "/api/deliveries/counts", DeliveryCounts)

    async def collections(self) -> list[CollectionView]:
        return await self._get("responses", "/api/collections", list[CollectionView])

    async def collection(self, project_id: UUID) -> CollectionView:
        return await self._get("responses", f"/api/collections/{project_id}", CollectionView)

    async def documents(self, project_id: UUID) -> list[DocumentView]:
        path = f"/api/collections/{project_id}/documents"
        return await self._get("responses", path, list[DocumentView])

    async def attention(self, project_id: UUID) -> AttentionView:
        path = f"/api/collections/{project_id}/attention"
        return await self._get("responses", path, AttentionView)

    async def next_reading(self, project_id: UUID) -> NextReading:
        path = f"/api/collections/{project_id}/readings/next"
        return await self._get("responses", path, NextReading)

    async def contributions(self, project_id: UUID, words: str) -> ContributionPage:
        path = f"/api/collections/{project_id}/contributions?{urlencode({'search': words})}"
        return await self._get("responses", path, ContributionPage)

    async def contribution(self, id: UUID, show_hidden: bool) -> ContributionView:
        path = f"/api/contributions/{id}" + ("?hidden=show" if show_hidden else "")
        return await self._get("responses", path, ContributionView)

    async def record_reading(self, id: UUID, said: RecordReading) -> ContributionView:
        path = f"/api/contributions/{id}/readings"
        return await self._post("responses", path, ContributionView, said)

    async def moderate(self, id: UUID, asked: Moderate) -> ContributionView:
        path = f"/api/contributions/{id}/moderation"
        return await self._post("responses", path, ContributionView, asked)

    async def board(self, project_id: UUID) -> ProposalBoard:
        path = f"/api/collections/{project_id}/proposals"
        return await self._get("responses", path, ProposalBoard)

    async def draft_proposal(self, project_id: UUID, written: WriteProposal) -> ProposalView:
        path = f"/api/collections/{project_id}/proposals"
        return await self._post("responses", path, ProposalView, written)

    async def edit_proposal(self, id: UUID, written: WriteProposal) -> ProposalView:
        return await self._ask("PUT", "responses", f"/api/proposals/{id}", ProposalView, written)

    async def merge_proposal(self, id: UUID, asked: MergeProposal) -> ProposalView:
        return await self._post("responses", f"/api/proposals/{id}/merge", ProposalView, asked)

    async def unmerge_proposal(self, id: UUID, asked: UnmergeProposal) -> ProposalView:
        return await self._post("responses", f"/api/proposals/{id}/unmerge", ProposalView, asked)

    async def supporters(self, proposal_id: UUID) -> ContributionPage:
        path = f"/api/proposals/{proposal_id}/contributions"
        return await self._get("responses", path, ContributionPage)

    async def synthesise(self, project_id: UUID, asked: Synthesise) -> ProposalBoard:
        path = f"/api/collections/{project_id}/synthesis"
        return await self._post("responses", path, ProposalBoard, asked)

    async def standings(self) -> list[ProjectStanding]:
        return await self._get("feedback", "/api/projects", list[ProjectStanding])

    async def account(self, project_id: UUID) -> ProjectAccount:
        return await self._get("feedback", f"/api/projects/{project_id}", ProjectAccount)

    async def write_decision(self, proposal_id: UUID, written: WriteDecision) -> DecisionView:
        path = f"/api/proposals/{proposal_id}/decision"
        return await self._ask("PUT", "feedback", path, DecisionView, written)

    async def sign_decision(self, proposal_id: UUID, read: SignDecision) -> DecisionView:
        path = f"/api/proposals/{proposal_id}/decision/signature"
        return await self._post("feedback", path, DecisionView, read)

    async def follow_up(self, proposal_id: UUID, step: RecordFollowUp) -> DecisionView:
        path = f"/api/proposals/{proposal_id}/follow-up"
        return await self._post("feedback", path, DecisionView, step)

    async def write_report(self, project_id: UUID, written: WriteReport) -> ReportView:
        path = f"/api/projects/{project_id}/report"
        return await self._ask("PUT", "feedback", path, ReportView, written)

    async def report_preview(self, project_id: UUID) -> ReportPreview:
        path = f"/api/projects/{project_id}/report/preview"
        return await self._get("feedback", path, ReportPreview)

    async def publish_report(self, project_id: UUID, read: PublishReport) -> ProjectAccount:
        path = f"/api/projects/{project_id}/report/publication"
        return await self._post("feedback", path, ProjectAccount, read)

    async def dead_letters(self, service: str) -> list[DeadLetter]:
        return await self._get(service, "/api/dead-letters", list[DeadLetter])

    async def answers(self, service: str) -> bool:
        """Whether a service is there and ready to work."""
        try:
            response = await self._http.get(f"{self.endpoints.of(service)}/health/ready", timeout=2)
        except (httpx.HTTPError, httpx.InvalidURL):
            return False
        return response.is_success

    def stream(self, service: str, path: str) -> Any:
        """An open response whose lines are read as they come; the caller handles httpx errors."""
        # No read timeout: the caller judges silence by the heartbeats.
        return self._http.stream(
            "GET",
            self.endpoints.of(service) + path,
            headers=self.headers() | {"Accept": "text/event-stream"},
            timeout=httpx.Timeout(None, connect=2),
        )

    async def _get(self, service: str, path: str, model: type[T]) -> T:
        return await self._ask("GET", service, path, model, None)

    async def _post(
        self, service: str, path: str, model: type[T], command: Command | None = None
    ) -> T:
        return await self._ask("POST", service, path, model, command)

    async def _ask(
        self, method: str, service: str, path: str, model: type[T], command: Command | None
    ) -> T:
        headers = self.headers()
        content = None
        if command is not None:
            content = command.model_dump_json(exclude_none=True)
            headers["Content-Type"] = "application/json"
        try:
            response = await self._http.request(
                method, self.endpoints.of(service) + path, content=content, headers=headers
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(service) from error
        if response.is_success:
            try:
                answer: T = _adapter(cast("Any", model)).validate_json(response.content)
            except ValidationError as error:
                raise Unreachable(service) from error
            return answer
        raise _problem(service, response)


def _problem(service: str, response: httpx.Response) -> Refused | SignedOut | Unreachable:
    if response.status_code == _UNAUTHORIZED:
        return SignedOut()
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        # Not problem details: something between us and the service answered.
        return Unreachable(service)
    if response.status_code in _GATEWAYS:
        return Unreachable(service)
    return Refused(problem.detail, problem.way_out, tuple(problem.errors), problem.status)
