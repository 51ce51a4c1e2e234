"""Random sequences of readers' and drafters' actions: no contribution is lost, support agrees with
the readings, and a synthesis lists every draft of a completely read collection."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services.contracts.http.proposals import ProposalBoard
from tests.support.reading_room import reading_room
from tests.support.servers import PostgresServer

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]

ANSWERS = 10
READERS = ("Ada L.", "Bo M.")
T = TypeVar("T")


class SynthesisLife(RuleBasedStateMachine):
    """Compares the service with a model: links by contribution and reader, and the survivor of
    each merged proposal."""

    server: PostgresServer
    folder: Path

    drafts = Bundle("drafts")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.links: dict[tuple[UUID, str], set[UUID]] = {}
        self.merged: dict[UUID, UUID] = {}
        self.versions: dict[UUID, int] = {}
        self.synthesised = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize()
    def opened(self) -> None:
        self.room = self.run(
            self.stack.enter_async_context(reading_room(self.server, self.folder, ANSWERS))
        )
        self.words = {
            contribution.id: contribution.words
            for contribution in self.run(self.room.contributions())
        }
        self.ids = sorted(self.words)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.loop.close()

    def stands(self, proposal: UUID) -> UUID:
        """Where it ended up."""
        while proposal in self.merged:
            proposal = self.merged[proposal]
        return proposal

    def allowed(self, answer: httpx.Response, may: bool) -> bool:
        assert answer.is_success == may, answer.text
        assert answer.status_code < 500
        return may

    @rule(target=drafts, title=st.sampled_from(("Dire la date", "Un dessin", "Moins de mots")))
    def drafts_a_proposal(self, title: str) -> UUID | None:
        body = {"title": title, "text": f"{title}.", "theme": None}
        response = self.run(self.room.request("POST", "proposals", body))
        if not self.allowed(response, not self.synthesised):
            return None
        id = UUID(response.json()["id"])
        self.versions[id] = response.json()["version"]
        return id

    @rule(proposal=drafts, version_off=st.sampled_from((0, 0, 0, 1)))
    def edits_a_proposal(self, proposal: UUID | None, version_off: int) -> None:
        if proposal is None:
            return
        body = {
            "version": self.versions[proposal] + version_off,
            "title": "Autrement",
            "text": "Autrement.",
            "theme": "t",
        }
        response = self.run(self.room.request("PUT", f"/api/proposals/{proposal}", body))
        may = not self.synthesised and proposal not in self.merged and not version_off
        if self.allowed(response, may):
            self.versions[proposal] = response.json()["version"]

    @rule(
        index=st.integers(0, ANSWERS - 1),
        reader=st.sampled_from(READERS),
        proposals=st.lists(drafts, max_size=3),
        personal=st.booleans(),
    )
    def reads(self, index: int, reader: str, proposals: list[UUID | None], personal: bool) -> None:
        linked = {proposal for proposal in proposals if proposal is not None}
        reading: dict[str, Any] = {"seconds": 5.0, "proposals": sorted(map(str, linked))}
        if personal or not linked:
            reading["mark"] = "personal_case" if personal else "no_suggestion"
        contribution = self.ids[index]
        response = self.run(
            self.room.request(
                "POST", f"/api/contributions/{contribution}/readings", reading, reader=reader
            )
        )
        may = not self.synthesised and not linked & self.merged.keys()
        if self.allowed(response, may):
            self.links[contribution, reader] = linked

    @rule(reader=st.sampled_from(READERS))
    def reads_all_that_is_left(self, reader: str) -> None:
        if self.synthesised:
            return
        for contribution in self.ids:
            if not any((contribution, name) in self.links for name in READERS):
                response = self.run(self.room.record(contribution, reader))
                assert response.status_code == 200
                self.links[contribution, reader] = set()

    @rule(proposal=consumes(drafts), into=drafts)
    def merges(self, proposal: UUID | None, into: UUID | None) -> None:
        if proposal is None or into is None:
            return
        body = {"into": str(into), "version": self.versions[proposal]}
        response = self.run(self.room.request("POST", f"/api/proposals/{proposal}/merge", body))
        may = (
            not self.synthesised and proposal != into and not {proposal, into} & self.merged.keys()
        )
        if self.allowed(response, may):
            self.merged[proposal] = into
            self.versions[into] = response.json()["version"]

    @rule(index=st.integers(0, ANSWERS - 1), hidden=st.booleans())
    def moderates(self, index: int, hidden: bool) -> None:
        body = {"hidden": hidden, "reason": "Un nom."}
        path = f"/api/contributions/{self.ids[index]}/moderation"
        assert self.run(self.room.request("POST", path, body)).status_code == 200

    @rule()
    def synthesises(self) -> None:
        board: ProposalBoard = self.run(self.room.board())
        listed = [proposal for proposal in board.proposals if proposal.state == "draft"]
        all_read = all(any((id, name) in self.links for name in READERS) for id in self.ids)
        supported = all(self.support(proposal.id) for proposal in listed)
        response = self.run(self.room.synthesise(listed))
        may = all_read and supported and not self.synthesised
        if self.synthesised:  # the same list again is the same synthesis, or refused: no change
            assert response.status_code < 500
        elif self.allowed(response, may):
            self.synthesised = True

    def support(self, proposal: UUID) -> int:
        return len(
            {
                contribution
                for (contribution, _), linked in self.links.items()
                if any(self.stands(link) == proposal for link in linked)
            }
        )

    @invariant()
    def support_is_what_readings_say_and_no_proposal_is_lost(self) -> None:
        if not hasattr(self, "ids"):
            return
        board = self.run(self.room.board())
        assert {proposal.id for proposal in board.proposals} == set(self.versions)
        for proposal in board.proposals:
            assert (proposal.state == "merged") == (proposal.id in self.merged)
            if proposal.id not in self.merged:
                assert proposal.support == self.support(proposal.id), proposal.title
                inside = {other for other in self.merged if self.stands(other) == proposal.id}
                assert set(proposal.merged_ids) == inside
        assert (
            all(proposal.state != "draft" for proposal in board.proposals) or not self.synthesised
        )
        assert (board.synthesised_on is not None) == self.synthesised

    @invariant()
    def no_word_is_lost(self) -> None:
        if not hasattr(self, "ids"):
            return
        contributions = self.run(self.room.contributions(hidden="show"))
        assert {one.id: one.words for one in contributions} == self.words


def test_whatever_readers_and_drafters_do(postgres_server: PostgresServer, tmp_path: Path) -> None:
    class Life(SynthesisLife):
        server = postgres_server
        folder = tmp_path

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
