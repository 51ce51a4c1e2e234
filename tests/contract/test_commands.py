"""The edge refuses a value of staff that no column could hold."""

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.generate.describe import SERVICES, build
from services.contracts.http.campaigns import CampaignSheet, ProjectSheet, Quotas
from services.contracts.http.feedback import WriteDecision
from services.contracts.http.proposals import Synthesise
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import Contribution
from services.responses.submissions.rules_answers import check_answers

PROJECT = "7d9c6a1e-0000-4000-8000-000000000001"
# In JSON's own notation.
_CONTROLS = re.compile(r"\\u00(?:0[0-8bef]|1[0-9a-f]|7f|[89][0-9a-f])|[\x7f-\x9f]")
CAMPAIGN = {"project_id": PROJECT, "title": "Vague 1", "wanted": 1}


def reachable(part: Any, document: dict[str, Any], visited: frozenset[str]) -> Iterator[Any]:
    if isinstance(part, list):
        for inner in part:
            yield from reachable(inner, document, visited)
    elif isinstance(part, dict):
        reference = part.get("$ref", "")
        if reference.startswith("#/components/schemas/") and reference not in visited:
            schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            yield from reachable(schema, document, visited | {reference})
        yield part
        for inner in part.values():
            yield from reachable(inner, document, visited)


@pytest.mark.parametrize("service", SERVICES)
def test_every_number_in_a_request_has_bounds(service: str) -> None:
    document = build(service).api.openapi()
    numbers = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            inputs = [operation.get("parameters", []), operation.get("requestBody", {})]
            for schema in reachable(inputs, document, frozenset()):
                if schema.get("type") in ("integer", "number"):
                    numbers += 1
                    assert {"minimum", "maximum"} <= schema.keys(), (path, schema)
    assert numbers


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (ProjectSheet, {"title": "Let\0tre"}),
        (ProjectSheet, {"title": "Lettre", "mandate": {"decision_maker": {"name": "A\x1b"}}}),
        (CampaignSheet, CAMPAIGN | {"audience": {"region": ["nord\x9b"]}}),
        (CampaignSheet, CAMPAIGN | {"audience": {"region\0": ["nord"]}}),
        (Quotas, {"attribute": "region", "wanted": {"nord\x7f": 1}}),
        (WriteDecision, {"version": 1, "outcome": "not", "reason": "Trop\x1b]52;c;QQ==\x07"}),
    ],
)
def test_control_characters_are_dropped_wherever_text_stands(
    command: Any, sent: dict[str, Any]
) -> None:
    parsed = command.model_validate(sent)
    expected = command.model_validate(json.loads(_CONTROLS.sub("", json.dumps(sent))))
    assert parsed == expected
    assert not _CONTROLS.search(parsed.model_dump_json())


def test_text_of_control_characters_alone_is_no_text() -> None:
    with pytest.raises(ValidationError) as refused:
        ProjectSheet.model_validate({"title": "\x1b\x07\0"})
    assert [error["type"] for error in refused.value.errors()] == ["string_too_short"]


def test_text_keeps_its_lines_and_a_title_is_one() -> None:
    sheet = ProjectSheet.model_validate(
        {"title": "La lettre\r\nde\vrappel", "mandate": {"why": "Un\r\ndeux\u2028trois\tquatre"}}
    )
    assert sheet.title == "La lettre de rappel"
    assert sheet.mandate.why == "Un\ndeux\ntrois\tquatre"


def test_a_body_nested_too_deeply_is_refused() -> None:
    nested: list[Any] = []
    for _ in range(900):
        nested = [nested]
    with pytest.raises(ValidationError) as refused:
        Contribution.model_validate(
            {
                "prepared": "",
                "signature": "",
                "questionnaire_version": 1,
                "answers": {"why": nested},
            }
        )
    assert [error["type"] for error in refused.value.errors()] == ["too_deep"]


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
def test_values_out_of_range_are_refused(command: Any, sent: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        command.model_validate(sent)


def test_a_members_text_is_never_refused_for_an_invisible_character() -> None:
    """They could not find it to delete it. Half a character becomes the replacement character."""
    free = {"id": "why", "kind": "free_text", "required": False, "only_if": None}
    sent = Contribution(
        prepared="",
        signature="",
        questionnaire_version=1,
        answers={"why": "La date\0 d'abord \ud83d"},
    )
    checked = check_answers({"questions": [free]}, sent.answers)
    assert checked == {"why": "La date d'abord \N{REPLACEMENT CHARACTER}"}
