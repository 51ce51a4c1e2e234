"""Key pairs that sign a project's anonymous credentials: one per project, made when it is
published.

Generating or importing a key takes a core 0.2 s, so both run in threads; OpenSSL lets other threads
run meanwhile. A private key is stored encrypted with a key that is not in the database.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from services.runtime.crypto.blind_rsa import PrivateKey
from services.runtime.crypto.encryption import Encrypted, Encryptor


@dataclass(frozen=True)
class EncryptedKey:
    """A project's private key as stored."""

    project_id: UUID
    key_id: str
    sealed: bytes


@dataclass(frozen=True)
class KeyPair:
    public_jwk: dict[str, str]
    private: EncryptedKey


async def generate_key_pair(encryptor: Encryptor, project_id: UUID) -> KeyPair:
    return encrypt_key(encryptor, project_id, await asyncio.to_thread(PrivateKey.generate))


def encrypt_key(encryptor: Encryptor, project_id: UUID, key: PrivateKey) -> KeyPair:
    encrypted = encryptor.encrypt(key.der(), project_id)
    return KeyPair(key.public.jwk, EncryptedKey(project_id, encrypted.key_id, encrypted.ciphertext))


async def decrypt_key(encryptor: Encryptor, key: EncryptedKey) -> PrivateKey:
    """Raises KeyError (encrypted with a key that is not configured), InvalidTag (changed row)."""
    der = encryptor.decrypt(Encrypted(key.key_id, key.sealed), key.project_id)
    return await asyncio.to_thread(PrivateKey.from_der, der)
