"""World of campaigns: members, projects and campaigns, each in one line of a test."""

import base64
import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.credentials.use_cases import record_requests
from services.campaigns.draws.use_cases import Allocation, allocate
from services.campaigns.invitations import use_cases as invitations
from services.campaigns.launches import use_cases as launches
from services.campaigns.ledger.use_cases import apply_delivery_state
from services.campaigns.members.use_cases import apply_member_state
from services.campaigns.participations.rules import ParticipationState
from services.campaigns.projects import use_cases as projects
from services.campaigns.projects.signing_keys import KeyPair, encrypt_key
from services.campaigns.reports import use_cases as reports
from services.contracts.accounts import account_code
from services.contracts.events.campaigns import OrderState, ProjectState
from services.contracts.events.feedback import ReportState
from services.contracts.events.registry import (
    DeliveryOutcome,
    DeliveryState,
    MemberState,
    MemberStatus,
    RefusedReason,
)
from services.contracts.events.responses import CollectionPhase, CollectionState, ListedProposal
from services.contracts.http.campaigns import (
    CampaignSheet,
    ChangeDecisionMaker,
    DecisionMakerSheet,
    MandateSheet,
    ProjectSheet,
    ProjectView,
    Quotas,
)
from services.contracts.http.common import Role
from services.contracts.topics import topic_of
from services.runtime.clock import Clock, FixedClock
from services.runtime.crypto.blind_rsa import PrivateKey
from services.runtime.crypto.encryption import Encryptor
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Connection, Database
from tests.support.servers import eventually

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
FAR = date(2029, 6, 30)
CREDENTIAL_KEYS = json.dumps([base64.b64encode(b"c" * 32).decode()])
MANDATE = MandateSheet(
    nature="Relire une lettre",
    why="La lettre est mal comprise",
    stakes="Moins d'appels inutiles",
    objectives="Une lettre claire",
    purpose="Réécrire la lettre",
    decision_maker=DecisionMakerSheet(
        name="Anne Bernard", role="Directrice", account=account_code("https://issuer.test", "anne")
    ),
    who="Toute personne qui reçoit la lettre",
    how="En ligne, vingt minutes",
)

CLAIRE = Staff("claire", "Claire D.", frozenset({Role.CAMPAIGNS}))
ROUX = ChangeDecisionMaker(
    name="Mme Roux", role="directrice", account="a" * 32, reason="M. Bernard est parti."
)


def mandate_of(name: str, account: str) -> MandateSheet:
    """MANDATE with another decision maker."""
    maker = DecisionMakerSheet(name=name, role="Directrice", account=account)
    return MANDATE.model_copy(update={"decision_maker": maker})


def sheet(**changes: Any) -> ProjectSheet:
    fields: dict[str, Any] = {
        "title": "Lettre",
        "mandate": MANDATE,
        "recruitment_ends_on": TODAY + timedelta(days=60),
        "collection_ends_on": TODAY + timedelta(days=90),
    }
    return ProjectSheet(**(fields | changes))


def seeds(start: int = 0) -> launches.RandomBytes:
    """Deterministic source of seeds."""
    count = start

    def source(size: int) -> bytes:
        nonlocal count
        count += 1
        return sha256(f"seed {count}".encode()).digest()[:size]

    return source


@cache
def signing_key() -> PrivateKey:
    """One key for the whole run: generating one is slow, and tests need no secret."""
    return PrivateKey.generate()


def new_key(project_id: UUID) -> KeyPair:
    return encrypt_key(Encryptor(CREDENTIAL_KEYS), project_id, signing_key())


@dataclass
class World:
    """Campaigns on one database, by the clock of the test."""

    database: Database
    clock: Clock

    def advance(self, **by: float) -> None:
        assert isinstance(self.clock, FixedClock)
        self.clock.advance(timedelta(**by))

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        return self.database.transaction()

    async def members(self, count: int, **fields: Any) -> list[UUID]:
        ids = [uuid4() for _ in range(count)]
        await self.apply_members(*[member(id, **fields) for id in ids])
        return ids

    async def apply_members(self, *events: MemberState) -> None:
        async with self.transaction() as conn:
            await apply_member_state(conn, self.clock, events)

    async def project(self, ready: bool = True, publish: bool = True, **changes: Any) -> UUID:
        async with self.transaction() as conn:
            id = await projects.create_project(conn, self.clock, sheet(**changes))
            if publish:
                await projects.publish_project(conn, self.clock, id, new_key(id))
            if ready:
                state = CollectionState(version=1, project_id=id, state=CollectionPhase.READY)
                await reports.apply_collection_state(conn, self.clock, [state])
        return id

    async def publish(self, project_id: UUID) -> None:
        async with self.transaction() as conn:
            await projects.publish_project(conn, self.clock, project_id, new_key(project_id))

    async def campaign(self, project_id: UUID, wanted: int, **changes: Any) -> UUID:
        if quotas := changes.pop("quotas", None):
            changes["quotas"] = Quotas(attribute=quotas[0], wanted=quotas[1])
        campaign_sheet = CampaignSheet(
            project_id=project_id, title="Vague 1", wanted=wanted, **changes
        )
        async with self.transaction() as conn:
            return await launches.create_campaign(conn, self.clock, campaign_sheet)

    async def launch(self, *campaign_ids: UUID, source: launches.RandomBytes | None = None) -> None:
        async with self.transaction() as conn:
            await launches.launch(conn, self.clock, list(campaign_ids), source or seeds())

    async def allocate(self) -> Allocation | None:
        async with self.transaction() as conn:
            return await allocate(conn, self.clock)

    async def launched(self, wanted: int, **changes: Any) -> tuple[UUID, UUID]:
        """A project and its campaign, launched and drawn."""
        project = await self.project(**changes)
        campaign = await self.campaign(project, wanted)
        await self.launch(campaign)
        await self.allocate()
        return project, campaign

    async def deliver(
        self,
        order_id: UUID,
        state: DeliveryOutcome = DeliveryOutcome.SENT,
        version: int = 1,
        day: date | None = None,
        reason: RefusedReason | None = None,
    ) -> None:
        refused = state is DeliveryOutcome.REFUSED
        event = DeliveryState(
            order_id=order_id,
            version=version,
            state=state,
            day=None if refused else day or self.clock.today(),
            reason=(reason or RefusedReason.NO_ADDRESS) if refused else None,
        )
        async with self.transaction() as conn:
            await apply_delivery_state(conn, self.clock, [event])

    async def deliver_all(self, state: DeliveryOutcome = DeliveryOutcome.SENT) -> None:
        for order in await self.rows("SELECT order_id FROM send_order WHERE answer IS NULL"):
            await self.deliver(order["order_id"], state)

    async def accept(self, invitation: UUID, member_id: UUID) -> ParticipationState:
        async with self.transaction() as conn:
            return await invitations.accept_invitation(conn, self.clock, invitation, member_id)

    async def decline(self, invitation: UUID, member_id: UUID) -> None:
        async with self.transaction() as conn:
            await invitations.decline_invitation(conn, self.clock, invitation, member_id)

    async def leave(self, invitation: UUID, member_id: UUID) -> None:
        async with self.transaction() as conn:
            await invitations.leave_project(conn, self.clock, invitation, member_id)

    async def take_credential(self, project_id: UUID, invitation: UUID, member_id: UUID) -> None:
        request = BlindedRequest(invitation, member_id, invitation.bytes)
        async with self.transaction() as conn:
            (refusal,) = await record_requests(conn, self.clock, project_id, [request])
        assert refusal is None

    async def sweep(self) -> None:
        async with self.transaction() as conn:
            await projects.end_due_phases(conn, self.clock)
        async with self.transaction() as conn:
            await reports.sweep_reports(conn, self.clock)

    async def synthesised(self, project_id: UUID, version: int = 4) -> None:
        state = CollectionState(
            version=version,
            project_id=project_id,
            state=CollectionPhase.SYNTHESISED,
            proposals=[ListedProposal(id=uuid4(), version=1)],
        )
        async with self.transaction() as conn:
            await reports.apply_collection_state(conn, self.clock, [state])

    async def report(self, project_id: UUID, version: int = 1, collection: int = 4) -> None:
        """Feedback publishes a version of the report."""
        state = ReportState(
            version=version,
            project_id=project_id,
            collection_version=collection,
            summary="Le montant vient en tête.",
            url="https://panel.example/projets/1/retour",
            decisions=[],
            published_on=self.clock.today(),
        )
        async with self.transaction() as conn:
            await reports.apply_report_state(conn, self.clock, [state])

    async def view(self, project_id: UUID) -> ProjectView:
        async with self.database.read_only() as conn:
            return await projects.show_project(conn, project_id)

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.pool.fetch(query, *args)]

    async def value(self, query: str, *args: Any) -> Any:
        return await self.database.pool.fetchval(query, *args)

    async def invitations(self, project_id: UUID) -> list[dict[str, Any]]:
        return await self.rows(
            "SELECT * FROM invitation WHERE project_id = $1 ORDER BY id", project_id
        )

    async def orders(self) -> list[OrderState]:
        """Every order.state on the outbox, as a consumer would read it."""
        bodies = await self._bodies(topic_of(OrderState).name)
        return [OrderState.model_validate_json(body) for body in bodies]

    async def published_projects(self) -> list[ProjectState]:
        bodies = await self._bodies(topic_of(ProjectState).name)
        return [ProjectState.model_validate_json(body) for body in bodies]

    async def _bodies(self, topic: str) -> Sequence[str]:
        rows = await self.rows("SELECT body FROM outbox WHERE topic = $1 ORDER BY id", topic)
        return [row["body"] for row in rows]


def member(id: UUID | None = None, version: int = 1, **fields: Any) -> MemberState:
    defaults: dict[str, Any] = {
        "status": MemberStatus.ACTIVE,
        "zone": "Europe/Paris",
        "attributes": {"age_band": "35-49", "region": "nord"},
        "ends_on": FAR,
    }
    return MemberState(member_id=id or uuid4(), version=version, **(defaults | fields))


def gone(id: UUID, status: MemberStatus, version: int = 2, into: UUID | None = None) -> MemberState:
    return MemberState(member_id=id, version=version, status=status, merged_into=into)


async def change_decision_maker(
    world: World, project_id: UUID, command: ChangeDecisionMaker = ROUX
) -> None:
    async with world.transaction() as conn:
        await projects.change_decision_maker(conn, world.clock, CLAIRE, project_id, command)


async def joined(world: World, count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    """Invitations of one project, all accepted."""
    await world.members(count)
    project, _ = await world.launched(count, **changes)
    await world.deliver_all()
    rows = await world.invitations(project)
    for row in rows:
        await world.accept(row["id"], row["member_id"])
    return rows


async def until_lock_is_awaited(world: World) -> None:
    async def is_awaited() -> bool:
        return bool(await world.value("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually(is_awaited, "nobody waits for a lock")
