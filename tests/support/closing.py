"""A project from its answers to its end, on real servers, while everything that can be late, twice
or from the beginning again is so. The test plays registry, staff, participants and the network.
"""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import SecretStr

from services.campaigns import maintenance as upkeep
from services.campaigns.app import build as build_campaigns
from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.use_cases import Asking
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
from tests.support.bus import Bus, Reader, bus
from tests.support.reading_room import Room
from tests.support.running import signing_in
from tests.support.servers import PostgresServer

T = TypeVar("T")
PARTICIPANTS = 12
RECRUITMENT, COLLECTION = 10, 30  # days
# The mandate of campaigns' tests names her.
MAKER, INES = "Anne Bernard", "Inès B."
FINAL = (MemberStatus.LEFT, MemberStatus.ERASED, MemberStatus.EXPIRED)


# Where a run begins: chosen at random, hardly any would come as far as a report in its steps.
BEGINNINGS = ("open", "collected", "synthesised", "reported")


class Closing(RuleBasedStateMachine):
    server: PostgresServer
    bootstrap: str
    folder: Path
    begins: str = "open"
    seen: set[str]
    """What happened in any run of the class, for whoever asks whether it is tried at all."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.seen = set()

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.answered: dict[UUID, DeliveryState] = {}
        self.gone: set[UUID] = set()
        self.revisions = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    # The panel until its answers come in.

    @initialize()
    def begin(self) -> None:
        """Each stage is reached in good order; from there on everything may go wrong."""
        self.open_project()
        stage = BEGINNINGS.index(self.begins)
        if stage >= 1:
            self._collect_in_two_batches()
        if stage >= 2:
            self._synthesise_two()
        if stage >= 3:
            self.run(self._finish_deciding())

    def open_project(self) -> None:
        self.run(self._open_project())

    def _collect_in_two_batches(self) -> None:
        self.deliver_to_all()
        self.on(1)
        self.speak(10)
        self.open_answers()
        self.speak(1)
        for day in (RECRUITMENT + 1, COLLECTION + 1):
            self.on(day)
            self.sweep()
            self.deliver_to_all()

    def _synthesise_two(self) -> None:
        """Out of three, of which two are one; the news of it has not left yet."""
        self.open_answers()
        for title in ("Un résumé", "Un dessin", "Un numéro"):
            self.draft_proposal(title)
            self.read(3, links=True)
        self.merge_proposals()
        self.read(PARTICIPANTS, links=True)
        assert self.run(self._synthesise())

    async def _open_project(self) -> None:
        self.clock = SharedClock(self.folder / "clock.json")
        self.day = 0
        self.on(0)
        issuer = await self.stack.enter_async_context(signing_in())
        dsns = {
            name: (await self.stack.enter_async_context(databases.clone(self.server, name)))[0]
            for name in ("campaigns", "responses", "feedback")
        }
        common: dict[str, Any] = {
            "mode": "local",
            "clock_file": self.folder / "clock.json",
            "kafka_bootstrap": self.bootstrap,
            "issuer": issuer.url,
            "http_port": 1,
        }
        services = {
            "campaigns": build_campaigns(
                CampaignsSettings(
                    **common,
                    link_public_keys="[]",
                    credential_keys=campaigns_world.CREDENTIAL_KEYS,
                    database_dsn=SecretStr(dsns["campaigns"]),
                    responses_url="https://answers.example",
                )
            ),
            "responses": build_responses(
                responses_world.settings(
                    dsns["responses"], self.folder / "clock.json", issuer.url, self.bootstrap
                )
            ),
            "feedback": build_feedback(
                feedback_world.settings(
                    dsns["feedback"],
                    self.folder / "clock.json",
                    issuer.url,
                    kafka_bootstrap=self.bootstrap,
                )
            ),
        }
        for service in services.values():
            await service.database.start()
            self.stack.push_async_callback(service.database.stop)
        self.bus: Bus = await self.stack.enter_async_context(
            bus(self.bootstrap, *services.values())
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
        self.members = await self.campaigns.members(PARTICIPANTS)
        await self.campaigns.launch(await self.campaigns.campaign(self.project, PARTICIPANTS))
        await self.campaigns.allocate()
        await self.campaigns.deliver_all()
        # The last of the members is the one who takes part without ever asking for a credential.
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
                [Asking(row["id"], row["member_id"], row["id"].bytes) for row in invited[:-1]],
            )
        assert not any(refused)
        await self.campaigns.deliver_all()  # the confirmations
        await self.bus.deliver_all()
        self.unsaid = [
            responses_world.answer(
                f"Avis {n}", **responses_world.credential(campaigns_world.signing_key())
            )
            for n in range(PARTICIPANTS - 1)
        ]

    async def _client(self, service: Service) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(service.api, client=("192.0.2.7", 1))
        return await self.stack.enter_async_context(
            httpx.AsyncClient(
                transport=transport,
                base_url=f"http://{service.name}.test",
                headers={"Accept": "application/json", "Accept-Language": "en"},
            )
        )

    def on(self, day: int) -> None:
        self.day = max(self.day, day)
        noon = datetime.combine(campaigns_world.TODAY, time(11), UTC) + timedelta(days=self.day)
        self.clock.change(lambda _: ClockSetting(stopped_at=noon))

    def teardown(self) -> None:
        try:
            if hasattr(self, "unsaid"):  # the project was opened
                self.run(self._look())
                self.run(self.heal())
                self.run(self._look())
        finally:
            self.run(self.stack.aclose())
            self.loop.close()

    # The network: everything may be late, come twice, or begin again.

    def reader(self, number: int) -> Reader:
        return self.bus.readers[number % len(self.bus.readers)]

    @rule(number=st.integers(0, 20), most=st.integers(1, 4))
    def deliver_some(self, number: int, most: int) -> None:
        self.run(self.bus.collect())
        self.run(self.bus.deliver(self.reader(number), most))

    @rule()
    def deliver_to_all(self) -> None:
        self.run(self.bus.deliver_all())

    @rule(number=st.integers(0, 20), last=st.integers(1, 5))
    def deliver_again(self, number: int, last: int) -> None:
        self.run(self.bus.repeat(self.reader(number), last))

    @rule(number=st.integers(0, 20))
    def rewind(self, number: int) -> None:
        self.reader(number).place = 0

    # The clock and the jobs.

    @rule(days=st.sampled_from([1, RECRUITMENT, COLLECTION]))
    def let_days_pass(self, days: int) -> None:
        self.on(self.day + days)

    @rule()
    def sweep(self) -> None:
        self.run(self._sweep())

    async def _sweep(self) -> None:
        async with self.campaigns.transaction() as conn:
            await upkeep.sweep(conn, self.clock)

    @rule()
    def open_answers(self) -> None:
        self.run(self._open_answers())

    async def _open_answers(self) -> None:
        await self.responses.open_sealed()

    # People.

    @rule(number=st.integers(1, PARTICIPANTS))
    def speak(self, number: int) -> None:
        """Some answers come early, some on the last day; who is late keeps theirs."""
        for body in self.unsaid[:number]:
            answer = self.run(self.responses.send(body))
            assert answer.status_code in (201, 409)
        self.unsaid = self.unsaid[number:]

    @rule(most=st.integers(1, PARTICIPANTS), links=st.booleans())
    def read(self, most: int, links: bool) -> None:
        self.run(self._read(most, links))

    async def _read(self, most: int, links: bool) -> None:
        drafts = await self._drafts()
        for _ in range(most):
            found = (await self.room.next(INES)).contribution
            if found is None:
                return
            said: dict[str, Any] = {"mark": "no_suggestion"}
            if links and drafts:
                said = {"proposals": [str(drafts[-1].id)]}
            assert (await self.room.record(found.id, INES, **said)).status_code in (200, 409)

    async def _drafts(self) -> list[ProposalView]:
        return [one for one in (await self.room.board()).proposals if one.state == "draft"]

    @rule(title=st.sampled_from(["Un résumé", "Un numéro", "Un dessin"]))
    def draft_proposal(self, title: str) -> None:
        body = {"title": title, "text": f"{title}.", "theme": None}
        answer = self.run(self.room.ask("POST", "proposals", body))
        assert answer.status_code in (201, 409), answer.text

    @rule()
    def merge_proposals(self) -> None:
        self.run(self._merge_first())

    async def _merge_first(self) -> None:
        drafts = await self._drafts()
        if len(drafts) > 1:
            assert (await self.room.merge(drafts[0], drafts[-1])).status_code in (200, 409)

    @rule()
    def synthesise(self) -> None:
        self.run(self._synthesise())

    async def _synthesise(self) -> bool:
        listed = [{"id": str(one.id), "version": one.version} for one in await self._drafts()]
        made = await self.room.ask("POST", "synthesis", {"proposals": listed})
        assert made.status_code in (200, 409), made.text
        return made.is_success

    @rule(number=st.integers(0, 5), kept=st.booleans())
    def decide(self, number: int, kept: bool) -> None:
        self.run(self._decide(number, kept))

    async def _decide(self, number: int, kept: bool) -> None:
        decisions = (await self.feedback.account()).decisions if await self._known() else []
        if not decisions:
            return
        view = decisions[number % len(decisions)]
        if view.published_on:
            self.revisions += 1
        said = feedback_world.KEPT if kept else feedback_world.NOT_KEPT
        id = view.proposal_id
        drafted = await self.feedback.draft(id, INES, version=view.version, **said)
        assert drafted.is_success, drafted.text
        signed = await self.feedback.sign(id, MAKER, version=view.version + 1)
        assert signed.is_success, signed.text

    async def _known(self) -> bool:
        return bool(
            await self.feedback.fetch("SELECT FROM project WHERE project_id = $1", self.project)
        )

    @rule()
    def publish_report(self) -> None:
        self.run(self._publish())

    async def _publish(self) -> None:
        if not await self._known():
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

    @rule(
        outcome=st.sampled_from(
            ["sent", "sent", "unknown", "window_over", "no_address", "not_active", "rejected"]
        ),
        most=st.integers(1, PARTICIPANTS),
    )
    def answer_orders(self, outcome: str, most: int) -> None:
        self.run(self._answer_orders(outcome, most))

    def ordered(self) -> dict[UUID, dict[str, Any]]:
        """Each order as it was told last."""
        return {
            UUID(record.key.decode()): json.loads(record.value)
            for record in self.bus.records.get("campaigns.send-orders.v1", ())
        }

    async def _answer_orders(self, outcome: str, most: int) -> int:
        """What registry has received and not answered yet; each order is answered once."""
        await self.bus.collect()
        orders = self.ordered()
        waiting = [id for id in orders if id not in self.answered][:most]
        for id in waiting:
            if orders[id]["state"] == "cancelled":
                said = _answer(id, "cancelled", self)
            elif UUID(orders[id]["member_id"]) in self.gone:
                said = _answer(id, "not_active", self)
            else:
                said = _answer(id, outcome, self)
            self.answered[id] = said
            await self.bus.say(said)
        return len(waiting)

    @rule(number=st.integers(0, 40))
    @precondition(lambda self: any(a.state == "sent" for a in self.answered.values()))
    def bounce(self, number: int) -> None:
        """A report as soon as one was sent: that any message may bounce is not the question."""
        orders = self.ordered()
        sent = sorted(id for id, a in self.answered.items() if a.state == "sent")
        sent = [id for id in sent if orders[id]["kind"] == "report"] or sent
        id = sent[number % len(sent)]
        self.answered[id] = DeliveryState(
            order_id=id, version=9, state=DeliveryOutcome.BOUNCED, day=self.clock.today()
        )
        self.run(self.bus.say(self.answered[id]))

    @rule(number=st.integers(0, PARTICIPANTS), status=st.sampled_from(FINAL))
    def leave(self, number: int, status: MemberStatus) -> None:
        here = [id for id in self.members if id not in self.gone]
        if len(here) > PARTICIPANTS // 2:
            id = here[number % len(here)]
            self.gone.add(id)
            self.run(self.bus.say(campaigns_world.gone(id, status)))

    # What can never be.

    @invariant()
    def closed_is_answered(self) -> None:
        if hasattr(self, "bus"):
            self.run(self._closed_is_answered())

    async def _closed_is_answered(self) -> None:
        project = await self._project()
        if project["state"] != "closed":
            return
        unread = await self.responses.service.database.pool.fetchval(
            "SELECT count(*) FROM contribution c WHERE NOT EXISTS"
            " (SELECT FROM reading r WHERE r.contribution_id = c.id)"
        )
        assert unread == 0, "closed with a contribution that nobody read"
        (collection,) = await self.responses.fetch("SELECT state, version FROM collection")
        assert collection["state"] == "synthesised", "closed without a synthesis"
        listed = await self.responses.fetch(
            "SELECT id, version FROM proposal WHERE state = 'submitted'"
        )
        decided = {
            (row["proposal_id"], row["proposal_version"])
            for row in await self.feedback.fetch("SELECT * FROM published_decision")
        }
        missing = [row["id"] for row in listed if (row["id"], row["version"]) not in decided]
        assert not missing, "closed with a listed proposal that has no decision"
        held = await self.campaigns.value("SELECT max(version) FROM report")
        owed = await self.campaigns.value(
            "SELECT count(*) FROM report_duty WHERE report_version = $1 AND state = 'owed'", held
        )
        assert owed == 0, "closed with a report that is still owed"
        untold = await self.campaigns.value(
            "SELECT count(*) FROM participation p WHERE (p.state = 'joined' OR EXISTS"
            " (SELECT FROM credential c WHERE c.invitation_id = p.invitation_id))"
            " AND NOT EXISTS (SELECT FROM report_duty d"
            " WHERE d.invitation_id = p.invitation_id AND d.report_version = $1)",
            held,
        )
        assert untold == 0, "closed with a participant who was owed nothing"

    async def state(self) -> tuple[str, int]:
        """Of the project as campaigns holds it, and the report version it is on."""
        project = await self._project()
        return project["state"], project["report_version"]

    async def _project(self) -> dict[str, Any]:
        (project,) = await self.campaigns.rows("SELECT * FROM project")
        return project

    async def _look(self) -> None:
        """What has happened by now."""
        happened = {f"project {(await self._project())['state']}"}
        for row in await self.campaigns.rows(
            "SELECT DISTINCT state, reason, report_version > 1 AS revised FROM report_duty"
        ):
            happened |= {f"duty {row['state']} {row['reason'] or ''}".strip()}
            happened |= {"duty of a revision"} if row["revised"] else set()
        merged = "SELECT count(*) FROM proposal WHERE state = 'merged'"
        if await self.responses.service.database.pool.fetchval(merged):
            happened.add("proposals merged")
        if len(await self.feedback.fetch("SELECT FROM published_report")) > 1:
            happened.add("report revised")
        type(self).seen |= happened

    # Once the faults are over it always closes, on the latest version.

    async def heal(self) -> None:
        await self._finish_collecting()
        await self._finish_reading()
        await self._finish_deciding()
        await self._finish_telling()
        project = await self._project()
        assert project["state"] == "closed", project["state"]
        latest = await self.feedback.service.database.pool.fetchval(
            "SELECT max(version) FROM published_report"
        )
        assert latest >= 1
        reported = await self.campaigns.value("SELECT max(report_version) FROM report_duty")
        assert reported == latest
        await self._closed_is_answered()

    async def _finish_collecting(self) -> None:
        await self.bus.deliver_all()
        # Nothing may be shown of fewer than five: enough speak, if they still can.
        for body in self.unsaid[:10]:
            await self.responses.send(body)
        for _ in range(3):
            self.on(max(self.day + 1, COLLECTION + 1))
            await self._sweep()
            await self.bus.deliver_all()
            await self._open_answers()
            await self.bus.deliver_all()

    async def _finish_reading(self) -> None:
        if (await self.room.board()).synthesised_by:
            return
        contributions = await self.room.contributions()
        if contributions and not await self._drafts():
            await self.room.draft("Un résumé")
        await self._read(PARTICIPANTS, links=True)
        # What nobody supports is merged into something that somebody does.
        while len(drafts := await self._drafts()) > 1:
            assert (await self.room.merge(drafts[0], drafts[-1])).is_success
        if drafts and not drafts[0].support:
            for one in contributions[:1]:
                said = {"proposals": [str(drafts[0].id)]}
                assert (await self.room.record(one.id, INES, **said)).is_success
        assert await self._synthesise()
        await self.bus.deliver_all()

    async def _finish_deciding(self) -> None:
        await self.bus.deliver_all()
        for place, view in enumerate((await self.feedback.account()).decisions):
            if view.state in ("awaiting", "drafted"):
                await self._decide(place, kept=True)
        await self._publish()
        standing = (await self.feedback.account()).standing
        assert standing.report_version

    async def _finish_telling(self) -> None:
        for _ in range(6):
            await self.bus.deliver_all()
            self.on(self.day + 1)
            await self._sweep()
            await self.bus.deliver_all()
            await self._answer_orders("sent", 1_000)
            await self.bus.deliver_all()
            await self._sweep()
            if (await self._project())["state"] == "closed" and not self.waiting_orders():
                return

    def waiting_orders(self) -> bool:
        orders = self.bus.records.get("campaigns.send-orders.v1", ())
        return any(UUID(record.key.decode()) not in self.answered for record in orders)


def _answer(order_id: UUID, outcome: str, machine: Closing) -> DeliveryState:
    if outcome in ("sent", "unknown"):
        return DeliveryState(
            order_id=order_id,
            version=3,
            state=DeliveryOutcome(outcome),
            day=machine.clock.today(),
        )
    return DeliveryState(
        order_id=order_id,
        version=3,
        state=DeliveryOutcome.REFUSED,
        reason=RefusedReason(outcome),
    )
