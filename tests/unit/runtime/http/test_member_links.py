"""A member's link carries its member and its purpose, and nobody can change or prolong it."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from services.runtime.http.member_links import (
    Link,
    LinkRefused,
    link_keys,
    sign_link,
    trimmed_link,
    verify_link,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = OKPKey.generate_key("Ed25519")


def public(key: OKPKey) -> str:
    return json.dumps(key.as_dict(private=False))


KEYS = link_keys(public(KEY))
LINK = Link(uuid4(), uuid4(), "invitation")


def signed(until: datetime = NOW + timedelta(days=1), key: OKPKey = KEY) -> str:
    return sign_link(key, LINK, until)


def test_a_link_is_read_back() -> None:
    assert verify_link(KEYS, signed(), "invitation", NOW) == LINK


@pytest.mark.parametrize(
    ("token", "purpose", "now"),
    [
        (signed(), "invitation", NOW + timedelta(days=1)),
        (signed(), "leave", NOW),
        (signed(key=OKPKey.generate_key("Ed25519")), "invitation", NOW),
        (signed()[:-4], "invitation", NOW),
        ("", "invitation", NOW),
        ("a.b.c", "invitation", NOW),
        ("eyJhbGciOiJub25lIn0.e30.", "invitation", NOW),
    ],
    ids=["expired", "other purpose", "foreign", "cut off", "empty", "garbage", "unsigned"],
)
def test_a_link_that_is_not_ours_or_not_now_is_refused(
    token: str, purpose: str, now: datetime
) -> None:
    with pytest.raises(LinkRefused):
        verify_link(KEYS, token, purpose, now)


def test_every_changed_character_is_noticed() -> None:
    token = signed()
    # The last character of an Ed25519 signature in base64url has bits that no reader looks at.
    for index in range(len(token) - 1):
        other = "A" if token[index] != "A" else "B"
        with pytest.raises(LinkRefused):
            verify_link(KEYS, token[:index] + other + token[index + 1 :], "invitation", NOW)


@pytest.mark.parametrize("glued", [".", ">", "%3E", ").", ",", "»", ".Cordialement", "\u200b"])
def test_text_glued_to_a_link_by_a_mail_program_is_no_part_of_it(glued: str) -> None:
    token = signed()
    assert verify_link(KEYS, token + glued, "invitation", NOW) == LINK
    assert trimmed_link(token + glued) == trimmed_link(token) == token


def test_a_key_can_be_replaced_while_old_links_live() -> None:
    new = OKPKey.generate_key("Ed25519")
    keys = link_keys(public(new), public(KEY))
    assert verify_link(keys, signed(), "invitation", NOW) == LINK
    assert verify_link(keys, signed(key=new), "invitation", NOW) == LINK
