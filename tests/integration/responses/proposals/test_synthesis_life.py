"""Readers and drafters do whatever they can, in any order: no word is lost on the way, support is
what readings say, and a synthesis lists every draft of a collection that was read whole."""

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
    """What the service says is compared with a model: links by contribution and reader, and into
    which proposal each was merged."""

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
        self.words = {one.id: one.words for one in self.run(self.room.contributions())}
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
        answer = self.run(self.room.ask("POST", "proposals", body))
        if not self.allowed(answer, not self.synthesised):
            return None
        id = UUID(answer.json()["id"])
        self.versions[id] = answer.json()["version"]
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
        answer = self.run(self.room.ask("PUT", f"/api/proposals/{proposal}", body))
        may = not self.synthesised and proposal not in self.merged and not version_off
        if self.allowed(answer, may):
            self.versions[proposal] = answer.json()["version"]

    @rule(
        place=st.integers(0, ANSWERS - 1),
        reader=st.sampled_from(READERS),
        proposals=st.lists(drafts, max_size=3),
        personal=st.booleans(),
    )
    def reads(self, place: int, reader: str, proposals: list[UUID | None], personal: bool) -> None:
        linked = {one for one in proposals if one is not None}
        said: dict[str, Any] = {"seconds": 5.0, "proposals": sorted(map(str, linked))}
        if personal or not linked:
            said["mark"] = "personal_case" if personal else "no_suggestion"
        contribution = self.ids[place]
        answer = self.run(
            self.room.ask(
                "POST", f"/api/contributions/{contribution}/readings", said, reader=reader
            )
        )
        may = not self.synthesised and not linked & self.merged.keys()
        if self.allowed(answer, may):
            self.links[contribution, reader] = linked

    @rule(reader=st.sampled_from(READERS))
    def reads_all_that_is_left(self, reader: str) -> None:
        if self.synthesised:
            return
        for contribution in self.ids:
            if not any((contribution, one) in self.links for one in READERS):
                answer = self.run(self.room.record(contribution, reader))
                assert answer.status_code == 200
                self.links[contribution, reader] = set()

    @rule(one=consumes(drafts), into=drafts)
    def merges(self, one: UUID | None, into: UUID | None) -> None:
        if one is None or into is None:
            return
        body = {"into": str(into), "version": self.versions[one]}
        answer = self.run(self.room.ask("POST", f"/api/proposals/{one}/merge", body))
        may = not self.synthesised and one != into and not {one, into} & self.merged.keys()
        if self.allowed(answer, may):
            self.merged[one] = into
            self.versions[into] = answer.json()["version"]

    @rule(place=st.integers(0, ANSWERS - 1), hidden=st.booleans())
    def moderates(self, place: int, hidden: bool) -> None:
        body = {"hidden": hidden, "reason": "Un nom."}
        path = f"/api/contributions/{self.ids[place]}/moderation"
        assert self.run(self.room.ask("POST", path, body)).status_code == 200

    @rule()
    def synthesises(self) -> None:
        board: ProposalBoard = self.run(self.room.board())
        listed = [one for one in board.proposals if one.state == "draft"]
        read = all(any((id, one) in self.links for one in READERS) for id in self.ids)
        supported = all(self.support(one.id) for one in listed)
        answer = self.run(self.room.synthesise(listed))
        may = read and supported and not self.synthesised
        if self.synthesised:  # the same list again is the same synthesis, or refused: no change
            assert answer.status_code < 500
        elif self.allowed(answer, may):
            self.synthesised = True

    def support(self, proposal: UUID) -> int:
        return len(
            {
                contribution
                for (contribution, _), linked in self.links.items()
                if any(self.stands(one) == proposal for one in linked)
            }
        )

    @invariant()
    def support_is_what_readings_say_and_no_proposal_is_lost(self) -> None:
        if not hasattr(self, "ids"):
            return
        board = self.run(self.room.board())
        assert {one.id for one in board.proposals} == set(self.versions)
        for one in board.proposals:
            assert (one.state == "merged") == (one.id in self.merged)
            if one.id not in self.merged:
                assert one.support == self.support(one.id), one.title
                inside = {other for other in self.merged if self.stands(other) == one.id}
                assert set(one.merged_ids) == inside
        assert all(one.state != "draft" for one in board.proposals) or not self.synthesised
        assert (board.synthesised_on is not None) == self.synthesised

    @invariant()
    def no_word_is_lost(self) -> None:
        if not hasattr(self, "ids"):
            return
        found = self.run(self.room.contributions(hidden="show"))
        assert {one.id: one.words for one in found} == self.words


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
