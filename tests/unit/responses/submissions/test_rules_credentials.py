"""Receipts and envelopes: what they say, and what they do not."""

import json
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.responses.submissions import sealing as envelopes
from services.responses.submissions.rules_credentials import (
    ReceiptMalformed,
    hashes_of,
    receipt,
    token_hash,
)
from services.responses.submissions.sealing import Letter
from services.runtime.crypto.encryption import Encryptor

KEYS = json.dumps(["A" * 43 + "="])


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_a_receipt_finds_its_credential_and_practically_no_other(one: bytes, other: bytes) -> None:
    found = token_hash(one)
    first, last = hashes_of(receipt(found))
    assert first <= found <= last
    assert (first <= token_hash(other) <= last) == (receipt(token_hash(other)) == receipt(found))
    assert hashes_of(receipt(found).upper()) == (first, last)


@pytest.mark.parametrize("text", ["", "abc", "abcdefgh1j", "abcdefghijk", "é" * 10, "abcde=ghij"])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptMalformed):
        hashes_of(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3_000), st.booleans())
def test_an_envelope_tells_a_doubling_of_its_length_and_no_more(text: str, agreed: bool) -> None:
    letter = Letter(3, {"change": text}, agreed)
    project = uuid4()
    box = envelopes.close(Encryptor(KEYS), project, letter)
    padded = len(box.ciphertext) - 12 - 16
    doublings, rest = divmod(padded, 7_936)
    assert (rest, doublings & (doublings - 1)) == (0, 0)
    assert doublings == 1 or len(text.encode()) > 3_000
    assert envelopes.open_(Encryptor(KEYS), project, box) == letter
    with pytest.raises(InvalidTag):
        envelopes.open_(Encryptor(KEYS), uuid4(), box)
