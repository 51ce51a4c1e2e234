"""Concurrent items share one write, and each caller gets the result of its own item."""

import asyncio
from collections.abc import Sequence

import pytest

from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import NotFound, Refusal


class Desk:
    """Writes when it is released; the item `refuse` is refused, and `break` breaks its batch."""

    def __init__(self, max_items: int = 100) -> None:
        self.batches: list[list[str]] = []
        self.released = asyncio.Event()
        self.batcher = WriteBatcher(self.write, max_items)

    async def write(self, group: str, items: Sequence[str]) -> list[str | Refusal]:
        await self.released.wait()
        self.batches.append(list(items))
        if "break" in items:
            raise OSError("the disk is full")
        return [NotFound(what=item) if item == "refuse" else f"{group}:{item}" for item in items]

    def add(self, *items: str, group: str = "a") -> list["asyncio.Task[str]"]:
        return [asyncio.create_task(self.batcher.add(group, item)) for item in items]


async def test_items_that_come_during_a_write_are_written_in_one_batch() -> None:
    desk = Desk()
    tasks = desk.add("1", "2", "refuse", "3")
    tasks += desk.add("other", group="b")
    desk.released.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["a:1", "a:2", str(results[2]), "a:3", "b:other"]
    assert isinstance(results[2], NotFound)
    assert desk.batches == [["1", "2", "refuse", "3"], ["other"]]


async def test_a_batch_has_a_largest_size() -> None:
    desk = Desk(max_items=2)
    tasks = desk.add("1", "2", "3", "4", "5")
    desk.released.set()
    assert await asyncio.gather(*tasks) == [f"a:{n}" for n in range(1, 6)]
    assert desk.batches == [["1", "2"], ["3", "4"], ["5"]]


async def test_an_error_reaches_its_own_batch_and_the_next_is_written() -> None:
    desk = Desk(max_items=2)
    tasks = desk.add("1", "break", "2")
    desk.released.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [OSError, OSError, str]
    assert await desk.batcher.add("a", "again") == "a:again"


async def test_a_cancelled_caller_disturbs_no_other() -> None:
    desk = Desk()
    cancelled, patient = desk.add("1", "2")
    await asyncio.sleep(0)
    cancelled.cancel()
    desk.released.set()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert await patient == "a:2"


async def test_a_writer_that_is_stopped_leaves_nobody_waiting() -> None:
    desk = Desk(max_items=1)
    tasks = desk.add("1", "2")
    await asyncio.sleep(0)
    (writer,) = desk.batcher._writers.values()
    await asyncio.sleep(0)
    writer.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
