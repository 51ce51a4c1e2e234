"""The projects' signing keys: made in clear, stored sealed, opened once per process.

Making and opening a key takes a core for 0.2 s, signing for some milliseconds, so all three run in
threads; OpenSSL lets other threads run meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from services.campaigns.credentials.store import SealedKey
from services.runtime.crypto.blind_rsa import PrivateKey
from services.runtime.crypto.encryption import Encryptor

ReadKey = Callable[[UUID], Awaitable[SealedKey]]


@dataclass(frozen=True)
class NewKey:
    """A project's key pair on the day it is published."""

    public_jwk: dict[str, str]
    private: SealedKey


class Keyring:
    def __init__(self, encryptor: Encryptor) -> None:
        self._encryptor = encryptor
        self._opened: dict[UUID, PrivateKey] = {}
        self._opening = asyncio.Lock()

    async def new_key(self, project_id: UUID) -> NewKey:
        return self.sealed(project_id, await asyncio.to_thread(PrivateKey.generate))

    def sealed(self, project_id: UUID, key: PrivateKey) -> NewKey:
        box = self._encryptor.encrypt(key.der(), project_id)
        return NewKey(key.public.jwk, SealedKey(project_id, box.key_id, box.ciphertext))

    async def sign(self, project_id: UUID, request: bytes, read: ReadKey) -> bytes:
        """A blind signature; the same for the same request.

        Raises what `read` raises, RequestDamaged, KeyError (sealed with a key not configured) and
        InvalidTag (the row was changed).
        """
        key = self._opened.get(project_id) or await self._open(project_id, read)
        return await asyncio.to_thread(key.blind_sign, request)

    async def _open(self, project_id: UUID, read: ReadKey) -> PrivateKey:
        async with self._opening:  # or many first requests would each open the same key
            if project_id not in self._opened:
                stored = await read(project_id)
                der = self._encryptor.decrypt(stored.box, project_id)
                self._opened[project_id] = await asyncio.to_thread(PrivateKey.from_der, der)
            return self._opened[project_id]
