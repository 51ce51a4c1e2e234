"""What arrives together is written together, and each is told what became of their own."""

import asyncio
from collections.abc import Sequence

import pytest

from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import NotFound, Refusal


class Desk:
    """Writes when it is let; what it is asked to refuse it refuses, and breaks on demand."""

    def __init__(self, most: int = 100) -> None:
        self.written: list[list[str]] = []
        self.let = asyncio.Event()
        self.together = WriteBatcher(self.write, most)

    async def write(self, group: str, items: Sequence[str]) -> list[str | Refusal]:
        await self.let.wait()
        self.written.append(list(items))
        if "break" in items:
            raise OSError("the disk is full")
        return [NotFound(what=item) if item == "refuse" else f"{group}:{item}" for item in items]

    def ask(self, *items: str, group: str = "a") -> list["asyncio.Task[str]"]:
        return [asyncio.create_task(self.together.add(group, item)) for item in items]


async def test_those_who_come_while_one_is_written_are_written_in_one_go() -> None:
    desk = Desk()
    asked = desk.ask("1", "2", "refuse", "3")
    asked += desk.ask("other", group="b")
    desk.let.set()
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert [str(one) for one in said] == ["a:1", "a:2", str(said[2]), "a:3", "b:other"]
    assert isinstance(said[2], NotFound)
    assert desk.written == [["1", "2", "refuse", "3"], ["other"]]


async def test_no_more_than_the_most_at_once() -> None:
    desk = Desk(most=2)
    asked = desk.ask("1", "2", "3", "4", "5")
    desk.let.set()
    assert await asyncio.gather(*asked) == [f"a:{n}" for n in range(1, 6)]
    assert desk.written == [["1", "2"], ["3", "4"], ["5"]]


async def test_an_error_goes_to_whom_it_concerns_and_the_next_are_served() -> None:
    desk = Desk(most=2)
    asked = desk.ask("1", "break", "2")
    desk.let.set()
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in said] == [OSError, OSError, str]
    assert await desk.together.add("a", "again") == "a:again"


async def test_who_goes_away_takes_nobody_along() -> None:
    desk = Desk()
    goes, stays = desk.ask("1", "2")
    await asyncio.sleep(0)
    goes.cancel()
    desk.let.set()
    with pytest.raises(asyncio.CancelledError):
        await goes
    assert await stays == "a:2"


async def test_a_writer_that_is_stopped_leaves_nobody_waiting() -> None:
    desk = Desk(most=1)
    asked = desk.ask("1", "2")
    await asyncio.sleep(0)
    (writer,) = desk.together._writers.values()
    await asyncio.sleep(0)
    writer.cancel()
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, asyncio.CancelledError) for one in said)
