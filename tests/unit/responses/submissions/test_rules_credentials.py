"""Receipts identify their credential, and sealed responses hide their length."""

import json
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.responses.submissions import sealing
from services.responses.submissions.rules_credentials import (
    ReceiptMalformed,
    hash_range,
    receipt,
    token_hash,
)
from services.responses.submissions.sealing import Response
from services.runtime.crypto.encryption import Encryptor

KEYS = json.dumps(["A" * 43 + "="])


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_a_receipt_finds_its_credential_and_practically_no_other(
    prepared: bytes, other: bytes
) -> None:
    hash_ = token_hash(prepared)
    first, last = hash_range(receipt(hash_))
    assert first <= hash_ <= last
    assert (first <= token_hash(other) <= last) == (receipt(token_hash(other)) == receipt(hash_))
    assert hash_range(receipt(hash_).upper()) == (first, last)


@pytest.mark.parametrize("text", ["", "abc", "abcdefgh1j", "abcdefghijk", "é" * 10, "abcde=ghij"])
def test_a_malformed_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptMalformed):
        hash_range(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3_000), st.booleans())
def test_a_sealed_response_shows_its_length_within_a_factor_of_two_only(
    text: str, agreed: bool
) -> None:
    response = Response(3, {"change": text}, agreed)
    project = uuid4()
    box = sealing.seal(Encryptor(KEYS), project, response)
    padded = len(box.ciphertext) - 12 - 16
    doublings, rest = divmod(padded, 7_936)
    assert (rest, doublings & (doublings - 1)) == (0, 0)
    assert doublings == 1 or len(text.encode()) > 3_000
    assert sealing.unseal(Encryptor(KEYS), project, box) == response
    with pytest.raises(InvalidTag):
        sealing.unseal(Encryptor(KEYS), uuid4(), box)
