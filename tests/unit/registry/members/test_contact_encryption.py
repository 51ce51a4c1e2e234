"""Contact details are readable with the key and for their member only."""

import base64
import json
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.members.rules import Contact
from tests.support.registry import CONTACT_KEY, LOOKUP_KEY, encryptor

ZOE = Contact("zoe@example.test", "Zoé Durand")
NEW_KEY = base64.b64encode(b"n" * 32).decode()


def test_ciphertext_decrypts_for_its_member_only() -> None:
    member = uuid4()
    encrypted = encryptor().encrypt(member, ZOE)
    assert b"zoe" not in encrypted.ciphertext
    assert encryptor().decrypt(member, encrypted) == ZOE
    with pytest.raises(InvalidTag):
        encryptor().decrypt(uuid4(), encrypted)


def test_after_a_rotation_the_new_key_encrypts_and_the_old_still_decrypts() -> None:
    member = uuid4()
    old = encryptor().encrypt(member, ZOE)
    rotated = ContactEncryptor(json.dumps([NEW_KEY, CONTACT_KEY]), LOOKUP_KEY)
    assert rotated.decrypt(member, old) == ZOE
    new = rotated.encrypt(member, ZOE)
    assert new.key_id != old.key_id
    with pytest.raises(KeyError):
        encryptor().decrypt(member, new)


def test_one_address_has_one_hash_under_one_key_and_another_under_another() -> None:
    other = ContactEncryptor(json.dumps([CONTACT_KEY]), NEW_KEY)
    assert encryptor().hash(ZOE.address) == encryptor().hash(ZOE.address)
    assert encryptor().hash(ZOE.address) != other.hash(ZOE.address)
