"""Committed descriptions of the interfaces equal those of the code."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from deploy.generate.describe import SERVICES, build, common_documents, documents
from services.contracts.topics import TOPICS
from tests.contract.examples import EXAMPLES

SUBSCRIBING = Path(__file__).parents[2] / "docs" / "subscribing.md"


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_descriptions_are_those_of_the_running_code(service: str) -> None:
    for path, text in documents(service).items():
        assert path.read_text() == text, (
            f"{path.name} is out of date: python -m deploy.generate.describe"
        )


def test_access_control_and_configuration_are_those_of_the_code() -> None:
    for path, text in common_documents().items():
        assert path.read_text() == text, (
            f"{path.name} is out of date: python -m deploy.generate.describe"
        )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_consumes_only_what_the_contract_gives_it(service: str) -> None:
    allowed = {topic.name for topic in TOPICS if service in topic.consumers}
    assert {consumer.topic.name for consumer in build(service).inbox.consumers} <= allowed


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.event_type)
def test_the_described_schema_accepts_the_example(event) -> None:  # type: ignore[no-untyped-def]
    schema = type(event).model_json_schema(by_alias=True)
    Draft202012Validator(schema).validate(json.loads(event.body()))


def test_the_page_on_subscribing_lists_the_topics_that_the_public_may_read_and_no_others() -> None:
    listed = re.findall(r"^\| `([a-z.-]+\.v\d+)`", SUBSCRIBING.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(topic.name for topic in TOPICS if "public" in topic.consumers)
