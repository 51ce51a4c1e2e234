"""Charter: a formal return on the proposals, kept or not. A project cannot close without it, though
all be late, twice, or from the beginning again; and once nothing is any more, it always closes.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.contracts.events.registry import MemberStatus
from services.feedback.projects.store import sql
from tests.support.closing import BEGINNINGS, COLLECTION, RECRUITMENT, Closing
from tests.support.servers import PostgresServer

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]

RUNS = int(os.environ.get("CLOSING_RUNS", "4"))
STEPS = int(os.environ.get("CLOSING_STEPS", "30"))


@pytest.fixture
def machine(postgres_server: PostgresServer, kafka: str, tmp_path: Path) -> type[Closing]:
    class OnServers(Closing):
        server = postgres_server
        bootstrap = kafka
        folder = tmp_path

    return OnServers


@pytest.mark.parametrize("begins", BEGINNINGS)
def test_a_project_closes_when_everything_is_answered_and_never_before(
    machine: type[Closing], begins: str
) -> None:
    machine.begins = begins
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, RUNS // len(BEGINNINGS)),
            stateful_step_count=STEPS,
            deadline=None,
            # Each try takes seconds: whoever meets a failure shrinks it by hand.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert "project closed" in machine.seen
    if begins in ("synthesised", "reported"):
        assert "proposals merged" in machine.seen


def close_while_proposals_are_late(project: Closing) -> None:
    """Feedback hears of the synthesis long before the proposals that it lists."""
    project.open_project()
    project.speak(11)
    for days in (RECRUITMENT + 1, COLLECTION):
        project.let_days_pass(days)
        project.sweep()
        project.sweep()
        project.deliver_to_all()
        project.open_answers()
    project.deliver_to_all()
    project.draft_proposal("Un résumé")
    project.read(20, links=True)
    project.synthesise()
    late = next(
        reader
        for reader in project.bus.readers
        if reader.consumer.topic.name == "responses.proposals.v1"
    )
    for _ in range(3):
        project.run(project.bus.collect())
        for reader in project.bus.readers:
            if reader is not late:
                project.run(project.bus.deliver(reader))
        project.publish_report()
        project.answer_orders("sent", 100)
        project.sweep()
        project.closed_is_answered()


def test_a_project_where_nobody_spoke_closes_as_well(machine: type[Closing]) -> None:
    """Whatever staff had drafted meanwhile: nothing can be linked to it any more."""
    project = machine()
    project.open_project()
    project.unsaid = []
    project.draft_proposal("Un résumé")
    project.teardown()


def test_no_project_closes_while_its_proposals_are_still_on_their_way(
    machine: type[Closing],
) -> None:
    project = machine()
    try:
        close_while_proposals_are_late(project)
        assert project.run(project._project())["state"] == "collected"
    finally:
        project.teardown()  # which lets them arrive, and sees it close


def test_a_decision_revised_after_closing_is_owed_and_told_anew_whatever_comes_twice(
    machine: type[Closing],
) -> None:
    """With merged proposals, and people who left, were erased or could not be reached; every
    consumer begins again from the beginning, twice."""
    project = machine()
    project.open_project()
    try:
        project.speak(10)
        project.open_answers()
        project.speak(1)
        project.leave(0, MemberStatus.LEFT)
        project.leave(1, MemberStatus.ERASED)
        for title in ("Un résumé", "Un numéro"):
            project.draft_proposal(title)
        project.read(4, links=True)
        project.merge_proposals()
        project.run(project.heal())
        project.bounce(0)
        project.deliver_to_all()
        assert project.run(project.state()) == ("closed", 1)

        project.decide(0, kept=False)
        project.publish_report()
        for _ in range(2):
            for number in range(len(project.bus.readers)):
                project.rewind(number)
            project.deliver_to_all()
            project.closed_is_answered()
        assert project.run(project.state()) == ("reporting", 2)
        project.answer_orders("no_address", 2)
        project.run(project.heal())
        assert project.run(project.state()) == ("closed", 2)
        project.run(project._look())
        assert project.seen >= {
            "proposals merged",
            "report revised",
            "duty of a revision",
            "duty sent",
            "duty undeliverable bounced",
            "duty undeliverable no_address",
            "duty exempt left",
            "duty exempt erased",
        }
    finally:
        project.run(project.stack.aclose())
        project.loop.close()


def test_without_the_versioned_list_an_unanswered_project_would_close(
    machine: type[Closing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds the promise is the list: with "all that have arrived" in its place, it breaks."""
    arrived = (
        "INSERT INTO listed_proposal SELECT project_id, proposal_id, version FROM proposal"
        " WHERE project_id = ANY ($1::uuid[]) ON CONFLICT ON CONSTRAINT listed_once DO NOTHING"
    )
    monkeypatch.setitem(sql._queries, "list_proposals", arrived)
    project = machine()
    try:
        with pytest.raises(AssertionError, match="a listed proposal that has no decision"):
            close_while_proposals_are_late(project)
    finally:
        project.run(project.stack.aclose())
        project.loop.close()
