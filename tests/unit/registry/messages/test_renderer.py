"""Each kind of message exists in both languages and carries the way out."""

import json
import quopri
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.contracts.events.campaigns import SOLICITATIONS, OrderKind
from services.registry.members.rules import Contact
from services.registry.messages.rules import Report
from services.runtime.http.member_links import LinkRefused, link_keys, verify_link
from services.runtime.text import LANGUAGES, Language
from tests.support.registry import NOON, SIGNING_KEY, links, message_content, renderer

JOINED, WAITLISTED, PROMOTED = STANDINGS = ("joined", "waitlisted", "promoted")
KEYS = link_keys(json.dumps(SIGNING_KEY.as_dict(private=False)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", OrderKind)
def test_every_kind_of_message_is_written_in_both_languages(
    kind: OrderKind, language: Language
) -> None:
    content = message_content(kind, language)
    message = message_from_bytes(renderer().render(content, NOON).source, policy=policy.default)
    assert not message.defects
    assert message["X-Panel-Kind"] == kind
    assert message["X-Panel-Order"] == str(content.order_id)
    assert message["Content-Language"] == language
    assert message["To"] == "zoe@example.test"
    assert message["Date"].datetime == NOON
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = message.get_content()
    assert ("Bonjour" if language == "fr" else "Hello") in text
    leave = message["List-Unsubscribe"].strip("<>")
    assert leave in text
    assert leave.startswith("http://registry.test/leave/")
    if kind is not OrderKind.EXPIRY:
        assert "La lettre de la caisse" in message["Subject"]
    assert ("/invitations/" in text) == (kind in {*SOLICITATIONS, OrderKind.CONFIRMATION})
    assert max(len(line) for line in renderer().render(content, NOON).source.splitlines()) < 998


def test_practicalities_say_the_day_in_words() -> None:
    source = renderer().render(message_content(OrderKind.PRACTICALITIES), NOON).source
    text = message_from_bytes(source, policy=policy.default).get_content()
    assert "Jour : 1er décembre 2026" in text
    assert "Début : 18:30" in text


def test_an_invitation_says_what_the_charter_promises_to_say() -> None:
    content = message_content(OrderKind.INVITATION)
    source = renderer().render(content, NOON).source
    text = message_from_bytes(source, policy=policy.default).get_content()
    for value in content.mandate.values() if content.mandate else ():
        if isinstance(value, str):
            assert value in text
    for phrase in ["Mme Martin", "librement", "anonyme", "pas rémunérée", "situation personnelle"]:
        assert phrase in text


def test_compensation_is_named_with_its_reference() -> None:
    content = message_content(OrderKind.INVITATION, "en")
    paid = {**(content.mandate or {}), "compensation": {"terms": "20 EUR", "reference": "D-7"}}
    source = renderer().render(replace(content, mandate=paid), NOON).source
    text = message_from_bytes(source, policy=policy.default).get_content()
    assert "20 EUR (D-7)" in text
    assert "unpaid" not in text


def test_a_link_is_for_one_purpose() -> None:
    member, invitation = uuid4(), uuid4()
    url = links().invitation(member, invitation, date(2027, 3, 1))
    token = url.rpartition("/")[2]
    link = verify_link(KEYS, token, "invitation", NOON)
    assert (link.member_id, link.subject_id) == (member, invitation)
    with pytest.raises(LinkRefused):
        verify_link(KEYS, token, "leave", NOON)


def test_an_invitation_leads_to_answering_until_the_end_of_collection() -> None:
    text = renderer().render(message_content(OrderKind.INVITATION), NOON).source
    body = quopri.decodestring(text).decode()
    (token,) = re.findall(r"/invitations/([\w.-]+)", body)
    assert verify_link(KEYS, token, "invitation", datetime(2027, 4, 1, 21, tzinfo=UTC))
    with pytest.raises(LinkRefused):
        verify_link(KEYS, token, "invitation", datetime(2027, 7, 1, tzinfo=UTC))


def confirmation(
    standing: str, language: Language = "fr", instant: datetime = NOON, **changes: Any
) -> tuple[str, str]:
    """Subject and text."""
    content = message_content(OrderKind.CONFIRMATION, language)
    changed = replace(content, details={"participation": standing}, **changes)
    source = renderer().render(changed, instant).source
    message = message_from_bytes(source, policy=policy.default)
    return str(message["Subject"]), message.get_content()


@pytest.mark.parametrize("standing", [JOINED, PROMOTED])
def test_who_takes_part_reads_where_and_until_when_to_answer_and_the_next_step(
    standing: str,
) -> None:
    _, text = confirmation(standing)
    french = " ".join(text.split())
    (token,) = re.findall(r"http://campaigns.test/invitations/([\w.-]+)", text)
    # On the last day for answers, in the last minute that campaigns takes them.
    last = datetime(2027, 4, 1, 23, 59, tzinfo=ZoneInfo("Europe/Paris"))
    assert verify_link(KEYS, token, "invitation", last).purpose == "invitation"
    assert "Pour répondre, jusqu'au 1er avril 2027 inclus (heure de Paris)" in french
    assert "qu'une fois" in french
    assert "lien privé" in french
    assert "Mme Martin décidera" in french
    assert "retenues ou non, et pourquoi" in french
    english = " ".join(confirmation(standing, "en")[1].split())
    assert "To respond, until the end of 1 April 2027 (Paris time)" in english
    assert "private link" in english


def test_a_confirmation_says_how_it_stands_in_its_subject_and_never_in_code_words() -> None:
    subjects = {
        language: [confirmation(standing, language)[0] for standing in STANDINGS]
        for language in LANGUAGES
    }
    assert [subject.partition(" : ")[0] for subject in subjects["fr"]] == [
        "Vous participez", "Vous êtes sur la liste d'attente", "Une place s'est libérée",
    ]  # fmt: skip
    assert len(set(subjects["en"])) == 3
    for standing in STANDINGS:
        for language in LANGUAGES:
            text = confirmation(standing, language)[1]
            assert not set(STANDINGS) & set(re.findall(r"[\w:]+", text.replace(" joined", "")))
            assert "rien d'autre à faire" not in text
            assert "nothing else to do" not in text


def test_the_waiting_list_is_told_its_own_last_day_and_no_way_to_answer() -> None:
    text = " ".join(confirmation(WAITLISTED)[1].split())
    assert "d'ici au 1er mars 2027 inclus (heure de Paris)" in text
    assert "1er avril" not in text
    assert "Pour répondre" not in text
    english = " ".join(confirmation(WAITLISTED, "en")[1].split())
    assert "before the end of 1 March 2027 (Paris time)" in english
    assert "To answer" not in english


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_confirmation_that_leaves_late_offers_nothing_that_is_over(language: Language) -> None:
    paris = ZoneInfo("Europe/Paris")
    morning_after = datetime(2027, 4, 2, 8, 0, tzinfo=paris)
    _, text = confirmation(JOINED, language, morning_after)
    assert "Pour répondre, jusqu" not in text
    assert "To respond, until" not in text
    assert ("il n'est plus possible" if language == "fr" else "no longer possible") in text
    _, text = confirmation(WAITLISTED, language, datetime(2027, 3, 2, 8, 0, tzinfo=paris))
    assert ("a pris fin" if language == "fr" else "ended on") in text
    assert ("Si une place" if language == "fr" else "If a place") not in text


def bare_line_ends(source: bytes) -> list[bytes]:
    rest = source.replace(b"\r\n", b"")
    return [end for end in (b"\r", b"\n") if end in rest]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_project_sheet_with_line_ends_of_every_kind_makes_a_strict_message(
    language: Language,
) -> None:
    case = Path(__file__).parents[3] / "cases/32-crlf-in-texts/project.yaml"
    csv_file = yaml.safe_load(case.read_text())
    mandate = {**csv_file["mandate"], "title": csv_file["title"], "compensation": None}
    assert "\r" in mandate["why"]
    source = (
        renderer()
        .render(replace(message_content(OrderKind.INVITATION, language), mandate=mandate), NOON)
        .source
    )
    assert bare_line_ends(source) == []
    message = message_from_bytes(source, policy=policy.default)
    assert message["Subject"].endswith("Lettre de rappel")
    lines = message.get_content().replace("\r\n", "\n").split("\n")
    assert "Deuxième ligne." in lines
    assert "là." in lines


LINE_ENDS = [
    "\r",
    "\n",
    "\r\n",
    "\n\r",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
]


@pytest.mark.parametrize("kind", OrderKind)
def test_only_crlf_ends_a_line_of_a_message_whatever_texts_hold(kind: OrderKind) -> None:
    broken = "".join(f"a{end}b.{end}.{end}From c{end}" for end in LINE_ENDS)
    hostile = broken + "\x00\x1b[2J\x9b fin =\r\n. \r"
    content = message_content(kind)
    mandate = {
        **dict.fromkeys(content.mandate or {}, hostile),
        "decision_maker": {"name": hostile, "role": hostile},
        "compensation": {"terms": hostile, "reference": hostile},
    }
    changed = replace(
        content,
        mandate=mandate,
        to=Contact("zoe@example.test", hostile),
        details={"participation": JOINED, hostile: hostile},
        report=Report(1, "http://panel.test/r", hostile),
    )
    source = renderer().render(changed, NOON).source
    assert bare_line_ends(source) == []
    head, _, body = source.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    text = message_from_bytes(source, policy=policy.default).get_content()
    text = text.replace("\r\n", "\n")
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    for line in ("a", "b.", ".", "From c"):
        assert line in text.splitlines()
