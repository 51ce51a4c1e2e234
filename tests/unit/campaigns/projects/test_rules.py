"""Projects: a complete mandate, and the phases that the design lists."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from services.campaigns.projects.rules import Phase, Project, Roster
from services.campaigns.projects.rules_refusals import FIELD_NAMES, MandateIncomplete
from services.runtime.refusal import Refusal

TODAY = date(2026, 11, 24)
KEY = {"kty": "RSA"}
COMPLETE = Project(
    id=UUID(int=1),
    version=1,
    state=Phase.DRAFT,
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
    missing = {field.replace("decision_maker_", "decision_maker.") for field in blank}
    assert set(project.missing) == missing
    assert set(project.missing) <= set(FIELD_NAMES)
    if blank:
        with pytest.raises(MandateIncomplete) as refusal:
            project.publish(TODAY, KEY)
        assert len(set(refusal.value.details("fr"))) == len(blank)
        assert len(set(refusal.value.details("en"))) == len(blank)
    else:
        assert project.publish(TODAY, KEY).state == "published"


def test_a_compensation_without_reference_is_incomplete() -> None:
    paid = replace(COMPLETE, compensation_terms="30 €")
    assert paid.missing == ["compensation.reference"]
    assert replace(paid, compensation_reference="Arrêté 12").missing == []


class ProjectLife(RuleBasedStateMachine):
    """Any sequence of commands moves a project as the design lists, one version at a time."""

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

    def attempt(self, command: Any) -> None:
        project = self.project
        try:
            self.project = command(project)
        except Refusal:
            return
        assert (project.state, self.project.state) in self.listed
        assert self.project.version == project.version + 1

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


test_project_life = ProjectLife.TestCase
