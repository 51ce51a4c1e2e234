"""Events are a promise to subscribers: their JSON stays valid, and only grows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.envelope import Event, MalformedEvent, decode, headers
from services.contracts.events.campaigns import OrderClass, OrderKind, OrderState
from services.contracts.events.registry import MemberState
from services.contracts.topics import TOPICS, Kind, topic_of
from tests.contract.examples import EXAMPLES

GOLDEN = Path(__file__).parent / "golden"
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
each_event = pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.event_type)


def test_every_topic_of_the_contract_has_an_example() -> None:
    assert {type(event) for event in EXAMPLES} == {topic.event for topic in TOPICS}


@each_event
def test_the_json_of_an_event_stays_the_golden_one(event: Event) -> None:
    golden = json.loads((GOLDEN / f"{event.event_type}.json").read_text())
    assert json.loads(event.body()) == golden
    assert type(event).model_validate(golden) == event


@each_event
def test_an_event_ignores_fields_it_does_not_know(event: Event) -> None:
    grown = json.loads(event.body()) | {"a_field_of_next_year": 1}
    wire = json.dumps(grown).encode()
    assert decode(type(event), headers(event.event_type, "test", NOON), wire) == event


@each_event
def test_an_event_names_itself_in_cloudevents_headers(event: Event) -> None:
    kafka_headers = dict(headers(event.event_type, topic_of(type(event)).producer, NOON))
    assert kafka_headers["ce_type"] == event.event_type.encode()
    assert kafka_headers["ce_time"] == b"2026-11-24T11:00:00Z"
    assert kafka_headers["ce_specversion"] == b"1.0"
    assert kafka_headers["ce_id"]
    assert kafka_headers["ce_source"].startswith(b"/panel/")


@given(
    st.lists(st.tuples(st.one_of(st.text(), st.none()), st.one_of(st.binary(), st.none()))),
    st.one_of(st.binary(), st.none()),
)
def test_no_record_breaks_the_decoder(
    record_headers: list[tuple[str | None, bytes | None]], value: bytes | None
) -> None:
    for given_headers in (record_headers, headers("member.state", "test", NOON)):
        with pytest.raises(MalformedEvent):
            decode(MemberState, given_headers, value)


def test_a_malformed_event_is_reported_without_its_values() -> None:
    body = json.dumps({"member_id": "marie@example.org", "version": 1, "status": "active"})
    with pytest.raises(MalformedEvent) as refused:
        decode(MemberState, headers("member.state", "test", NOON), body.encode())
    assert "member_id" in str(refused.value)
    assert "marie" not in str(refused.value)


def test_state_topics_are_compacted_and_log_topics_outlive_31_days() -> None:
    for topic in TOPICS:
        if topic.kind is Kind.STATE:
            assert topic.policy["cleanup.policy"] == "compact"
        else:
            assert int(topic.policy["retention.ms"]) >= 40 * 24 * 3600 * 1000


@pytest.mark.parametrize(
    ("kind", "details", "accepted"),
    [
        (OrderKind.CONFIRMATION, {"participation": "waitlisted"}, True),
        (OrderKind.CONFIRMATION, {"participation": "joined\nhttps://example.test"}, False),
        (OrderKind.CONFIRMATION, {"Lien": "https://example.test"}, False),
        (OrderKind.PRACTICALITIES, {"day": "2026-12-01", "ends_at": "18:30"}, True),
        (OrderKind.PRACTICALITIES, {"day": "demain"}, False),
        (OrderKind.PRACTICALITIES, {"day": "2026-02-30"}, False),
        (OrderKind.PRACTICALITIES, {"starts_at": "25:00"}, False),
        (OrderKind.PRACTICALITIES, {"ends_at": "18:60"}, False),
        (OrderKind.PRACTICALITIES, {"day": "2026-12-01\n"}, False),
        (OrderKind.PRACTICALITIES, {"place": "https://example.test"}, False),
        (OrderKind.REPORT, {"summary": "Lisez ceci"}, False),
        (OrderKind.EXPIRY, {"x": ""}, False),
        (OrderKind.REQUESTED_REMINDER, {"x": ""}, False),
        (OrderKind.INVITATION, {"x": ""}, False),
        (OrderKind.REMINDER, {"x": ""}, False),
        (OrderKind.REPORT, {}, True),
    ],
)
def test_details_of_a_message_have_closed_keys_and_forms(
    kind: OrderKind, details: dict[str, str], accepted: bool
) -> None:
    example = next(event for event in EXAMPLES if isinstance(event, OrderState))
    body = json.loads(example.body())
    body |= {"kind": kind, "class": kind.order_class, "details": details}
    wire = json.dumps(body).encode()
    if accepted:
        assert decode(OrderState, headers("order.state", "test", NOON), wire)
        return
    with pytest.raises(MalformedEvent):
        decode(OrderState, headers("order.state", "test", NOON), wire)


def test_only_the_closed_list_of_messages_can_be_ordered() -> None:
    order = next(event for event in EXAMPLES if isinstance(event, OrderState))
    body = json.loads(order.body())
    with pytest.raises(ValidationError):
        OrderState.model_validate(body | {"kind": "newsletter"})
    for kind in OrderKind:
        right = kind.order_class
        wrong = next(other for other in OrderClass if other is not right)
        assert OrderState.model_validate(body | {"kind": kind, "class": right})
        with pytest.raises(ValidationError):
            OrderState.model_validate(body | {"kind": kind, "class": wrong})
    solicitations = {kind for kind in OrderKind if kind.order_class is OrderClass.SOLICITATION}
    assert solicitations == {OrderKind.INVITATION, OrderKind.REMINDER}


@pytest.mark.parametrize("status", ["left", "expired", "erased"])
def test_only_the_status_of_a_former_member_is_published(status: str) -> None:
    member = next(event for event in EXAMPLES if isinstance(event, MemberState))
    with pytest.raises(ValidationError):
        MemberState.model_validate(json.loads(member.body()) | {"status": status})
    MemberState.model_validate({"member_id": member.member_id, "version": 3, "status": status})
