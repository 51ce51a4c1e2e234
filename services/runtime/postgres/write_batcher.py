"""Write batcher: concurrent writes of one group share a transaction.

A commit costs the same whatever its size. So one writer per group takes all waiting items, as the
relay does with the outbox; an item that comes alone is written at once.
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
    def __init__(self, write: Write[Group, Item, Result], max_items: int) -> None:
        """`write` gets one group's items in their order of arrival, at most `max_items`.

        It opens and commits the transaction, and returns the result of each item in that order.
        """
        self._write = write
        self._max_items = max_items
        self._waiting: dict[Group, list[tuple[Item, asyncio.Future[Result | Refusal]]]] = (
            defaultdict(list)
        )
        self._writers: dict[Group, asyncio.Task[None]] = {}

    async def add(self, group: Group, item: Item) -> Result:
        """Write the item and return its result. Raises its refusal, or the error of its batch."""
        future: asyncio.Future[Result | Refusal] = asyncio.get_running_loop().create_future()
        self._waiting[group].append((item, future))
        if group not in self._writers:
            self._writers[group] = asyncio.create_task(self._run_writer(group))
        result = await future
        if isinstance(result, Refusal):
            raise result
        return result

    async def _run_writer(self, group: Group) -> None:
        """Write batches until no item waits."""
        try:
            while waiting := self._waiting.pop(group, None):
                batch, rest = waiting[: self._max_items], waiting[self._max_items :]
                if rest:
                    self._waiting[group] = rest
                await self._write_batch(group, batch)
        finally:
            del self._writers[group]
            for _, future in self._waiting.pop(group, ()):
                future.cancel()

    async def _write_batch(
        self, group: Group, batch: Sequence[tuple[Item, "asyncio.Future[Result | Refusal]"]]
    ) -> None:
        try:
            results = await self._write(group, [item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():  # its caller may have been cancelled
                    future.set_result(result)
