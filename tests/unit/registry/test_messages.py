"""Each kind of message exists in both languages and carries the way out."""

import json
import quopri
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from uuid import uuid4

import pytest

from services.contracts.events.campaigns import SOLICITATIONS, OrderKind
from services.registry.messages import Letter
from services.registry.vault import Contact
from services.runtime.auth import LinkRefused, link_keys, read_link
from services.runtime.text import LANGUAGES, Language
from tests.people import NOON, SIGNING_KEY, letters, project

KEYS = link_keys(json.dumps(SIGNING_KEY.as_dict(private=False)))


def letter(kind: OrderKind, language: Language = "fr") -> Letter:
    return Letter(
        order_id=uuid4(),
        kind=kind,
        member_id=uuid4(),
        subject_id=uuid4(),
        language=language,
        to=Contact("zoe@example.test", "Zoé"),
        mandate=project().mandate.model_dump(mode="json"),
        recruitment_ends_on=date(2027, 3, 1),
        collection_ends_on=date(2027, 4, 1),
        membership_ends_on=date(2029, 3, 1),
        details={"Lien": "http://example.test/r"},
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", OrderKind)
def test_every_kind_of_message_is_written_in_both_languages(
    kind: OrderKind, language: Language
) -> None:
    written = letter(kind, language)
    message = message_from_bytes(letters().write(written, NOON).content, policy=policy.default)
    assert not message.defects
    assert message["X-Panel-Kind"] == kind
    assert message["X-Panel-Order"] == str(written.order_id)
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
    assert ("/invitations/" in text) == (kind in SOLICITATIONS)
    assert max(len(line) for line in letters().write(written, NOON).content.splitlines()) < 998


def test_an_invitation_says_what_the_charter_promises_to_say() -> None:
    written = letter(OrderKind.INVITATION)
    content = letters().write(written, NOON).content
    text = message_from_bytes(content, policy=policy.default).get_content()
    for value in written.mandate.values() if written.mandate else ():
        if isinstance(value, str):
            assert value in text
    for words in ["Mme Martin", "librement", "anonyme", "pas rémunérée", "situation personnelle"]:
        assert words in text


def test_compensation_is_named_with_its_reference() -> None:
    written = letter(OrderKind.INVITATION, "en")
    paid = {**(written.mandate or {}), "compensation": {"terms": "20 EUR", "reference": "D-7"}}
    content = letters().write(replace(written, mandate=paid), NOON).content
    text = message_from_bytes(content, policy=policy.default).get_content()
    assert "20 EUR (D-7)" in text
    assert "unpaid" not in text


def test_a_link_is_for_one_purpose() -> None:
    member, invitation = uuid4(), uuid4()
    url = letters().invitation_link(member, invitation, date(2027, 3, 1))
    token = url.rpartition("/")[2]
    link = read_link(KEYS, token, "invitation", NOON)
    assert (link.member_id, link.subject_id) == (member, invitation)
    with pytest.raises(LinkRefused):
        read_link(KEYS, token, "leave", NOON)


def test_an_invitation_leads_to_answering_until_the_end_of_collection() -> None:
    text = letters().write(letter(OrderKind.INVITATION), NOON).content
    body = quopri.decodestring(text).decode()
    (token,) = re.findall(r"/invitations/([\w.-]+)", body)
    assert read_link(KEYS, token, "invitation", datetime(2027, 4, 1, 21, tzinfo=UTC))
    with pytest.raises(LinkRefused):
        read_link(KEYS, token, "invitation", datetime(2027, 7, 1, tzinfo=UTC))
