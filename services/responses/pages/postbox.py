"""Where answers are dropped: those that arrive together are written together.

A commit costs the same whatever it holds, so one writer takes all that waits, as the relay does;
with nobody else waiting, nobody waits. What is written in one go goes in an order of its own.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from services.contracts.http.responses import Contribution
from services.responses.domain import credentials
from services.responses.domain.collections import Collection
from services.responses.store import collections
from services.responses.store.answers import Ballot
from services.responses.use_cases import answering
from services.responses.use_cases.answering import Kept
from services.runtime.clock import Clock
from services.runtime.db import Database
from services.runtime.refusal import NotFound, Refusal
from services.runtime.sealing import Sealer

_MOST_TOGETHER = 500
# A frozen questionnaire and its key do not change; whether answers are still taken is looked at
# again, under the collection's lock, when they are written.
_REMEMBERED_SECONDS = 1.0


@dataclass
class _Waiting:
    project_id: UUID
    ballot: Ballot
    done: "asyncio.Future[Kept | Refusal]"


class Postbox:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        chance: Random,
        sealer: Sealer,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._clock = clock
        self._chance = chance
        self._sealer = sealer
        self._elapsed = elapsed
        self._known: dict[UUID, tuple[float, asyncio.Task[Collection]]] = {}
        self._waiting: list[_Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def drop(self, project_id: UUID, sent: Contribution) -> Kept:
        """Raises what `answering.prove`, `answering.seal` and `answering.keep` raise, and NotFound.

        A credential that is spent is told so whatever comes with it, also after the end.
        """
        collection = await self._collection(project_id)
        token_hash = answering.prove(collection, sent)
        try:
            ballot = answering.seal(collection, sent, token_hash, self._clock, self._sealer)
        except Refusal:
            async with self._database.reading() as conn:
                if await answering.is_spent(conn, project_id, token_hash):
                    return Kept(credentials.receipt(token_hash), first=False)
            raise
        done = await self._written(project_id, ballot)
        if isinstance(done, Refusal):
            raise done
        return done

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
        async with self._database.reading() as conn:
            found = await collections.collection(conn, project_id)
        if found.project_id != project_id:  # the address of a preview
            raise NotFound(what=project_id)
        return found

    async def _written(self, project_id: UUID, ballot: Ballot) -> Kept | Refusal:
        waiting = _Waiting(project_id, ballot, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await waiting.done

    async def _write(self) -> None:
        """Serves those who wait until nobody does; an error goes to whom it concerns."""
        while self._waiting:
            project_id = self._waiting[0].project_id
            same = [one for one in self._waiting if one.project_id == project_id][:_MOST_TOGETHER]
            taken = {id(one) for one in same}
            self._waiting = [one for one in self._waiting if id(one) not in taken]
            try:
                async with self._database.transaction() as conn:
                    results = await answering.keep(
                        conn, self._chance, project_id, [one.ballot for one in same]
                    )
            except BaseException as error:
                for one in same:
                    if not one.done.done():
                        one.done.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                for one, result in zip(same, results, strict=True):
                    if not one.done.done():  # its sender may have gone
                        one.done.set_result(result)
