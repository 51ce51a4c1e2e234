"""Encryption of contact details, and keyed hashes that find an address without reading any.

The keys are not in the database: whoever holds a dump can neither read an address nor test a guess.
"""

import base64
import hmac
import json
import os
from uuid import UUID

from services.registry.members.addresses import mailbox
from services.registry.members.rules import Contact
from services.runtime.crypto.encryption import Encrypted, Encryptor, Entropy


class ContactEncryptor:
    """Holds two secrets: keys that encrypt contact details, and the key of the address hashes."""

    def __init__(self, keys: str, lookup_key: str, entropy: Entropy = os.urandom) -> None:
        """`keys` is a JSON list of base64 texts, `lookup_key` base64."""
        self._encryptor = Encryptor(keys, entropy)
        self._lookup_key = base64.b64decode(lookup_key)
        self._entropy = entropy

    def new_id(self) -> UUID:
        return UUID(bytes=self._entropy(16), version=4)

    def hash(self, address: str) -> bytes:
        """The look-up key of a normalised address."""
        return hmac.digest(self._lookup_key, address.encode(), "sha256")

    def mailbox_hash(self, address: str) -> bytes:
        """The look-up key of the mailbox that a normalised address reaches."""
        return self.hash(mailbox(address))

    def encrypt(self, member_id: UUID, contact: Contact) -> Encrypted:
        plaintext = json.dumps([contact.address, contact.name], ensure_ascii=False)
        return self._encryptor.encrypt(plaintext.encode(), member_id)

    def decrypt(self, member_id: UUID, encrypted: Encrypted) -> Contact:
        """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
        address, name = json.loads(self._encryptor.decrypt(encrypted, member_id))
        return Contact(address, name)
