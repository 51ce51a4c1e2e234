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

from deploy.demo.waiting import WaitsItsTurn
from deploy.local.endpoints import SERVICES, Endpoints
from deploy.local.errors import TRUSTED
from deploy.local.issuer import PEOPLE, Person, mint
from deploy.local.keys import keys_in
from services.contracts.accounts import account_code
from services.contracts.http.campaigns import (
    CampaignSheet,
    CampaignView,
    ChangeDecisionMaker,
    Contacts,
    EndEarly,
    Launch,
    OptIns,
    Preview,
    ProjectSheet,
    ProjectView,
    Today,
)
from services.contracts.http.common import DeadLetter, Me, Problem, Replay, Republished, Role
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
from services.contracts.http.journal import CorrectEntry, Recorded
from services.contracts.http.proposals import (
    MergeProposal,
    ProposalBoard,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.reading import (
    AttentionView,
    ContributionPage,
    ContributionView,
    Moderate,
    NextReading,
    ReadingsWanted,
    RecordReading,
    SessionNote,
)
from services.contracts.http.registry import (
    DeliveryCounts,
    Erasure,
    ImportReport,
    MailReplies,
    MemberCounts,
)
from services.contracts.http.responses import (
    CollectionView,
    DocumentView,
    ImportedQuestionnaire,
)
from services.contracts.http.results import CrossTable, ResultsView
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
        self._tokens: dict[Person, str] = {}
        self._http = httpx.AsyncClient(
            timeout=SECONDS,
            trust_env=False,
            transport=WaitsItsTurn(verify=TRUSTED, trust_env=False),
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
        accept_month: bool = False,
    ) -> ImportReport:
        return await self._call(
            Role.REGISTRY,
            "registry",
            "POST",
            "/members/imports",
            ImportReport,
            content=content,
            params={
                "dry_run": dry_run,
                "accept_valid": accept_valid,
                "accept_month": accept_month,
            },
            headers={"Content-Type": "text/csv"},
        )

    async def erase_member(self, member_id: UUID) -> Erasure:
        path = f"/members/{member_id}/erasure"
        return await self._call(Role.REGISTRY, "registry", "POST", path, Erasure)

    async def member_counts(self) -> MemberCounts:
        return await self._call(Role.REGISTRY, "registry", "GET", "/members/counts", MemberCounts)

    async def delivery_counts(self) -> DeliveryCounts:
        path = "/deliveries/counts"
        return await self._call(Role.REGISTRY, "registry", "GET", path, DeliveryCounts)

    async def mail_replies(self) -> MailReplies:
        path = "/deliveries/replies"
        return await self._call(Role.REGISTRY, "registry", "GET", path, MailReplies)

    async def create_project(self, sheet: ProjectSheet) -> ProjectView:
        """A decision maker of this panel's own issuer needs no account in the sheet."""
        maker = sheet.mandate.decision_maker
        named = maker.model_copy(update={"account": maker.account or self.account_of(maker.name)})
        mandate = sheet.mandate.model_copy(update={"decision_maker": named})
        filled = sheet.model_copy(update={"mandate": mandate})
        return await self._campaigns("POST", "/projects", ProjectView, filled)

    def account_of(self, name: str) -> str:
        """Of a person of this panel's own issuer; empty where nobody has that name."""
        found = next((one for one in PEOPLE if one.name == name.strip()), None)
        return account_code(self._endpoints.issuer.url, found.id) if found else ""

    async def me(self, who: Person) -> Me:
        return await self._call(Role.CAMPAIGNS, "campaigns", "GET", "/me", Me, who=who)

    async def people(self) -> list[Me]:
        return [await self.me(one) for one in PEOPLE]

    async def publish_project(self, id: UUID) -> ProjectView:
        return await self._campaigns("POST", f"/projects/{id}/publish", ProjectView)

    async def change_decision_maker(self, id: UUID, asked: ChangeDecisionMaker) -> ProjectView:
        return await self._campaigns("PUT", f"/projects/{id}/decision-maker", ProjectView, asked)

    async def end_early(self, id: UUID, asked: EndEarly) -> ProjectView:
        return await self._campaigns("POST", f"/projects/{id}/end", ProjectView, asked)

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

    async def collection(self, project_id: UUID) -> CollectionView:
        path = f"/collections/{project_id}"
        return await self._call(Role.CAMPAIGNS, "responses", "GET", path, CollectionView)

    async def import_questionnaire(self, format: str, content: bytes) -> ImportedQuestionnaire:
        path, shape = f"/questionnaires/imports?format={format}", ImportedQuestionnaire
        return await self._call(Role.CAMPAIGNS, "responses", "POST", path, shape, content=content)

    async def documents(self, project_id: UUID) -> list[DocumentView]:
        path = f"/collections/{project_id}/documents"
        return await self._call(Role.CAMPAIGNS, "responses", "GET", path, list[DocumentView])

    async def add_document(
        self, project_id: UUID, title: str, content: bytes, media_type: str
    ) -> DocumentView:
        path = f"/collections/{project_id}/documents"
        asked = {
            "params": {"title": title},
            "content": content,
            "headers": {"Content-Type": media_type},
        }
        return await self._call(Role.CAMPAIGNS, "responses", "POST", path, DocumentView, **asked)

    async def want_readings(self, project_id: UUID, readings: int) -> CollectionView:
        path = f"/collections/{project_id}/readings-wanted"
        asked = ReadingsWanted(readings_wanted=readings)
        return await self._reading("PUT", path, CollectionView, asked)

    async def take_note(self, project_id: UUID, note: SessionNote) -> ContributionView:
        path = f"/collections/{project_id}/notes"
        return await self._reading("POST", path, ContributionView, note)

    async def make_ready(self, project_id: UUID) -> CollectionView:
        path = f"/collections/{project_id}/ready"
        return await self._call(Role.CAMPAIGNS, "responses", "POST", path, CollectionView)

    async def next_reading(self, project_id: UUID, reader: Person | None = None) -> NextReading:
        path = f"/collections/{project_id}/readings/next"
        return await self._reading("GET", path, NextReading, who=reader)

    async def record_reading(
        self, contribution_id: UUID, said: RecordReading, reader: Person | None = None
    ) -> ContributionView:
        path = f"/contributions/{contribution_id}/readings"
        return await self._reading("POST", path, ContributionView, said, who=reader)

    async def moderate(self, contribution_id: UUID, asked: Moderate) -> ContributionView:
        path = f"/contributions/{contribution_id}/moderation"
        return await self._reading("POST", path, ContributionView, asked)

    async def contributions(
        self, project_id: UUID, search: str | None = None, *, unread: bool = False
    ) -> ContributionPage:
        path = f"/collections/{project_id}/contributions"
        asked = {"unread": unread} | ({"search": search} if search else {})
        return await self._reading("GET", path, ContributionPage, params=asked)

    async def attention(self, project_id: UUID) -> AttentionView:
        path = f"/collections/{project_id}/attention"
        return await self._reading("GET", path, AttentionView)

    async def proposal_board(self, project_id: UUID) -> ProposalBoard:
        path = f"/collections/{project_id}/proposals"
        return await self._reading("GET", path, ProposalBoard)

    async def draft_proposal(self, project_id: UUID, written: WriteProposal) -> ProposalView:
        path = f"/collections/{project_id}/proposals"
        return await self._reading("POST", path, ProposalView, written)

    async def edit_proposal(self, proposal_id: UUID, written: WriteProposal) -> ProposalView:
        return await self._reading("PUT", f"/proposals/{proposal_id}", ProposalView, written)

    async def merge_proposal(self, proposal_id: UUID, asked: MergeProposal) -> ProposalView:
        path = f"/proposals/{proposal_id}/merge"
        return await self._reading("POST", path, ProposalView, asked)

    async def unmerge_proposal(self, proposal_id: UUID, asked: UnmergeProposal) -> ProposalView:
        path = f"/proposals/{proposal_id}/unmerge"
        return await self._reading("POST", path, ProposalView, asked)

    async def synthesise(self, project_id: UUID, asked: Synthesise) -> ProposalBoard:
        path = f"/collections/{project_id}/synthesis"
        return await self._reading("POST", path, ProposalBoard, asked)

    async def results(self, project_id: UUID) -> ResultsView:
        path = f"/collections/{project_id}/results"
        return await self._reading("GET", path, ResultsView)

    async def cross_results(self, project_id: UUID, rows: str, columns: str) -> CrossTable:
        path = f"/collections/{project_id}/results/cross"
        asked = {"rows": rows, "columns": columns}
        return await self._reading("GET", path, CrossTable, params=asked)

    async def export_results(
        self, project_id: UUID, format: str, cross: tuple[str, str] | None = None
    ) -> bytes:
        """The file, all questions or the cross-table of two."""
        asked = {"format": format} | ({"rows": cross[0], "columns": cross[1]} if cross else {})
        path = f"/collections/{project_id}/results/export"
        answer = await self._request(Role.ANALYSIS, "responses", "GET", path, params=asked)
        return answer.content

    async def export_contributions(self, project_id: UUID, format: str) -> bytes:
        path = f"/collections/{project_id}/contributions/export"
        asked = {"format": format}
        answer = await self._request(Role.ANALYSIS, "responses", "GET", path, params=asked)
        return answer.content

    async def standings(self, who: Person | None = None) -> list[ProjectStanding]:
        path, shape = "/projects", list[ProjectStanding]
        return await self._feedback(Role.CAMPAIGNS, "GET", path, shape, who=who)

    async def account(self, project_id: UUID, who: Person | None = None) -> ProjectAccount:
        path = f"/projects/{project_id}"
        return await self._feedback(Role.CAMPAIGNS, "GET", path, ProjectAccount, who=who)

    async def write_decision(
        self, proposal_id: UUID, written: WriteDecision, who: Person | None = None
    ) -> DecisionView:
        path = f"/proposals/{proposal_id}/decision"
        return await self._feedback(Role.ANALYSIS, "PUT", path, DecisionView, written, who)

    async def sign_decision(
        self, proposal_id: UUID, read: SignDecision, who: Person | None = None
    ) -> DecisionView:
        path = f"/proposals/{proposal_id}/decision/signature"
        return await self._feedback(Role.DECISION, "POST", path, DecisionView, read, who)

    async def write_report(
        self, project_id: UUID, written: WriteReport, who: Person | None = None
    ) -> ReportView:
        path = f"/projects/{project_id}/report"
        return await self._feedback(Role.ANALYSIS, "PUT", path, ReportView, written, who)

    async def preview_report(self, project_id: UUID, who: Person | None = None) -> ReportPreview:
        path = f"/projects/{project_id}/report/preview"
        return await self._feedback(Role.ANALYSIS, "GET", path, ReportPreview, who=who)

    async def publish_report(
        self, project_id: UUID, read: PublishReport, who: Person | None = None
    ) -> ProjectAccount:
        path = f"/projects/{project_id}/report/publication"
        return await self._feedback(Role.DECISION, "POST", path, ProjectAccount, read, who)

    async def record_follow_up(
        self, proposal_id: UUID, step: RecordFollowUp, who: Person | None = None
    ) -> DecisionView:
        path = f"/proposals/{proposal_id}/follow-up"
        return await self._feedback(Role.CAMPAIGNS, "POST", path, DecisionView, step, who)

    async def correct_entry(self, correction: CorrectEntry) -> Recorded:
        path = "/journal/corrections"
        return await self._feedback(Role.DECISION, "POST", path, Recorded, correction)

    async def dead_letters(self, service: str) -> list[DeadLetter]:
        return await self._call(Role.OPERATIONS, service, "GET", "/dead-letters", list[DeadLetter])

    async def replay(self, service: str, id: int) -> Replay:
        path = f"/dead-letters/{id}/replay"
        return await self._call(Role.OPERATIONS, service, "POST", path, Replay)

    async def republish(self, service: str) -> Republished:
        return await self._call(Role.OPERATIONS, service, "POST", "/republish", Republished)

    async def all_dead_letters(self) -> dict[str, list[DeadLetter]]:
        return {service: await self.dead_letters(service) for service in SERVICES}

    async def _reading(
        self,
        method: str,
        path: str,
        shape: type[T],
        body: BaseModel | None = None,
        **request: Any,
    ) -> T:
        sent = request | (_json(body) if body else {})
        return await self._call(Role.ANALYSIS, "responses", method, path, shape, **sent)

    async def _feedback(
        self,
        role: Role,
        method: str,
        path: str,
        shape: type[T],
        body: BaseModel | None = None,
        who: Person | None = None,
    ) -> T:
        sent = _json(body) if body else {}
        return await self._call(role, "feedback", method, path, shape, who=who, **sent)

    async def _campaigns(
        self, method: str, path: str, shape: type[T], body: BaseModel | None = None
    ) -> T:
        sent = _json(body) if body else {}
        return await self._call(Role.CAMPAIGNS, "campaigns", method, path, shape, **sent)

    async def _call(
        self, role: Role, service: str, method: str, path: str, shape: type[T], **request: Any
    ) -> T:
        answer = await self._request(role, service, method, path, **request)
        return TypeAdapter(shape).validate_json(answer.content)

    async def _request(
        self,
        role: Role,
        service: str,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        who: Person | None = None,
        **request: Any,
    ) -> httpx.Response:
        """As `who`, or as the first person who holds the role."""
        try:
            answer = await self._http.request(
                method,
                f"{self._endpoints.url(service)}/api{path}",
                headers={"Authorization": f"Bearer {self._token(who or holder(role))}"}
                | (headers or {}),
                **request,
            )
        except httpx.TransportError as error:
            raise ServiceUnreachable(service=service) from error
        if not answer.is_success:
            raise ServiceRefused(_problem(answer))
        return answer

    def _token(self, who: Person) -> str:
        if who not in self._tokens:
            self._tokens[who] = mint(self._key, self._endpoints.issuer.url, who)
        return self._tokens[who]


def holder(role: Role) -> Person:
    return next(one for one in PEOPLE if role in one.roles)


def _json(body: BaseModel) -> dict[str, Any]:
    return {"json": body.model_dump(mode="json")}


def _problem(answer: httpx.Response) -> Problem:
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return Problem(title="", status=answer.status_code, detail=f"HTTP {answer.status_code}")
