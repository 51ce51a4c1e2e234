"""The world of feedback's tests: a synthesised project, and staff who decide on its proposals."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from joserfc.jwk import OKPKey
from pydantic import SecretStr

from services.contracts.events.campaigns import DecisionMaker, Mandate, ProjectPhase, ProjectState
from services.contracts.events.responses import (
    AttentionFigures,
    CollectionPhase,
    CollectionState,
    ListedProposal,
    ProposalState,
)
from services.contracts.http.common import Role
from services.contracts.http.feedback import DecisionView, ProjectAccount
from services.feedback.app import build
from services.feedback.projects import use_cases as projects
from services.feedback.settings import FeedbackSettings
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.service import Service
from tests.support import databases
from tests.support.running import Issuer, free_port, signing_in
from tests.support.servers import PostgresServer

TODAY = date(2027, 1, 12)
COLLECTION_ENDED = TODAY - timedelta(days=20)
PUBLIC = "https://account.example"
ORIGIN = "account.example/journal"
JOURNAL_KEY = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
BERNARD = "M. Bernard"
INES = "Inès B."
RETAINED: dict[str, Any] = {
    "outcome": "retained",
    "reason": "Quatre appels sur dix viennent de là.",
    "next_step": "Récrire le premier paragraphe",
    "due_on": "2027-04-01",
    "owner": "Service du courrier",
}
NOT_RETAINED: dict[str, Any] = {"outcome": "not", "reason": "La loi impose cette phrase."}


def project_state(
    project_id: UUID, state: str = "collected", version: int = 5, **changes: Any
) -> ProjectState:
    texts = dict.fromkeys(Mandate.model_fields, "…")
    maker = DecisionMaker(name=changes.pop("maker", BERNARD), role="directeur")
    return ProjectState(
        version=version,
        project_id=project_id,
        state=ProjectPhase(state),
        mandate=Mandate.model_validate(
            texts
            | {
                "title": changes.pop("title", "La lettre"),
                "compensation": None,
                "decision_maker": maker,
            }
        ),
        recruitment_ends_on=COLLECTION_ENDED - timedelta(days=20),
        collection_ends_on=COLLECTION_ENDED,
        **{"asked": 400, "joined": 87, "credentials_issued": 80, "draw_commitments": ["ab" * 32]}
        | changes,
    )


def proposal_state(
    project_id: UUID, title: str, version: int = 1, id: UUID | None = None
) -> ProposalState:
    return ProposalState(
        version=version,
        proposal_id=id or uuid4(),
        project_id=project_id,
        title=title,
        text=f"Il faudrait : {title}.",
        support=12,
    )


def collection_state(
    project_id: UUID,
    listed: Sequence[ProposalState] | None,
    version: int = 9,
    contributions: int = 61,
    unread: int = 0,
) -> CollectionState:
    """Synthesised with that list, or ended while there is none."""
    synthesised = listed is not None
    return CollectionState(
        version=version,
        project_id=project_id,
        state=CollectionPhase.SYNTHESISED if synthesised else CollectionPhase.ENDED,
        contributions=contributions,
        unread=unread,
        attention=AttentionFigures(readings_wanted=1, coverage=1.0, median_delay_days=3.0)
        if synthesised
        else None,
        proposals=[
            ListedProposal(id=proposal.proposal_id, version=proposal.version) for proposal in listed
        ]
        if listed is not None
        else None,
    )


async def refused_by(world: "World", constraint: str, *statements: str) -> None:
    """Assert that the database refuses the statements by this constraint or trigger."""
    with pytest.raises(asyncpg.PostgresError) as violated:
        await world.execute(*statements)
    assert violated.value.constraint_name == constraint


@dataclass
class World:
    service: Service
    client: httpx.AsyncClient
    issuer: Issuer
    project_id: UUID = field(default_factory=uuid4)
    proposals: list[ProposalState] = field(default_factory=list)

    def on(self, day: date) -> None:
        clock = self.service.clock
        assert isinstance(clock, SharedClock)
        clock.change(lambda _: ClockSetting(stopped_at=datetime.combine(day, time(12), UTC)))

    async def receive(self, *events: ProjectState | CollectionState | ProposalState) -> None:
        """Apply events as the inbox does: one transaction for each."""
        clock = self.service.clock
        for event in events:
            async with self.service.database.transaction() as conn:
                match event:
                    case ProjectState():
                        await projects.apply_project_states(conn, clock, [self.with_account(event)])
                    case CollectionState():
                        await projects.apply_collection_states(conn, clock, [event])
                    case ProposalState():
                        await projects.apply_proposal_states(conn, clock, [event])

    def with_account(self, state: ProjectState) -> ProjectState:
        """Give the decision maker the account that the tests' issuer has for the name."""
        maker = state.mandate.decision_maker
        account = maker.account or self.issuer.account(maker.name)
        with_account = maker.model_copy(update={"account": account})
        mandate = state.mandate.model_copy(update={"decision_maker": with_account})
        return state.model_copy(update={"mandate": mandate})

    async def synthesised(self, *titles: str) -> list[ProposalState]:
        """The project is collected, and its synthesis lists these proposals."""
        self.proposals = [proposal_state(self.project_id, title) for title in titles]
        await self.receive(
            project_state(self.project_id),
            *self.proposals,
            collection_state(self.project_id, self.proposals),
        )
        return self.proposals

    def as_(self, name: str, *roles: Role, subject: str | None = None) -> dict[str, str]:
        return self.issuer.headers(*(roles or (Role.DECISION,)), name=name, subject=subject)

    async def draft(
        self,
        proposal_id: UUID,
        name: str = INES,
        version: int = 0,
        subject: str | None = None,
        **fields: Any,
    ) -> httpx.Response:
        return await self.client.put(
            f"/api/proposals/{proposal_id}/decision",
            json=(fields or RETAINED) | {"version": version},
            headers=self.as_(name, Role.ANALYSIS, subject=subject),
        )

    async def sign(
        self,
        proposal_id: UUID,
        name: str = BERNARD,
        version: int = 1,
        subject: str | None = None,
    ) -> httpx.Response:
        return await self.client.post(
            f"/api/proposals/{proposal_id}/decision/signature",
            json={"version": version},
            headers=self.as_(name, subject=subject),
        )

    async def follow(self, proposal_id: UUID, progress: str, **more: Any) -> httpx.Response:
        (view,) = [
            decision
            for decision in (await self.account()).decisions
            if decision.proposal_id == proposal_id
        ]
        return await self.client.post(
            f"/api/proposals/{proposal_id}/follow-up",
            json={"version": view.version, "progress": progress} | more,
            headers=self.as_("Claire D.", Role.CAMPAIGNS),
        )

    async def decide(self, proposal_id: UUID, version: int = 0, **fields: Any) -> None:
        """Draft as Inès and sign as M. Bernard."""
        drafted = await self.draft(proposal_id, version=version, **fields)
        assert drafted.is_success, drafted.text
        signed = await self.sign(proposal_id, version=version + 1)
        assert signed.is_success, signed.text

    async def summarise(self, summary: str = "Nous avons lu chacun.", version: int = 0) -> Any:
        return await self.client.put(
            f"/api/projects/{self.project_id}/report",
            json={"summary": summary, "version": version},
            headers=self.as_(INES, Role.ANALYSIS),
        )

    async def publish(self, version: int = 1) -> httpx.Response:
        return await self.client.post(
            f"/api/projects/{self.project_id}/report/publication",
            json={"version": version},
            headers=self.as_(BERNARD),
        )

    async def reported(self, *titles: str) -> list[ProposalState]:
        """Decide all, the first retained and the others not, and publish the report."""
        proposals = await self.synthesised(*titles)
        for index, proposal in enumerate(proposals):
            await self.decide(proposal.proposal_id, **(NOT_RETAINED if index else RETAINED))
        assert (await self.summarise()).is_success
        published = await self.publish()
        assert published.is_success, published.text
        return proposals

    async def account(self) -> ProjectAccount:
        response = await self.client.get(
            f"/api/projects/{self.project_id}", headers=self.as_("Aude R.", Role.AUDIT)
        )
        assert response.is_success, response.text
        return ProjectAccount.model_validate_json(response.content)

    async def decision(self, proposal_id: UUID) -> DecisionView:
        decisions = [
            decision
            for decision in (await self.account()).decisions
            if decision.proposal_id == proposal_id
        ]
        return decisions[0]

    async def fetch(self, query: str, *args: Any) -> Sequence[Any]:
        return list(await self.service.database.pool.fetch(query, *args))

    async def execute(self, *statements: str) -> None:
        async with self.service.database.transaction() as conn:
            for statement in statements:
                await conn.execute(statement)

    async def events(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.fetch(
            "SELECT body FROM outbox WHERE topic IS NOT NULL AND kind = $1 ORDER BY id", kind
        )
        return [json.loads(row["body"]) for row in rows]


def settings(dsn: str, clock_file: Path, issuer: str, **more: Any) -> FeedbackSettings:
    defaults: dict[str, Any] = {
        "mode": "local",
        "clock_file": clock_file,
        "database_dsn": SecretStr(dsn),
        "kafka_bootstrap": "127.0.0.1:9",
        "http_port": free_port(),
        "issuer": issuer,
        "public_url": PUBLIC,
        "journal_key": SecretStr(JOURNAL_KEY),
        "journal_origin": ORIGIN,
    }
    return FeedbackSettings(**defaults | more)


@asynccontextmanager
async def facing(server: PostgresServer, folder: Path) -> AsyncIterator[World]:
    """The service's HTTP API on a database of its own, without Kafka."""
    async with databases.clone(server, "feedback") as (dsn, _), signing_in() as issuer:
        service = build(settings(dsn, folder / "clock.json", issuer.url))
        await service.database.start()
        transport = httpx.ASGITransport(
            service.api, raise_app_exceptions=False, client=("192.0.2.7", 1)
        )
        try:
            async with httpx.AsyncClient(
                transport=transport,
                base_url="http://feedback.test",
                headers={"Accept": "application/json", "Accept-Language": "en"},
            ) as client:
                world = World(service, client, issuer)
                world.on(TODAY)
                yield world
        finally:
            await service.database.stop()
