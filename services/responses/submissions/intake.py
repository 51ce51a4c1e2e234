"""Where answers are dropped. Those that arrive together are written together, in an order of their
own."""

import asyncio
import time
from collections.abc import Callable, Sequence
from random import Random
from uuid import UUID

from services.contracts.http.responses import Contribution
from services.responses.collections import store as collections
from services.responses.collections.rules import Collection
from services.responses.submissions import rules_credentials as credentials
from services.responses.submissions import use_cases as answering
from services.responses.submissions.store import Ballot
from services.responses.submissions.use_cases import Kept
from services.runtime.clock import Clock
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Database
from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import NotFound, Refusal

_MOST_TOGETHER = 250
# A frozen questionnaire and its key do not change; whether answers are still taken is looked at
# again, under the collection's lock, when they are written.
_REMEMBERED_SECONDS = 1.0


class Postbox:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        chance: Random,
        encryptor: Encryptor,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chance = chance
        self._encryptor = encryptor
        self._elapsed = elapsed
        self._known: dict[UUID, tuple[float, asyncio.Task[Collection]]] = {}
        self._ballots = WriteBatcher(self._keep, _MOST_TOGETHER)

    async def drop(self, project_id: UUID, sent: Contribution) -> Kept:
        """Raises what `answering.prove`, `answering.seal` and `answering.keep` raise, and NotFound.

        A credential that is spent is told so whatever comes with it, also after the end.
        """
        collection = await self._collection(project_id)
        token_hash = answering.prove(collection, sent)
        try:
            ballot = answering.seal(collection, sent, token_hash, self._clock, self._encryptor)
        except Refusal:
            async with self._database.read_only() as conn:
                if await answering.is_spent(conn, project_id, token_hash):
                    return Kept(credentials.receipt(token_hash), first=False)
            raise
        return await self._ballots.add(project_id, ballot)

    async def _keep(self, project_id: UUID, ballots: Sequence[Ballot]) -> list[Kept | Refusal]:
        async with self._database.transaction() as conn:
            return await answering.keep(conn, self._chance, project_id, ballots)

    async def _collection(self, project_id: UUID) -> Collection:
        """Read once for all who ask at one moment."""
        now = self._elapsed()
        since, reading = self._known.get(project_id, (now, None))
        if reading is None or now - since >= _REMEMBERED_SECONDS:
            reading = asyncio.create_task(self._read(project_id))
            self._known[project_id] = (now, reading)
        if reading.done() and not reading.exception():
            return reading.result()
        try:
            return await asyncio.shield(reading)
        except BaseException:
            self._known.pop(project_id, None)
            raise

    async def _read(self, project_id: UUID) -> Collection:
        async with self._database.read_only() as conn:
            found = await collections.collection(conn, project_id)
        if found.project_id != project_id:  # the address of a preview
            raise NotFound(what=project_id)
        return found
