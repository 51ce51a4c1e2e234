"""The judge turns red when it should: each judge is shown a world that keeps its promise, then one
that breaks it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local import evidence
from deploy.local.bus import Record
from deploy.local.evidence import Evidence
from deploy.local.journal import Message

ORDER, OTHER, MEMBER = UUID(int=1), UUID(int=2), UUID(int=9)
NOON = datetime(2026, 11, 3, 11, tzinfo=UTC)
BEFORE_EIGHT, AT_TWENTY = NOON.replace(hour=6, minute=59), NOON.replace(hour=19)
SENT = Message(NOON, NOON, "lea.durand7@example.org", "Avis", "invitation", ORDER, "")


def delivery(order: UUID = ORDER, **changed: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "kind": "invitation",
        "state": "sent",
        "member_id": MEMBER,
        "zone": "Europe/Paris",
    } | changed


def ordered(order: UUID = ORDER, **changed: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "kind": "invitation",
        "member_id": MEMBER,
        "answer": "sent",
    } | changed


def record(topic: str, value: bytes, **changed: Any) -> Record:
    return replace(Record(topic, 0, 0, NOON, str(MEMBER), {}, value), **changed)


KEPT = Evidence(
    messages=[SENT],
    deliveries=[delivery()],
    orders=[ordered()],
    records=[
        record("registry.members.v1", b'{"status":"active"}'),
        record("responses.collections.v1", b'{"state":"ready"}'),
    ],
    logs=[],
)
CLOSED = [
    record("campaigns.projects.v1", b'{"version":9,"state":"closed"}', key="P"),
    record(
        "responses.collections.v1",
        b'{"version":4,"state":"synthesised","proposals":[{"id":"A","version":2}]}',
        key="P",
    ),
    record(
        "feedback.reports.v1",
        b'{"version":1,"decisions":[{"proposal_id":"A","version":2}]}',
        key="P",
    ),
    record("feedback.decisions.v1", b'{"version":3,"proposal_version":2}', key="A"),
]
LEFT = record("registry.members.v1", b'{"status":"left"}')

Judge = Callable[[Evidence], tuple[int, int]]
BROKEN: list[tuple[Judge, Evidence]] = [
    (
        evidence.messages_apart,
        replace(KEPT, messages=[SENT, replace(SENT, panel_time=NOON + timedelta(days=30))]),
    ),
    (evidence.messages_ordered, replace(KEPT, orders=[])),
    (evidence.messages_ordered, replace(KEPT, orders=[ordered(kind="reminder")])),
    (evidence.messages_ordered, replace(KEPT, messages=[replace(SENT, order_id=None)])),
    (evidence.orders_used_once, replace(KEPT, messages=[SENT, SENT])),
    (evidence.sent_is_in_the_journal, replace(KEPT, messages=[])),
    (evidence.answers_agree, replace(KEPT, orders=[ordered(answer="refused")])),
    (evidence.answers_agree, replace(KEPT, deliveries=[])),
    (
        evidence.sending_hours,
        replace(KEPT, messages=[replace(SENT, panel_time=NOON.replace(hour=6))]),
    ),
    (
        evidence.sending_hours,
        replace(KEPT, messages=[replace(SENT, panel_time=NOON.replace(hour=19))]),
    ),
    (
        evidence.sending_hours,
        replace(KEPT, deliveries=[delivery(zone="America/Guadeloupe")]),
    ),
    (
        evidence.silence_after_leaving,
        replace(KEPT, records=[replace(LEFT, appended_at=NOON - timedelta(seconds=1))]),
    ),
    (
        evidence.no_personal_data_on_the_bus,
        replace(KEPT, records=[record("registry.members.v1", b'{"to":"a.b@example.org"}')]),
    ),
    (
        evidence.no_personal_data_on_the_bus,
        replace(KEPT, records=[record("registry.members.v1", b'{"who":"Lea.Durand7"}')]),
    ),
    (
        evidence.no_personal_data_on_the_bus,
        replace(KEPT, records=[record("registry.members.v1", b"{}", key="lea.durand7")]),
    ),
    (
        evidence.no_members_where_opinions_are,
        replace(KEPT, records=[record("responses.proposals.v1", b'{"member_id":"x"}')]),
    ),
    *(
        (evidence.closed_with_every_answer, replace(KEPT, records=CLOSED[:n] + CLOSED[n + 1 :]))
        for n in (2, 3)
    ),
    (
        evidence.closed_with_every_answer,
        replace(
            KEPT,
            records=[
                *CLOSED,
                record(
                    "responses.collections.v1",
                    b'{"version":5,"proposals":[{"id":"A","version":3}]}',
                    key="P",
                ),
            ],
        ),
    ),
]


@pytest.mark.parametrize("judge", list(dict.fromkeys(judge for judge, _ in BROKEN)))
def test_a_world_that_keeps_the_promise_is_found_to_hold(judge: Judge) -> None:
    _, wrong = judge(KEPT)
    assert wrong == 0


@pytest.mark.parametrize(("judge", "world"), BROKEN, ids=[judge.__name__ for judge, _ in BROKEN])
def test_a_world_that_breaks_it_is_found_out(judge: Judge, world: Evidence) -> None:
    _, wrong = judge(world)
    assert wrong >= 1


def test_a_message_that_left_before_its_member_did_is_no_offence() -> None:
    left_later = replace(LEFT, appended_at=NOON + timedelta(seconds=1))
    assert evidence.silence_after_leaving(replace(KEPT, records=[left_later])) == (1, 0)


def test_a_project_that_closed_with_every_answer_is_found_to_hold() -> None:
    older = record("campaigns.projects.v1", b'{"version":8,"state":"reporting"}', key="P")
    assert evidence.closed_with_every_answer(replace(KEPT, records=[*CLOSED, older])) == (2, 0)


def test_an_answer_that_is_still_on_its_way_is_no_contradiction() -> None:
    on_its_way = replace(KEPT, orders=[ordered(answer=None)])
    assert evidence.answers_agree(on_its_way) == (0, 0)
    bounced = replace(KEPT, deliveries=[delivery(state="bounced")])
    assert evidence.answers_agree(bounced) == (1, 0)


def test_an_address_in_a_technical_log_is_found(tmp_path: Path) -> None:
    log = tmp_path / "registry.log"
    log.write_text('{"event": "ok"}\n')
    assert evidence.no_personal_data_in_logs(replace(KEPT, logs=[log])) == (1, 0)
    log.write_text('{"event": "sent to lea.durand7@example.org"}\n')
    assert evidence.no_personal_data_in_logs(replace(KEPT, logs=[log])) == (1, 1)
