"""Charter: a formal return on the proposals, kept or not.

No project closes without it, although records are late, repeated, or read from the beginning again;
once the faults are over, every project closes.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.contracts.events.registry import MemberStatus
from services.feedback.projects.store import queries
from services.runtime.postgres.queries import Query
from tests.support.closing import STAGES, Closing
from tests.support.closing_world import COLLECTION, RECRUITMENT
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


@pytest.mark.parametrize("stage", STAGES)
def test_a_project_closes_once_it_owes_nothing_and_never_before(
    machine: type[Closing], stage: str
) -> None:
    machine.stage = stage
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, RUNS // len(STAGES)),
            stateful_step_count=STEPS,
            deadline=None,
            # Each example takes seconds, so a failure is shrunk by hand.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert "project closed" in machine.observed
    if stage in ("synthesised", "reported"):
        assert "proposals merged" in machine.observed


def close_while_proposals_are_late(project: Closing) -> None:
    """Feedback receives the synthesis long before the proposals that it lists."""
    project.open_project()
    project.submit_responses(11)
    for days in (RECRUITMENT + 1, COLLECTION):
        project.let_days_pass(days)
        project.sweep()
        project.sweep()
        project.deliver_to_all()
        project.open_responses()
    project.deliver_to_all()
    project.draft_proposal("Un résumé")
    project.read_contributions(20, links=True)
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
        project.report_outcomes("sent", 100)
        project.sweep()
        project.a_closed_project_owes_nothing()


def test_a_project_without_responses_closes_too(machine: type[Closing]) -> None:
    """Even with a drafted proposal, to which no contribution can be linked."""
    project = machine()
    project.open_project()
    project.world.unsubmitted = []
    project.draft_proposal("Un résumé")
    project.teardown()


def test_no_project_closes_before_its_proposals_have_arrived(
    machine: type[Closing],
) -> None:
    project = machine()
    try:
        close_while_proposals_are_late(project)
        assert project.run(project.project())["state"] == "collected"
    finally:
        project.teardown()  # delivers them, and verifies that the project closes


def test_a_revised_decision_reopens_a_closed_project_and_is_reported_to_everybody(
    machine: type[Closing],
) -> None:
    """With merged proposals and members who left, were erased or could not be reached; every
    consumer reads its topics from the beginning twice."""
    project = machine()
    project.open_project()
    try:
        project.submit_responses(10)
        project.open_responses()
        project.submit_responses(1)
        project.leave_panel(0, MemberStatus.LEFT)
        project.leave_panel(1, MemberStatus.ERASED)
        for title in ("Un résumé", "Un numéro"):
            project.draft_proposal(title)
        project.read_contributions(4, links=True)
        project.merge_proposals()
        project.run(project.heal())
        project.bounce(0)
        project.deliver_to_all()
        assert project.run(project.state()) == ("closed", 1)

        project.decide(0, retain=False)
        project.publish_report()
        for _ in range(2):
            for number in range(len(project.bus.readers)):
                project.rewind(number)
            project.deliver_to_all()
            project.a_closed_project_owes_nothing()
        assert project.run(project.state()) == ("reporting", 2)
        project.report_outcomes("no_address", 2)
        project.run(project.heal())
        assert project.run(project.state()) == ("closed", 2)
        project.run(project.observe())
        assert project.observed >= {
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
        project.close()


def test_without_the_versioned_list_a_project_would_close_without_a_decision(
    machine: type[Closing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The versioned list enforces the promise: a list of the proposals received breaks it."""
    list_received = (
        "INSERT INTO listed_proposal SELECT project_id, proposal_id, version FROM proposal"
        " WHERE project_id = ANY (:project_ids::uuid[])"
        " ON CONFLICT ON CONSTRAINT listed_once DO NOTHING"
    )
    monkeypatch.setitem(queries._queries, "list_proposals", Query.parse(list_received))
    project = machine()
    try:
        with pytest.raises(AssertionError, match="a listed proposal that has no decision"):
            close_while_proposals_are_late(project)
    finally:
        project.close()
