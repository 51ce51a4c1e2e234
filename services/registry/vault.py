"""Contact details: sealed with a key that is not in the database, found by a keyed hash."""

import base64
import hashlib
import hmac
import json
import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_LOCAL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")

Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Contact:
    address: str
    name: str


@dataclass(frozen=True)
class Sealed:
    key_id: str
    sealed: bytes


def normalised(address: str) -> str | None:
    """One spelling per mailbox: lower case, no blanks around, domain in ASCII. None: no address."""
    local, at, domain = unicodedata.normalize("NFC", address).strip().lower().rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return None
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if not at or dots or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain}"


class Vault:
    """Holds the keys. The first one seals; all of them open, so that keys can be rotated."""

    def __init__(self, keys: str, lookup_key: str, entropy: Entropy = os.urandom) -> None:
        """`keys` is a JSON list of base64 texts, `lookup_key` base64."""
        raw = [base64.b64decode(key) for key in json.loads(keys)]
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: AESGCM(key) for key in raw}
        self._sealing = next(iter(self._keys))
        self._lookup = base64.b64decode(lookup_key)
        self._entropy = entropy

    def new_id(self) -> UUID:
        return UUID(bytes=self._entropy(16), version=4)

    def hash(self, address: str) -> bytes:
        """The look-up key of a normalised address."""
        return hmac.digest(self._lookup, address.encode(), "sha256")

    def seal(self, member_id: UUID, contact: Contact) -> Sealed:
        nonce = self._entropy(_NONCE_BYTES)
        clear = json.dumps([contact.address, contact.name], ensure_ascii=False).encode()
        # The member's id is authenticated: a row copied to another member does not open.
        box = self._keys[self._sealing].encrypt(nonce, clear, member_id.bytes)
        return Sealed(self._sealing, nonce + box)

    def open(self, member_id: UUID, box: Sealed) -> Contact:
        """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
        nonce, sealed = box.sealed[:_NONCE_BYTES], box.sealed[_NONCE_BYTES:]
        address, name = json.loads(self._keys[box.key_id].decrypt(nonce, sealed, member_id.bytes))
        return Contact(address, name)
