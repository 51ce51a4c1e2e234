"""What arrives together is written together.

A commit costs the same whatever it holds. So one writer for each group takes all that waits, as the
relay does with the outbox; with nobody else waiting, nobody waits.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from services.runtime.refusal import Refusal

Group = TypeVar("Group", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

Write = Callable[[Group, Sequence[Item]], Awaitable[Sequence[Result | Refusal]]]


class WriteBatcher(Generic[Group, Item, Result]):
    """`write` gets one group's items in their order of arrival, at most `most`, and says in that
    order what became of each. It opens and commits the transaction."""

    def __init__(self, write: Write[Group, Item, Result], most: int) -> None:
        self._write = write
        self._most = most
        self._waiting: dict[Group, list[tuple[Item, asyncio.Future[Result | Refusal]]]] = (
            defaultdict(list)
        )
        self._writers: dict[Group, asyncio.Task[None]] = {}

    async def add(self, group: Group, item: Item) -> Result:
        """What became of this item. Raises its refusal, or whatever its write raised."""
        done: asyncio.Future[Result | Refusal] = asyncio.get_running_loop().create_future()
        self._waiting[group].append((item, done))
        if group not in self._writers:
            self._writers[group] = asyncio.create_task(self._serve(group))
        result = await done
        if isinstance(result, Refusal):
            raise result
        return result

    async def _serve(self, group: Group) -> None:
        """Serves those who wait until nobody does; an error goes to whom it concerns."""
        try:
            while waiting := self._waiting.pop(group, None):
                now, later = waiting[: self._most], waiting[self._most :]
                if later:
                    self._waiting[group] = later
                await self._serve_some(group, now)
        finally:
            del self._writers[group]
            for _, done in self._waiting.pop(group, ()):
                done.cancel()

    async def _serve_some(
        self, group: Group, some: Sequence[tuple[Item, "asyncio.Future[Result | Refusal]"]]
    ) -> None:
        try:
            results = await self._write(group, [item for item, _ in some])
        except BaseException as error:
            for _, done in some:
                if not done.done():
                    done.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, done), result in zip(some, results, strict=True):
                if not done.done():  # who asked may have gone
                    done.set_result(result)
