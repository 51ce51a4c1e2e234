"""Intake of responses: check and seal each one, and store concurrent ones in one transaction.

The write batcher shuffles what it stores together, so that rows are not in order of arrival.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

from services.contracts.http.responses import Contribution
from services.responses.collections import store as collections
from services.responses.collections.rules import Collection
from services.responses.submissions import rules_credentials, use_cases
from services.responses.submissions.store import SealedResponse
from services.responses.submissions.use_cases import Submitted
from services.runtime.clock import Clock
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Database
from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import NotFound, Refusal

_LARGEST_BATCH = 250
# A frozen questionnaire and its key do not change. Whether responses are still taken is checked
# again, under the collection's lock, when they are stored.
_CACHE_SECONDS = 1.0


class ResponseIntake:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        randomness: Random,
        encryptor: Encryptor,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._randomness = randomness
        self._sealer = encryptor
        self._elapsed = elapsed
        self._cache: dict[UUID, tuple[float, asyncio.Task[Collection]]] = {}
        self._batcher = WriteBatcher(self._store, _LARGEST_BATCH)

    async def submit(self, project_id: UUID, submission: Contribution) -> Submitted:
        """Store a response, once per credential.

        A spent credential gets its receipt again, also after the end and for any other response.
        Raises NotFound and the refusals of `check_credential`, `seal_response` and
        `submit_responses`.
        """
        collection = await self._collection(project_id)
        token_hash = use_cases.check_credential(collection, submission)
        try:
            response = use_cases.seal_response(
                collection, submission, token_hash, self._clock, self._sealer
            )
        except Refusal:
            async with self._database.read_only() as conn:
                if await use_cases.is_spent(conn, project_id, token_hash):
                    return Submitted(rules_credentials.receipt(token_hash), is_first=False)
            raise
        return await self._batcher.add(project_id, response)

    async def _store(
        self, project_id: UUID, responses: Sequence[SealedResponse]
    ) -> list[Submitted | Refusal]:
        async with self._database.transaction() as conn:
            return await use_cases.submit_responses(conn, self._randomness, project_id, responses)

    async def _collection(self, project_id: UUID) -> Collection:
        """One query serves all concurrent submissions to a project."""
        now = self._elapsed()
        read_at, task = self._cache.get(project_id, (now, None))
        if task is None or now - read_at >= _CACHE_SECONDS:
            task = asyncio.create_task(self._find(project_id))
            self._cache[project_id] = (now, task)
        if task.done() and not task.exception():
            return task.result()
        try:
            return await asyncio.shield(task)
        except BaseException:
            self._cache.pop(project_id, None)
            raise

    async def _find(self, project_id: UUID) -> Collection:
        async with self._database.read_only() as conn:
            collection = await collections.find_collection(conn, project_id)
        if collection.project_id != project_id:  # the address of a preview
            raise NotFound(what=project_id)
        return collection
