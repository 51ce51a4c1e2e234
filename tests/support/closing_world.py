"""One project on campaigns, responses and feedback, with real servers and a controlled bus.

The test plays registry, staff, participants and the network. Every action tolerates a refusal that
its moment may cause (409), because the caller chooses the order of actions at random.
"""

import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from services.campaigns.app import build as build_campaigns
from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.projects.use_cases import end_due_phases
from services.campaigns.settings import CampaignsSettings
from services.contracts.events.registry import (
    DeliveryOutcome,
    DeliveryState,
    MemberStatus,
    RefusedReason,
)
from services.contracts.http.proposals import ProposalView
from services.feedback.app import build as build_feedback
from services.responses.app import build as build_responses
from services.runtime.clock import ClockSetting, SharedClock
from services.runtime.service import Service
from tests.support import campaigns as campaigns_world
from tests.support import databases
from tests.support import feedback as feedback_world
from tests.support import responses as responses_world
from tests.support.bus import Bus, bus
from tests.support.reading_room import Room
from tests.support.running import Issuer, signing_in
from tests.support.servers import PostgresServer

PARTICIPANTS = 12
RECRUITMENT, COLLECTION = 10, 30  # days
# The mandate of campaigns' tests names her as decision maker.
MAKER, INES = "Anne Bernard", "Inès B."
SEND_ORDERS = "campaigns.send-orders.v1"


class ClosingWorld:
    """The three services, and everything that people and registry do to them."""

    def __init__(self, server: PostgresServer, bootstrap: str, folder: Path) -> None:
        self._server = server
        self._bootstrap = bootstrap
        self._folder = folder
        self.stack = AsyncExitStack()
        self.clock = SharedClock(folder / "clock.json")
        self.day = 0
        self.outcomes: dict[UUID, DeliveryState] = {}
        self.former_members: set[UUID] = set()
        self.unsubmitted: list[dict[str, Any]] = []
        self.is_open = False

    def on(self, day: int) -> None:
        """Set the clock to noon of a day; it never goes back."""
        self.day = max(self.day, day)
        noon = datetime.combine(campaigns_world.TODAY, time(11), UTC) + timedelta(days=self.day)
        self.clock.change(lambda _: ClockSetting(stopped_at=noon))

    # The project until its first response.

    async def open(self) -> None:
        self.on(0)
        issuer = await self.stack.enter_async_context(signing_in())
        services = await self._build_services(issuer)
        for service in services.values():
            await service.database.start()
            self.stack.push_async_callback(service.database.stop)
        self.bus: Bus = await self.stack.enter_async_context(
            bus(self._bootstrap, *services.values())
        )
        self.campaigns = campaigns_world.World(services["campaigns"].database, self.clock)
        self.project = await self.campaigns.project(
            ready=False,
            recruitment_ends_on=self.clock.today() + timedelta(days=RECRUITMENT),
            collection_ends_on=self.clock.today() + timedelta(days=COLLECTION),
            mandate=campaigns_world.mandate_of(MAKER, issuer.account(MAKER)),
        )
        self.responses = responses_world.World(
            services["responses"], await self._client(services["responses"]), self.project
        )
        self.room = Room(self.responses, issuer)
        self.feedback = feedback_world.World(
            services["feedback"], await self._client(services["feedback"]), issuer, self.project
        )
        await self.bus.deliver_all()
        await self.responses.make_ready()
        await self.bus.deliver_all()
        await self._recruit()
        self.unsubmitted = [
            responses_world.submission(
                f"Avis {n}", **responses_world.credential(campaigns_world.signing_key())
            )
            for n in range(PARTICIPANTS - 1)
        ]
        self.is_open = True

    async def _build_services(self, issuer: Issuer) -> dict[str, Service]:
        clock_file = self._folder / "clock.json"
        dsns = {
            name: (await self.stack.enter_async_context(databases.clone(self._server, name)))[0]
            for name in ("campaigns", "responses", "feedback")
        }
        return {
            "campaigns": build_campaigns(
                CampaignsSettings(
                    mode="local",
                    clock_file=clock_file,
                    kafka_bootstrap=self._bootstrap,
                    issuer=issuer.url,
                    http_port=1,
                    link_public_keys="[]",
                    credential_keys=SecretStr(campaigns_world.CREDENTIAL_KEYS),
                    database_dsn=SecretStr(dsns["campaigns"]),
                    responses_url="https://answers.example",
                )
            ),
            "responses": build_responses(
                responses_world.settings(dsns["responses"], clock_file, issuer.url, self._bootstrap)
            ),
            "feedback": build_feedback(
                feedback_world.settings(
                    dsns["feedback"], clock_file, issuer.url, kafka_bootstrap=self._bootstrap
                )
            ),
        }

    async def _client(self, service: Service) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(service.api, client=("192.0.2.7", 1))
        return await self.stack.enter_async_context(
            httpx.AsyncClient(
                transport=transport,
                base_url=f"http://{service.name}.test",
                headers={"Accept": "application/json", "Accept-Language": "en"},
            )
        )

    async def _recruit(self) -> None:
        """All members take part; the last of them never requests a credential."""
        self.members = await self.campaigns.members(PARTICIPANTS)
        await self.campaigns.launch(await self.campaigns.campaign(self.project, PARTICIPANTS))
        await self.campaigns.allocate()
        await self.campaigns.deliver_all()
        invited = sorted(
            await self.campaigns.invitations(self.project),
            key=lambda row: self.members.index(row["member_id"]),
        )
        for row in invited:
            await self.campaigns.accept(row["id"], row["member_id"])
        async with self.campaigns.transaction() as conn:
            refused = await credentials.record_requests(
                conn,
                self.clock,
                self.project,
                [
                    BlindedRequest(row["id"], row["member_id"], row["id"].bytes)
                    for row in invited[:-1]
                ],
            )
        assert not any(refused)
        await self.campaigns.deliver_all()  # the confirmations
        await self.bus.deliver_all()

    # Jobs.

    async def sweep(self) -> None:
        async with self.campaigns.transaction() as conn:
            await end_due_phases(conn, self.clock)

    async def open_responses(self) -> None:
        await self.responses.open_sealed()

    # Participants.

    async def submit_responses(self, number: int) -> None:
        """The next participants submit; one who is late keeps the response."""
        for body in self.unsubmitted[:number]:
            response = await self.responses.send(body)
            assert response.status_code in (201, 409)
        self.unsubmitted = self.unsubmitted[number:]

    # Staff who read.

    async def read_contributions(self, limit: int, links: bool) -> None:
        drafts = await self.drafts()
        for _ in range(limit):
            contribution = (await self.room.next(INES)).contribution
            if contribution is None:
                return
            reading: dict[str, Any] = {"mark": "no_suggestion"}
            if links and drafts:
                reading = {"proposals": [str(drafts[-1].id)]}
            response = await self.room.record(contribution.id, INES, **reading)
            assert response.status_code in (200, 409)

    async def drafts(self) -> list[ProposalView]:
        proposals = (await self.room.board()).proposals
        return [proposal for proposal in proposals if proposal.state == "draft"]

    async def draft_proposal(self, title: str) -> None:
        body = {"title": title, "text": f"{title}.", "theme": None}
        response = await self.room.request("POST", "proposals", body)
        assert response.status_code in (201, 409), response.text

    async def merge_proposals(self) -> None:
        drafts = await self.drafts()
        if len(drafts) > 1:
            assert (await self.room.merge(drafts[0], drafts[-1])).status_code in (200, 409)

    async def synthesise(self) -> bool:
        listed = [{"id": str(draft.id), "version": draft.version} for draft in await self.drafts()]
        response = await self.room.request("POST", "synthesis", {"proposals": listed})
        assert response.status_code in (200, 409), response.text
        return response.is_success

    # Staff who decide.

    async def decide(self, number: int, retain: bool) -> None:
        decisions = (await self.feedback.account()).decisions if await self._is_known() else []
        if not decisions:
            return
        view = decisions[number % len(decisions)]
        decision = feedback_world.RETAINED if retain else feedback_world.NOT_RETAINED
        id = view.proposal_id
        drafted = await self.feedback.draft(id, INES, version=view.version, **decision)
        assert drafted.is_success, drafted.text
        signed = await self.feedback.sign(id, MAKER, version=view.version + 1)
        assert signed.is_success, signed.text

    async def _is_known(self) -> bool:
        """Whether feedback has received the project."""
        return bool(
            await self.feedback.fetch("SELECT FROM project WHERE project_id = $1", self.project)
        )

    async def publish_report(self) -> None:
        if not await self._is_known():
            return
        version = (await self.feedback.account()).report.version
        if version == 0:
            assert (await self.feedback.summarise()).is_success
            version = 1
        published = await self.feedback.client.post(
            f"/api/projects/{self.project}/report/publication",
            json={"version": version},
            headers=self.feedback.as_(MAKER),
        )
        assert published.status_code in (200, 409), published.text

    # Registry, as far as campaigns can see it.

    def send_orders(self) -> dict[UUID, dict[str, Any]]:
        """The newest version of each send order."""
        return {
            UUID(record.key.decode()): json.loads(record.value)
            for record in self.bus.records.get(SEND_ORDERS, ())
        }

    def has_open_orders(self) -> bool:
        return any(order_id not in self.outcomes for order_id in self.send_orders())

    async def report_outcomes(self, outcome: str, limit: int) -> int:
        """Report an outcome for the orders without one; each order gets exactly one."""
        await self.bus.collect()
        orders = self.send_orders()
        unsettled = [id for id in orders if id not in self.outcomes][:limit]
        for id in unsettled:
            if orders[id]["state"] == "cancelled":
                delivery = self._delivery(id, "cancelled")
            elif UUID(orders[id]["member_id"]) in self.former_members:
                delivery = self._delivery(id, "not_active")
            else:
                delivery = self._delivery(id, outcome)
            self.outcomes[id] = delivery
            await self.bus.publish(delivery)
        return len(unsettled)

    def _delivery(self, order_id: UUID, outcome: str) -> DeliveryState:
        if outcome in ("sent", "unknown"):
            return DeliveryState(
                order_id=order_id,
                version=3,
                state=DeliveryOutcome(outcome),
                day=self.clock.today(),
            )
        return DeliveryState(
            order_id=order_id,
            version=3,
            state=DeliveryOutcome.REFUSED,
            reason=RefusedReason(outcome),
        )

    async def bounce(self, number: int) -> None:
        """Bounce a report once one was sent, otherwise any sent message."""
        orders = self.send_orders()
        sent = sorted(id for id, delivery in self.outcomes.items() if delivery.state == "sent")
        sent = [id for id in sent if orders[id]["kind"] == "report"] or sent
        id = sent[number % len(sent)]
        self.outcomes[id] = DeliveryState(
            order_id=id, version=9, state=DeliveryOutcome.BOUNCED, day=self.clock.today()
        )
        await self.bus.publish(self.outcomes[id])

    async def leave_panel(self, number: int, status: MemberStatus) -> None:
        """One member leaves, as long as more than half are there."""
        active = [id for id in self.members if id not in self.former_members]
        if len(active) > PARTICIPANTS // 2:
            id = active[number % len(active)]
            self.former_members.add(id)
            await self.bus.publish(campaigns_world.gone(id, status))
