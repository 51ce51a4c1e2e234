"""Secrets at rest: sealed with keys that are not in the database, each bound to its owner."""

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12

Entropy = Callable[[int], bytes]


@dataclass(frozen=True)
class Sealed:
    key_id: str
    sealed: bytes


class Sealer:
    """Holds AES-256-GCM keys: the first seals, all open, so that they can be rotated."""

    def __init__(self, keys: str, entropy: Entropy = os.urandom) -> None:
        """`keys` is a JSON list of base64 texts. Raises ValueError: see `sealing_keys`."""
        raw = [base64.b64decode(key) for key in json.loads(sealing_keys(keys))]
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: AESGCM(key) for key in raw}
        self._sealing = next(iter(self._keys))
        self._entropy = entropy

    def seal(self, clear: bytes, owner: UUID) -> Sealed:
        """The owner's id is authenticated: a row copied to another owner does not open."""
        nonce = self._entropy(_NONCE_BYTES)
        box = self._keys[self._sealing].encrypt(nonce, clear, owner.bytes)
        return Sealed(self._sealing, nonce + box)

    def open(self, box: Sealed, owner: UUID) -> bytes:
        """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
        nonce, sealed = box.sealed[:_NONCE_BYTES], box.sealed[_NONCE_BYTES:]
        return self._keys[box.key_id].decrypt(nonce, sealed, owner.bytes)


def sealing_keys(keys: str) -> str:
    """The same text, for settings. Raises ValueError unless it is a JSON list of AES-256 keys."""
    try:
        lengths = {len(base64.b64decode(key)) for key in json.loads(keys)}
    except (ValueError, TypeError):
        raise ValueError("must be a JSON list of base64 strings") from None
    if lengths != {_KEY_BYTES}:
        raise ValueError(f"each key must have {_KEY_BYTES} bytes, and there must be one")
    return keys
