"""A state machine from responses to a closed project, with a network that delays and repeats.

Records may arrive late, twice, or from the beginning of a topic again. At each step a project that
closed must owe nothing; once the faults are over, it must close on the latest report.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.events.registry import MemberStatus
from tests.support.bus import Bus, Reader
from tests.support.closing_world import COLLECTION, INES, PARTICIPANTS, RECRUITMENT, ClosingWorld
from tests.support.servers import PostgresServer

T = TypeVar("T")
FINAL = (MemberStatus.LEFT, MemberStatus.ERASED, MemberStatus.EXPIRED)

# The state in which a run starts: hardly any random run from the first would reach a report.
STAGES = ("open", "collected", "synthesised", "reported")


class Closing(RuleBasedStateMachine):
    server: PostgresServer
    bootstrap: str
    folder: Path
    stage: str = "open"
    observed: set[str]
    """States that any run of the class reached, to assert that the runs reach them at all."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.observed = set()

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = ClosingWorld(self.server, self.bootstrap, self.folder)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def bus(self) -> Bus:
        return self.world.bus

    # The stages are reached in good order; faults start afterwards.

    @initialize()
    def begin(self) -> None:
        self.open_project()
        stage = STAGES.index(self.stage)
        if stage >= 1:
            self._collect_in_two_batches()
        if stage >= 2:
            self._synthesise_two()
        if stage >= 3:
            self.run(self._finish_deciding())

    def open_project(self) -> None:
        self.run(self.world.open())

    def _collect_in_two_batches(self) -> None:
        self.deliver_to_all()
        self.world.on(1)
        self.submit_responses(10)
        self.open_responses()
        self.submit_responses(1)
        for day in (RECRUITMENT + 1, COLLECTION + 1):
            self.world.on(day)
            self.sweep()
            self.deliver_to_all()

    def _synthesise_two(self) -> None:
        """Two of three proposals, as two are merged; the events are not relayed yet."""
        self.open_responses()
        for title in ("Un résumé", "Un dessin", "Un numéro"):
            self.draft_proposal(title)
            self.read_contributions(3, links=True)
        self.merge_proposals()
        self.read_contributions(PARTICIPANTS, links=True)
        assert self.run(self.world.synthesise())

    def teardown(self) -> None:
        try:
            if self.world.is_open:
                self.run(self.observe())
                self.run(self.heal())
                self.run(self.observe())
        finally:
            self.close()

    def close(self) -> None:
        self.run(self.world.stack.aclose())
        self.loop.close()

    # The network: records are late, repeated, or read from the beginning again.

    def reader(self, number: int) -> Reader:
        return self.bus.readers[number % len(self.bus.readers)]

    @rule(number=st.integers(0, 20), limit=st.integers(1, 4))
    def deliver_some(self, number: int, limit: int) -> None:
        self.run(self.bus.collect())
        self.run(self.bus.deliver(self.reader(number), limit))

    @rule()
    def deliver_to_all(self) -> None:
        self.run(self.bus.deliver_all())

    @rule(number=st.integers(0, 20), last=st.integers(1, 5))
    def deliver_again(self, number: int, last: int) -> None:
        self.run(self.bus.repeat(self.reader(number), last))

    @rule(number=st.integers(0, 20))
    def rewind(self, number: int) -> None:
        self.reader(number).offset = 0

    # The clock and the jobs.

    @rule(days=st.sampled_from([1, RECRUITMENT, COLLECTION]))
    def let_days_pass(self, days: int) -> None:
        self.world.on(self.world.day + days)

    @rule()
    def sweep(self) -> None:
        self.run(self.world.sweep())

    @rule()
    def open_responses(self) -> None:
        self.run(self.world.open_responses())

    # Participants, staff and registry.

    @rule(number=st.integers(1, PARTICIPANTS))
    def submit_responses(self, number: int) -> None:
        self.run(self.world.submit_responses(number))

    @rule(limit=st.integers(1, PARTICIPANTS), links=st.booleans())
    def read_contributions(self, limit: int, links: bool) -> None:
        self.run(self.world.read_contributions(limit, links))

    @rule(title=st.sampled_from(["Un résumé", "Un numéro", "Un dessin"]))
    def draft_proposal(self, title: str) -> None:
        self.run(self.world.draft_proposal(title))

    @rule()
    def merge_proposals(self) -> None:
        self.run(self.world.merge_proposals())

    @rule()
    def synthesise(self) -> None:
        self.run(self.world.synthesise())

    @rule(number=st.integers(0, 5), retain=st.booleans())
    def decide(self, number: int, retain: bool) -> None:
        self.run(self.world.decide(number, retain))

    @rule()
    def publish_report(self) -> None:
        self.run(self.world.publish_report())

    @rule(
        outcome=st.sampled_from(
            ["sent", "sent", "unknown", "window_over", "no_address", "not_active", "rejected"]
        ),
        limit=st.integers(1, PARTICIPANTS),
    )
    def report_outcomes(self, outcome: str, limit: int) -> None:
        self.run(self.world.report_outcomes(outcome, limit))

    @rule(number=st.integers(0, 40))
    @precondition(lambda self: any(d.state == "sent" for d in self.world.outcomes.values()))
    def bounce(self, number: int) -> None:
        self.run(self.world.bounce(number))

    @rule(number=st.integers(0, PARTICIPANTS), status=st.sampled_from(FINAL))
    def leave_panel(self, number: int, status: MemberStatus) -> None:
        self.run(self.world.leave_panel(number, status))

    # The invariant.

    @invariant()
    def a_closed_project_owes_nothing(self) -> None:
        if self.world.is_open:
            self.run(self._a_closed_project_owes_nothing())

    async def _a_closed_project_owes_nothing(self) -> None:
        world = self.world
        project = await self.project()
        if project["state"] != "closed":
            return
        unread = await world.responses.service.database.pool.fetchval(
            "SELECT count(*) FROM contribution c WHERE NOT EXISTS"
            " (SELECT FROM reading r WHERE r.contribution_id = c.id)"
        )
        assert unread == 0, "closed with a contribution that nobody read"
        (collection,) = await world.responses.fetch("SELECT state, version FROM collection")
        assert collection["state"] == "synthesised", "closed without a synthesis"
        listed = await world.responses.fetch(
            "SELECT id, version FROM proposal WHERE state = 'submitted'"
        )
        decided = {
            (row["proposal_id"], row["proposal_version"])
            for row in await world.feedback.fetch("SELECT * FROM published_decision")
        }
        missing = [row["id"] for row in listed if (row["id"], row["version"]) not in decided]
        assert not missing, "closed with a listed proposal that has no decision"
        latest = await world.campaigns.value("SELECT max(version) FROM report")
        owed = await world.campaigns.value(
            "SELECT count(*) FROM report_duty WHERE report_version = $1 AND state = 'owed'", latest
        )
        assert owed == 0, "closed with a report that is still owed"
        without_duty = await world.campaigns.value(
            "SELECT count(*) FROM participation p WHERE (p.state = 'joined' OR EXISTS"
            " (SELECT FROM credential c WHERE c.invitation_id = p.invitation_id))"
            " AND NOT EXISTS (SELECT FROM report_duty d"
            " WHERE d.invitation_id = p.invitation_id AND d.report_version = $1)",
            latest,
        )
        assert without_duty == 0, "closed with a participant who was owed nothing"

    async def state(self) -> tuple[str, int]:
        """The project's phase in campaigns, and its report version."""
        project = await self.project()
        return project["state"], project["report_version"]

    async def project(self) -> dict[str, Any]:
        (project,) = await self.world.campaigns.rows("SELECT * FROM project")
        return project

    async def observe(self) -> None:
        """Record the states that the run has reached."""
        states = {f"project {(await self.project())['state']}"}
        for row in await self.world.campaigns.rows(
            "SELECT DISTINCT state, reason, report_version > 1 AS revised FROM report_duty"
        ):
            states |= {f"duty {row['state']} {row['reason'] or ''}".strip()}
            states |= {"duty of a revision"} if row["revised"] else set()
        merged = "SELECT count(*) FROM proposal WHERE state = 'merged'"
        if await self.world.responses.service.database.pool.fetchval(merged):
            states.add("proposals merged")
        if len(await self.world.feedback.fetch("SELECT FROM published_report")) > 1:
            states.add("report revised")
        type(self).observed |= states

    # Once the faults are over the project closes, on the latest report version.

    async def heal(self) -> None:
        await self._finish_collecting()
        await self._finish_reading()
        await self._finish_deciding()
        await self._finish_reporting()
        project = await self.project()
        assert project["state"] == "closed", project["state"]
        latest = await self.world.feedback.service.database.pool.fetchval(
            "SELECT max(version) FROM published_report"
        )
        assert latest >= 1
        reported = await self.world.campaigns.value("SELECT max(report_version) FROM report_duty")
        assert reported == latest
        await self._a_closed_project_owes_nothing()

    async def _finish_collecting(self) -> None:
        world = self.world
        await self.bus.deliver_all()
        # No number below five is published: enough participants submit, if they still can.
        for body in world.unsubmitted[:10]:
            await world.responses.send(body)
        for _ in range(3):
            world.on(max(world.day + 1, COLLECTION + 1))
            await world.sweep()
            await self.bus.deliver_all()
            await world.open_responses()
            await self.bus.deliver_all()

    async def _finish_reading(self) -> None:
        world = self.world
        if (await world.room.board()).synthesised_by:
            return
        contributions = await world.room.contributions()
        if contributions and not await world.drafts():
            await world.room.draft("Un résumé")
        await world.read_contributions(PARTICIPANTS, links=True)
        # A synthesis refuses a proposal without support, so all are merged into one.
        while len(drafts := await world.drafts()) > 1:
            assert (await world.room.merge(drafts[0], drafts[-1])).is_success
        if drafts and not drafts[0].support:
            for contribution in contributions[:1]:
                reading = {"proposals": [str(drafts[0].id)]}
                assert (await world.room.record(contribution.id, INES, **reading)).is_success
        assert await world.synthesise()
        await self.bus.deliver_all()

    async def _finish_deciding(self) -> None:
        await self.bus.deliver_all()
        for number, view in enumerate((await self.world.feedback.account()).decisions):
            if view.state in ("awaiting", "drafted"):
                await self.world.decide(number, retain=True)
        await self.world.publish_report()
        assert (await self.world.feedback.account()).standing.report_version

    async def _finish_reporting(self) -> None:
        world = self.world
        for _ in range(6):
            await self.bus.deliver_all()
            world.on(world.day + 1)
            await world.sweep()
            await self.bus.deliver_all()
            await world.report_outcomes("sent", 1_000)
            await self.bus.deliver_all()
            await world.sweep()
            if (await self.project())["state"] == "closed" and not world.has_open_orders():
                return
