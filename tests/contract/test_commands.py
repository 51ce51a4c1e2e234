"""What staff send is refused at the edge where no column could hold it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.describe import SERVICES, build
from services.contracts.http.campaigns import CampaignSheet, ProjectSheet, Quotas
from services.contracts.http.feedback import WriteDecision
from services.contracts.http.proposals import Synthesise
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import Contribution
from services.responses.domain.answers import checked

PROJECT = "7d9c6a1e-0000-4000-8000-000000000001"
CAMPAIGN = {"project_id": PROJECT, "title": "Vague 1", "wanted": 1}


def reachable(part: Any, document: dict[str, Any], seen: frozenset[str]) -> Iterator[Any]:
    if isinstance(part, list):
        for inner in part:
            yield from reachable(inner, document, seen)
    elif isinstance(part, dict):
        reference = part.get("$ref", "")
        if reference.startswith("#/components/schemas/") and reference not in seen:
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            yield from reachable(schema, document, seen | {reference})
        yield part
        for inner in part.values():
            yield from reachable(inner, document, seen)


@pytest.mark.parametrize("service", SERVICES)
def test_every_number_that_is_sent_has_its_least_and_its_most(service: str) -> None:
    document = build(service).api.openapi()
    numbers = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            asked = [operation.get("parameters", []), operation.get("requestBody", {})]
            for schema in reachable(asked, document, frozenset()):
                if schema.get("type") in ("integer", "number"):
                    numbers += 1
                    assert {"minimum", "maximum"} <= schema.keys(), (path, schema)
    assert numbers


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (ProjectSheet, {"title": "Lettre\0"}),
        (ProjectSheet, {"title": "Lettre", "mandate": {"decision_maker": {"name": "A\0"}}}),
        (CampaignSheet, CAMPAIGN | {"audience": {"region": ["nord\0"]}}),
        (CampaignSheet, CAMPAIGN | {"audience": {"region\0": ["nord"]}}),
        (Quotas, {"attribute": "region", "wanted": {"nord\0": 1}}),
    ],
)
def test_text_that_no_column_can_hold_is_refused_wherever_it_stands(
    command: Any, sent: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        command.model_validate(sent)
    assert [one["type"] for one in refused.value.errors()] == ["nul_character"]


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (ProjectSheet, {"title": "Lettre", "places": 0}),
        (ProjectSheet, {"title": "Lettre", "anonymity_floor": 4}),
        (CampaignSheet, CAMPAIGN | {"wanted": 0}),
        (WriteDecision, {"version": -1, "outcome": "not", "reason": "Trop cher."}),
        (ProjectSheet, {"title": "Lettre", "places": 2**31}),
        (ProjectSheet, {"title": "Lettre", "anonymity_floor": 10**40}),
        (ProjectSheet, {"title": "Lettre", "collection_ends_on": "9999-12-31"}),
        (CampaignSheet, CAMPAIGN | {"first_day": date.max}),
        (Quotas, {"attribute": "region", "wanted": {"nord": -1, "sud": 2}}),
        (WriteDecision, {"version": 2**63, "outcome": "not", "reason": "Trop cher."}),
        (Synthesise, {"proposals": [{"id": PROJECT, "version": 2**63}]}),
        (Synthesise, {"proposals": [{"id": PROJECT, "version": 1, "titel": "La date"}]}),
        (
            Questionnaire,
            {
                "questions": [
                    {"id": "s", "kind": "scale", "text": {"fr": "?"}, "low": -(2**31), "high": 5}
                ]
            },
        ),
    ],
)
def test_what_is_out_of_range_is_refused(command: Any, sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        command.model_validate(sent)


def test_what_a_member_writes_is_never_refused_for_a_character_that_nobody_sees() -> None:
    """They could not find it to delete it: it is kept as the sign for one that cannot be shown."""
    free = {"id": "why", "kind": "free_text", "required": False, "only_if": None}
    sent = Contribution(
        prepared="", signature="", questionnaire_version=1, answers={"why": "La date\0 d'abord"}
    )
    kept = checked({"questions": [free]}, sent.answers)
    assert kept == {"why": "La date\N{REPLACEMENT CHARACTER} d'abord"}
