"""Credential issuer: signs blinded requests with the project's key, once they are recorded."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.credentials.use_cases import record_requests
from services.campaigns.projects.signing_keys import decrypt_key
from services.campaigns.projects.store import find_project_key
from services.runtime.clock import Clock
from services.runtime.crypto.blind_rsa import PrivateKey
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Database
from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import Refusal

_BATCH_REQUESTS = 250


class CredentialIssuer:
    """Caches decrypted keys for the life of the process; batches the records of requests.

    Signing takes some milliseconds of a core, so it runs in a thread.
    """

    def __init__(self, database: Database, clock: Clock, encryptor: Encryptor) -> None:
        self._database = database
        self._clock = clock
        self._encryptor = encryptor
        self._keys: dict[UUID, PrivateKey] = {}
        self._decrypting = asyncio.Lock()
        self._records = WriteBatcher(self._record, _BATCH_REQUESTS)

    async def issue(self, project_id: UUID, request: BlindedRequest) -> bytes:
        """The blind signature, the same for the same request.

        Raises NotFound, RequestDamaged and the refusals of `record_requests`; KeyError where the
        key was encrypted with one that is not configured, InvalidTag where its row was changed.
        """
        # Signed first, so that a damaged request is not recorded as the participant's only one;
        # returned last.
        key = self._keys.get(project_id) or await self._decrypt_key(project_id)
        signature = await asyncio.to_thread(key.blind_sign, request.request)
        await self._records.add(project_id, request)
        return signature

    async def _record(
        self, project_id: UUID, requests: Sequence[BlindedRequest]
    ) -> list[Refusal | None]:
        async with self._database.transaction() as conn:
            return await record_requests(conn, self._clock, project_id, requests)

    async def _decrypt_key(self, project_id: UUID) -> PrivateKey:
        async with self._decrypting:  # or many first requests would each decrypt the same key
            if project_id not in self._keys:
                async with self._database.read_only() as conn:
                    encrypted = await find_project_key(conn, project_id)
                self._keys[project_id] = await decrypt_key(self._encryptor, encrypted)
            return self._keys[project_id]
