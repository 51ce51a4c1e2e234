"""Encryption at rest with keys that are not in the database, each ciphertext bound to its owner."""

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
class Encrypted:
    """Ciphertext, its nonce in front, and the id of its key."""

    key_id: str
    ciphertext: bytes


class Encryptor:
    """AES-256-GCM with rotating keys: the first key encrypts, all of them decrypt."""

    def __init__(self, keys: str, entropy: Entropy = os.urandom) -> None:
        """`keys`: a JSON list of base64 texts. Raises ValueError: see `encryption_keys`."""
        decoded = [base64.b64decode(key) for key in json.loads(encryption_keys(keys))]
        self._keys = {hashlib.sha256(key).hexdigest()[:16]: AESGCM(key) for key in decoded}
        self._encrypting_key_id = next(iter(self._keys))
        self._entropy = entropy

    def encrypt(self, plaintext: bytes, owner: UUID) -> Encrypted:
        """Authenticate the owner's id too: a row copied to another owner does not decrypt."""
        nonce = self._entropy(_NONCE_BYTES)
        ciphertext = self._keys[self._encrypting_key_id].encrypt(nonce, plaintext, owner.bytes)
        return Encrypted(self._encrypting_key_id, nonce + ciphertext)

    def decrypt(self, encrypted: Encrypted, owner: UUID) -> bytes:
        """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
        nonce = encrypted.ciphertext[:_NONCE_BYTES]
        ciphertext = encrypted.ciphertext[_NONCE_BYTES:]
        return self._keys[encrypted.key_id].decrypt(nonce, ciphertext, owner.bytes)


def encryption_keys(keys: str) -> str:
    """Validate a setting: return it unchanged.

    Raises ValueError unless it is a JSON list of AES-256 keys in base64.
    """
    try:
        lengths = {len(base64.b64decode(key)) for key in json.loads(keys)}
    except (ValueError, TypeError):
        raise ValueError("must be a JSON list of base64 strings") from None
    if lengths != {_KEY_BYTES}:
        raise ValueError(f"each key must have {_KEY_BYTES} bytes, and there must be one")
    return keys
