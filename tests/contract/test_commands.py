"""What staff send is refused at the edge where no column could hold it."""

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
# As JSON writes them.
_CONTROLS = re.compile(r"\\u00(?:0[0-8bef]|1[0-9a-f]|7f|[89][0-9a-f])|[\x7f-\x9f]")
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
    written = command.model_validate(sent)
    expected = command.model_validate(json.loads(_CONTROLS.sub("", json.dumps(sent))))
    assert written == expected
    assert not _CONTROLS.search(written.model_dump_json())


def test_text_of_control_characters_alone_is_no_text() -> None:
    with pytest.raises(ValidationError) as refused:
        ProjectSheet.model_validate({"title": "\x1b\x07\0"})
    assert [one["type"] for one in refused.value.errors()] == ["string_too_short"]


def test_text_keeps_its_lines_and_a_title_is_one() -> None:
    sheet = ProjectSheet.model_validate(
        {"title": "La lettre\r\nde\vrappel", "mandate": {"why": "Un\r\ndeux\u2028trois\tquatre"}}
    )
    assert sheet.title == "La lettre de rappel"
    assert sheet.mandate.why == "Un\ndeux\ntrois\tquatre"


def test_what_is_nested_without_end_is_refused() -> None:
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
    assert [one["type"] for one in refused.value.errors()] == ["too_deep"]


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
    """They could not find it to delete it. Half a character becomes the sign for one lost."""
    free = {"id": "why", "kind": "free_text", "required": False, "only_if": None}
    sent = Contribution(
        prepared="",
        signature="",
        questionnaire_version=1,
        answers={"why": "La date\0 d'abord \ud83d"},
    )
    kept = check_answers({"questions": [free]}, sent.answers)
    assert kept == {"why": "La date d'abord \N{REPLACEMENT CHARACTER}"}
