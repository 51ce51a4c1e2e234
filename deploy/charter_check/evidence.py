"""Promises checked against outside evidence: the mail journal, orders, topics and logs.

Each function returns the number of cases examined and the number that break the promise.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.charter_check.database import Row
from deploy.charter_check.mail_journal import CLOSES, OPENS, Message, may_be_too_close, twice
from deploy.charter_check.spellings import mailbox
from deploy.charter_check.topics import Record

ADDRESS = re.compile(rb"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+\.[A-Za-z]")
_OPINIONS = ("responses.", "feedback.")
_NAMING = ("member_id", "person_id", "invitation_id", "order_id")


@dataclass(frozen=True)
class Evidence:
    """Everything that the rules of this folder compare; the rows are those of named queries."""

    messages: Sequence[Message]
    deliveries: Sequence[Row]
    """`known_orders`: order_id, kind, state, member_id, zone (null: no longer known), day."""
    orders: Sequence[Row]
    """`ordered`: order_id, kind, member_id, answer."""
    records: Sequence[Record]
    logs: Sequence[Path]
    publications: Sequence[Row] = ()
    """`words_of_…`: topic, key, version, words, is_source."""
    collections: Sequence[Row] = ()
    """`answers_stored`."""
    responses: Sequence[Row] = ()
    """`answers_open`."""


def messages_apart(evidence: Evidence) -> tuple[int, int]:
    """Solicitations of one mailbox are 31 civil days apart, in the member's time zone."""
    deliveries = _by_order(evidence)
    solicited = [
        (mailbox(message.recipient), message.panel_time, *_days(deliveries, message))
        for message in evidence.messages
        if message.solicits
    ]
    return len(solicited), len(may_be_too_close(solicited))


def messages_ordered(evidence: Evidence) -> tuple[int, int]:
    kinds = {row["order_id"]: row["kind"] for row in evidence.orders}
    wrong = sum(
        message.order_id is None or kinds.get(message.order_id) != message.kind
        for message in evidence.messages
    )
    return len(evidence.messages), wrong


def orders_used_once(evidence: Evidence) -> tuple[int, int]:
    used = [
        message.order_id for message in evidence.messages if message.solicits and message.order_id
    ]
    return len(used), len(twice(used))


def sent_is_in_the_journal(evidence: Evidence) -> tuple[int, int]:
    handed_over = {message.order_id for message in evidence.messages}
    sent = [row["order_id"] for row in evidence.deliveries if row["state"] in ("sent", "bounced")]
    return len(sent), sum(order not in handed_over for order in sent)


def answers_agree(evidence: Evidence) -> tuple[int, int]:
    """Both services report the same outcome; an outcome still on its way does not count."""
    states = {row["order_id"]: row["state"] for row in evidence.deliveries}
    answered = [row for row in evidence.orders if row["answer"] is not None]
    return len(answered), sum(
        states.get(row["order_id"]) != row["answer"]
        and (row["answer"], states.get(row["order_id"])) not in _STILL_MOVING
        for row in answered
    )


# Outcomes that registry may have recorded while its earlier event is on the way to campaigns.
_STILL_MOVING = frozenset(
    {
        ("sent", "bounced"),
        ("unknown", "pending"),
        ("unknown", "attempting"),
        ("unknown", "sent"),
    }
)


def sending_hours(evidence: Evidence) -> tuple[int, int]:
    """Messages leave in sending hours; one without a known order counts as a violation."""
    deliveries = _by_order(evidence)
    return len(evidence.messages), sum(
        not _in_hours(deliveries.get(message.order_id) if message.order_id else None, message)
        for message in evidence.messages
    )


def _in_hours(delivery: Row | None, message: Message) -> bool:
    if delivery is None:
        return False
    if delivery["zone"] is not None:
        return OPENS <= message.hour(delivery["zone"]) < CLOSES
    # The zone of an erased member is deleted: the recorded day must have sending hours somewhere.
    return any(
        OPENS <= local.time() < CLOSES and delivery["day"] in (None, local.date())
        for local in (message.panel_time.astimezone(zone) for zone in _ON_EARTH)
    )


def silence_after_leaving(evidence: Evidence) -> tuple[int, int]:
    """No message starts after its member left, was erased or was merged, in real time.

    A state is on its topic only after its commit."""
    gone: dict[str, datetime] = {}
    for record in evidence.records:
        if record.topic == "registry.members.v1" and body_of(record).get("status") in _GONE:
            gone.setdefault(record.key, record.appended_at)
    members = {
        row["order_id"]: str(row["member_id"]) for row in (*evidence.orders, *evidence.deliveries)
    }
    wrong = 0
    for message in evidence.messages:
        member = members.get(message.order_id) if message.order_id else None
        if member in gone and message.real_time > gone[member]:
            wrong += 1
    return len(gone), wrong


# An expiry does not wait for a message in progress; registry's own promise covers it by days.
_GONE = ("left", "erased", "merged")
_ON_EARTH = [timezone(timedelta(hours=hours)) for hours in range(-12, 15)]


def no_personal_data_on_the_bus(evidence: Evidence) -> tuple[int, int]:
    """No key, value or attribute contains anything like an address, or a recipient's name."""
    needles = _needles(evidence)
    return len(evidence.records), sum(
        _tells(b" ".join((record.key.encode(), record.value, *_attributes(record))), needles)
        for record in evidence.records
    )


def no_members_where_opinions_are(evidence: Evidence) -> tuple[int, int]:
    records = [record for record in evidence.records if record.topic.startswith(_OPINIONS)]
    return len(records), sum(
        ("traceparent" in record.attributes and record.topic.startswith("responses."))
        or any(name in record.text for name in _NAMING)
        for record in records
    )


def days_only_where_opinions_are(evidence: Evidence) -> tuple[int, int]:
    """Events of responses carry days: neither `ce_time` nor the body has an hour."""
    records = [record for record in evidence.records if record.topic.startswith("responses.")]
    return len(records), sum(
        not record.attributes.get("ce_time", "").endswith(_MIDNIGHT)
        or _HOUR.search(record.value) is not None
        for record in records
    )


def closed_with_every_answer(evidence: Evidence) -> tuple[int, int]:
    """A closed project has a report that answers each listed proposal with a decision.

    Judged from the topics alone, as any subscriber could."""
    projects = newest(evidence, "campaigns.projects.v1")
    collections = newest(evidence, "responses.collections.v1")
    reports = newest(evidence, "feedback.reports.v1")
    decisions = newest(evidence, "feedback.decisions.v1")
    looked_at = wrong = 0
    for key in (key for key, body in projects.items() if body["state"] == "closed"):
        listed = {
            (proposal["id"], proposal["version"])
            for proposal in collections[key].get("proposals") or ()
        }
        answered = {
            (decision["proposal_id"], decision["version"])
            for decision in reports.get(key, {}).get("decisions", ())
            if decisions.get(decision["proposal_id"], {}).get("proposal_version")
            == decision["version"]
        }
        looked_at += 1 + len(listed)
        wrong += (key not in reports) + len(listed - answered)
    return looked_at, wrong


def newest(evidence: Evidence, topic: str) -> dict[str, dict[str, Any]]:
    bodies: dict[str, dict[str, Any]] = {}
    for record in evidence.records:
        if record.topic == topic:
            body = body_of(record)
            if body.get("version", 0) > bodies.get(record.key, {}).get("version", 0):
                bodies[record.key] = body
    return bodies


def no_personal_data_in_logs(evidence: Evidence) -> tuple[int, int]:
    needles = _needles(evidence)
    lines = wrong = 0
    for log in evidence.logs:
        with log.open("rb") as file:
            for line in file:
                lines += 1
                wrong += _tells(line, needles)
    return lines, wrong


def _needles(evidence: Evidence) -> frozenset[bytes]:
    """Local parts of all recipients that are long enough not to match by accident."""
    local = (message.recipient.lower().partition("@")[0] for message in evidence.messages)
    return frozenset(name.encode() for name in local if len(name) >= _LONG_ENOUGH)


_LONG_ENOUGH = 8
_MIDNIGHT = "T00:00:00Z"
_HOUR = re.compile(rb"\dT\d\d:\d\d")
_WORD = re.compile(rb"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{8,64}")


def _tells(content: bytes, needles: frozenset[bytes]) -> bool:
    if ADDRESS.search(content):
        return True
    return any(word in needles for word in _WORD.findall(content.lower()))


def _attributes(record: Record) -> Iterable[bytes]:
    return (value.encode() for value in record.attributes.values())


def body_of(record: Record) -> dict[str, Any]:
    try:
        body = json.loads(record.value)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _by_order(evidence: Evidence) -> dict[UUID, Row]:
    return {row["order_id"]: row for row in evidence.deliveries}


def _days(deliveries: Mapping[UUID, Row], message: Message) -> tuple[date, date]:
    """First and last civil day on which the message may have arrived, where the member lives."""
    delivery = deliveries.get(message.order_id) if message.order_id else None
    if delivery is not None and delivery["zone"] is not None:
        day = message.day(delivery["zone"])
        return day, day
    first, last = (message.panel_time.astimezone(_ON_EARTH[end]).date() for end in (0, -1))
    if delivery is not None and delivery["day"] is not None and first <= delivery["day"] <= last:
        return delivery["day"], delivery["day"]
    return first, last
