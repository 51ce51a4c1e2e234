"""Windows, quotas and the lives of projects and invitations."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.campaigns.invitations.rules import Invitation
from services.campaigns.launches.rules import first_sendable_day, relaxation, window
from services.campaigns.projects.rules import FIELD_NAMES, MandateIncomplete, Project, Roster
from services.runtime.refusal import Refusal

TODAY = date(2026, 11, 24)
KEY = {"kty": "RSA"}
COMPLETE = Project(
    id=UUID(int=1),
    version=1,
    state="draft",
    title="Lettre",
    nature="n",
    why="w",
    stakes="s",
    objectives="o",
    purpose="p",
    decision_maker_name="Anne",
    decision_maker_role="Directrice",
    decision_maker_account="a" * 32,
    who="w",
    how="h",
    compensation_terms=None,
    compensation_reference=None,
    recruitment_ends_on=TODAY + timedelta(days=10),
    collection_ends_on=TODAY + timedelta(days=20),
    places=None,
    free_places=None,
    anonymity_floor=5,
    asked=None,
    joined=None,
    ended_early_reason=None,
    credential_key=None,
    credentials_issued=None,
)
REQUIRED = [
    "title",
    "nature",
    "why",
    "stakes",
    "objectives",
    "purpose",
    "decision_maker_name",
    "decision_maker_role",
    "decision_maker_account",
    "who",
    "how",
    "recruitment_ends_on",
    "collection_ends_on",
]


@given(st.sets(st.sampled_from(REQUIRED)), st.sampled_from(["", " ", "\n\t"]))
def test_every_missing_field_is_listed_in_both_languages(blank: set[str], empty: str) -> None:
    changes: dict[str, Any] = {field: None if field.endswith("_on") else empty for field in blank}
    project = replace(COMPLETE, **changes)
    named = {field.replace("decision_maker_", "decision_maker.") for field in blank}
    assert set(project.missing) == named
    assert set(project.missing) <= set(FIELD_NAMES)
    if blank:
        with pytest.raises(MandateIncomplete) as refused:
            project.publish(TODAY, KEY)
        assert len(set(refused.value.details("fr"))) == len(blank)
        assert len(set(refused.value.details("en"))) == len(blank)
    else:
        assert project.publish(TODAY, KEY).state == "published"


def test_a_compensation_without_reference_is_incomplete() -> None:
    paid = replace(COMPLETE, compensation_terms="30 €")
    assert paid.missing == ["compensation.reference"]
    assert replace(paid, compensation_reference="Arrêté 12").missing == []


class ProjectLife(RuleBasedStateMachine):
    """Whatever is tried, a project only moves as the design lists, one version at a time."""

    listed = frozenset(
        {
            ("draft", "published"),
            ("draft", "abandoned"),
            ("published", "abandoned"),
            ("published", "open"),
            ("open", "open"),
            ("open", "recruited"),
            ("recruited", "collected"),
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.project = COMPLETE

    def attempt(self, act: Any) -> None:
        before = self.project
        try:
            self.project = act(before)
        except Refusal:
            return
        assert (before.state, self.project.state) in self.listed
        assert self.project.version == before.version + 1

    @rule(days=st.integers(0, 12))
    def publish(self, days: int) -> None:
        self.attempt(lambda project: project.publish(TODAY + timedelta(days=days), KEY))

    @rule(days=st.integers(0, 12), collection=st.sampled_from([None, "preparing", "ready"]))
    def launch(self, days: int, collection: str | None) -> None:
        self.attempt(lambda project: project.launch(TODAY + timedelta(days=days), collection))
        if self.project.state == "open":
            assert self.project.missing == []

    @rule()
    def abandon(self) -> None:
        self.attempt(lambda project: project.abandon())

    @rule()
    def end_recruitment(self) -> None:
        self.attempt(lambda project: project.end_recruitment(Roster(3, 2)))

    @rule()
    def end_collection(self) -> None:
        self.attempt(lambda project: project.end_collection(1))


class InvitationLife(RuleBasedStateMachine):
    """Answers are given once, while the project recruits; leaving is possible at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.today = TODAY
        self.answers = 0
        self.invitation = Invitation(
            id=UUID(int=1),
            project_id=UUID(int=2),
            member_id=UUID(int=3),
            state="ordered",
            participation=None,
            project_version=1,
            project_state="open",
            recruitment_ends_on=TODAY + timedelta(days=10),
            collection_ends_on=TODAY + timedelta(days=20),
            free_places=1,
            member_status="active",
            issuing_stopped=False,
            credential_taken=False,
        )

    @rule()
    def sent(self) -> None:
        if self.invitation.state == "ordered":
            self.invitation = replace(self.invitation, state="sent")

    @rule(days=st.integers(1, 4))
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(free=st.sampled_from([None, 0, 1]))
    def places_change(self, free: int | None) -> None:
        self.invitation = replace(self.invitation, free_places=free)

    @rule()
    def accept(self) -> None:
        open_before = self.invitation.closed_because(self.today) is None
        try:
            participation = self.invitation.accept(self.today)
        except Refusal:
            assert not open_before
            return
        assert open_before
        assert (participation == "waitlisted") == (self.invitation.free_places == 0)
        self.answers += 1
        self.invitation = replace(self.invitation, state="accepted", participation=participation)

    @rule()
    def decline(self) -> None:
        try:
            self.invitation.decline(self.today)
        except Refusal:
            return
        self.answers += 1
        self.invitation = replace(self.invitation, state="declined")

    @precondition(lambda self: self.invitation.participation in ("joined", "waitlisted"))
    @rule()
    def leave(self) -> None:
        self.invitation.leave()
        self.invitation = replace(self.invitation, participation="left")

    @invariant()
    def one_answer_at_most(self) -> None:
        assert self.answers <= 1
        if self.today > self.invitation.recruitment_ends_on:
            assert self.invitation.closed_because(self.today) is not None


test_project_life = ProjectLife.TestCase
test_invitation_life = InvitationLife.TestCase


@given(
    st.dates(TODAY, TODAY + timedelta(days=40)),
    st.one_of(st.none(), st.dates(TODAY, TODAY + timedelta(days=40))),
    st.integers(1, 14),
    st.dates(TODAY, TODAY + timedelta(days=40)),
)
def test_a_window_never_starts_too_early_nor_ends_after_recruitment(
    sendable: date, first_day: date | None, days: int, until: date
) -> None:
    found = window(sendable, first_day, days, until)
    if found is None:
        assert max(sendable, first_day or sendable) > until
    else:
        assert found.first_day >= sendable
        assert first_day is None or found.first_day >= first_day
        assert found.first_day <= found.last_day <= until
        assert (found.last_day - found.first_day).days < days


@pytest.mark.parametrize(("hour", "days"), [(0, 0), (18, 0), (19, 1), (23, 1)])
def test_late_in_the_day_sending_starts_tomorrow(hour: int, days: int) -> None:
    local = datetime(2026, 11, 24, hour, 30)  # noqa: DTZ001
    assert first_sendable_day(local) == TODAY + timedelta(days=days)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 20)),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 20)),
)
def test_the_relaxation_is_feasible_and_the_smallest(
    wanted: dict[str, int], possible: dict[str, int]
) -> None:
    lowered = wanted | relaxation(wanted, possible)
    assert relaxation(lowered, possible) == {}
    for stratum, number in lowered.items():
        assert number == min(wanted[stratum], possible.get(stratum, 0))
