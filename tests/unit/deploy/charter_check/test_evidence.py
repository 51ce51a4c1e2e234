"""Each rule holds on evidence that keeps its promise and fails on evidence that breaks it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.charter_check import evidence
from deploy.charter_check import published as told
from deploy.charter_check.evidence import Evidence
from deploy.charter_check.mail_journal import Message
from deploy.charter_check.topics import Record

ORDER, OTHER, MEMBER = UUID(int=1), UUID(int=2), UUID(int=9)
NOON = datetime(2026, 11, 3, 11, tzinfo=UTC)
SENT = Message(NOON, NOON, "lea.durand7@example.org", "Avis", "invitation", ORDER, "")


def delivery(order: UUID = ORDER, **changed: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "kind": "invitation",
        "state": "sent",
        "member_id": MEMBER,
        "zone": "Europe/Paris",
        "day": NOON.date(),
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
# Of the two services, one alone knows whose order it was.
WITHOUT_ONE: list[dict[str, Any]] = [{"orders": []}, {"deliveries": []}]
LEFT = record("registry.members.v1", b'{"status":"left"}')
TOLD = [record("responses.proposals.v1", b'{"version":2,"text":"Shorter"}', key="A")]
# Two answers stayed sealed once; seven contributions are open, of which one is a session's note.
COLLECTED = [
    record("responses.collections.v1", b'{"version":4,"contributions":7,"unopened":2}', key="P"),
    record(
        "responses.collections.v1",
        b'{"version":5,"contributions":0,"answers_digest":"9f"}',
        key="P",
    ),
]
ANSWER = '{"a":"Short","b":{"chosen":["x"],"other":"And more"},"c":3}'


def publication(**changed: Any) -> dict[str, Any]:
    text = {"text": changed.pop("text", "Shorter"), "theme": None}
    return {
        "topic": "responses.proposals.v1",
        "key": "A",
        "version": 2,
        "is_source": True,
        "words": json.dumps(text),
    } | changed


def copy(**changed: Any) -> dict[str, Any]:
    return publication(is_source=False, **changed)


def stored(**changed: Any) -> dict[str, Any]:
    return {
        "project_id": "P",
        "open": 7,
        "notes": 1,
        "sealed": 2,
        "spent": 8,
        "digest": "9f",
    } | changed


Judge = Callable[[Evidence], tuple[int, int]]
BROKEN: list[tuple[Judge, Evidence]] = [
    (
        evidence.messages_apart,
        replace(KEPT, messages=[SENT, replace(SENT, panel_time=NOON + timedelta(days=30))]),
    ),
    (
        # 31 days apart in Paris, and perhaps 30 where the member lives, as nobody knows the order.
        evidence.messages_apart,
        replace(
            KEPT,
            messages=[SENT, replace(SENT, panel_time=NOON + timedelta(days=31), order_id=OTHER)],
        ),
    ),
    *(
        (
            evidence.messages_apart,
            replace(
                KEPT,
                messages=[
                    replace(SENT, recipient=address),
                    replace(SENT, recipient=other, panel_time=NOON + timedelta(days=30)),
                ],
            ),
        )
        for address, other in (
            ("lea.durand7@gmail.com", "LeaDurand7+panel@googlemail.com"),
            ("lea.durand7@outlook.fr", "Lea.Durand7+x@Outlook.fr"),
            ("lea@me.com", "lea+panel@icloud.com"),
            ("lea-durand@pm.me", "lea_durand@proton.me"),
        )
    ),
    (evidence.sending_hours, replace(KEPT, deliveries=[])),
    (evidence.sending_hours, replace(KEPT, messages=[replace(SENT, order_id=None)])),
    (
        # Nowhere on Earth was it within the hours of the day that was written down.
        evidence.sending_hours,
        replace(KEPT, deliveries=[delivery(zone=None, day=NOON.date() + timedelta(days=1))]),
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
    *(
        (
            evidence.silence_after_leaving,
            replace(
                KEPT,
                **without,
                messages=[replace(SENT, kind="report")],
                records=[
                    record(
                        "registry.members.v1",
                        b'{"status":"%s"}' % status,
                        appended_at=NOON - timedelta(seconds=1),
                    )
                ],
            ),
        )
        for status in (b"erased", b"merged")
        for without in WITHOUT_ONE
    ),
    (told.words_as_told, replace(KEPT, records=TOLD, publications=[publication(text="Else")])),
    (told.words_as_told, replace(KEPT, records=TOLD, publications=[])),
    (
        told.words_as_told,
        replace(KEPT, records=TOLD, publications=[publication(), copy(text="Else")]),
    ),
    (told.contributions_as_told, replace(KEPT, records=COLLECTED, collections=[])),
    (told.contributions_as_told, replace(KEPT, records=COLLECTED, collections=[stored(open=6)])),
    (told.contributions_as_told, replace(KEPT, records=COLLECTED, collections=[stored(sealed=0)])),
    (told.credentials_as_told, replace(KEPT, records=COLLECTED, collections=[stored(spent=7)])),
    (told.answers_as_told, replace(KEPT, records=COLLECTED, collections=[])),
    (told.answers_as_told, replace(KEPT, records=COLLECTED, collections=[stored(digest="00")])),
    *(
        (told.words_are_the_answers, replace(KEPT, responses=[{"answers": ANSWER, "words": text}]))
        for text in ("Short\n\nAnd more!", "Shorter\n\nAnd more", "Short", "")
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


def test_what_is_stored_as_it_was_told_is_found_to_hold() -> None:
    evidence_of_all = replace(
        KEPT,
        records=[*TOLD, *COLLECTED],
        # A copy may be a moment behind, and a source ahead.
        publications=[
            publication(),
            copy(),
            copy(version=1, text="Old"),
            publication(version=3, text="New"),
        ],
        collections=[stored()],
        responses=[{"answers": ANSWER, "words": "Short\n\nAnd more"}],
    )
    assert told.words_as_told(evidence_of_all) == (2, 0)
    assert told.contributions_as_told(evidence_of_all) == (9, 0)
    assert told.credentials_as_told(evidence_of_all) == (8, 0)
    assert told.answers_as_told(evidence_of_all) == (1, 0)
    assert told.words_are_the_answers(evidence_of_all) == (1, 0)


def test_who_was_erased_is_judged_by_the_day_that_was_written_down() -> None:
    """An erased member's zone is deleted, and erasing breaks no promise."""
    later = NOON + timedelta(days=31)
    erased = replace(
        KEPT,
        messages=[SENT, replace(SENT, panel_time=later, order_id=OTHER)],
        deliveries=[delivery(zone=None), delivery(OTHER, zone=None, day=later.date())],
    )
    assert evidence.messages_apart(erased) == (2, 0)
    assert evidence.sending_hours(erased) == (2, 0)


def test_mailboxes_of_two_people_stay_two() -> None:
    two = [SENT, replace(SENT, recipient="lea.durand7+x@example.org")]
    assert evidence.messages_apart(replace(KEPT, messages=two)) == (2, 0)


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
