"""Files are read in processes apart: few at once, without the service's secrets, never for long."""

import asyncio
from typing import Any

import pytest

from services.responses.documents import isolated_subprocess as apart


class Process:
    """A child that answers once it is told to."""

    running = most = 0

    def __init__(self, go: asyncio.Event) -> None:
        self._go = go
        self.returncode: int | None = None
        Process.running += 1
        Process.most = max(Process.most, Process.running)

    async def communicate(self, content: bytes) -> tuple[bytes, bytes]:
        await self._go.wait()
        self._end(0)
        return content, b""

    def kill(self) -> None:
        self._end(-9)

    async def wait(self) -> None: ...

    def _end(self, code: int) -> None:
        self.returncode = code
        Process.running -= 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, list[dict[str, Any]]]:
    go, calls = asyncio.Event(), []
    Process.running = Process.most = 0

    async def start(*arguments: str, **options: Any) -> Process:
        calls.append(options)
        return Process(go)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return go, calls


async def test_few_files_are_read_at_once_and_the_others_wait(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    go, _ = started
    asked = [asyncio.create_task(apart.run("m", "", bytes([n]))) for n in range(6)]
    while Process.running < apart.AT_ONCE:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert Process.running == apart.AT_ONCE
    go.set()
    assert await asyncio.gather(*asked) == [bytes([n]) for n in range(6)]
    assert (Process.most, Process.running) == (apart.AT_ONCE, 0)


async def test_who_comes_when_too_many_wait_is_told_to_come_back(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    go, _ = started
    asked = [asyncio.create_task(apart.run("m", "", b"x")) for _ in range(30)]
    done, waiting = await asyncio.wait(asked, timeout=0.2)
    assert all(isinstance(each.exception(), apart.Busy) for each in done)
    assert len(waiting) == apart.AT_ONCE + apart.MOST_WAITING
    busy = apart.Busy()
    assert (busy.status, busy.retry_after) == (503, apart.SECONDS)
    assert busy.message("fr") != busy.message("en")
    go.set()
    assert await asyncio.gather(*waiting) == [b"x"] * len(waiting)


async def test_a_process_that_does_not_end_is_ended_and_gives_its_place_back(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    for _ in range(apart.AT_ONCE + 1):
        with pytest.raises(apart.Exploded):
            await apart.run("m", "", b"x", seconds=0.01)
    assert Process.running == 0


async def test_the_process_is_given_no_setting_of_the_service(
    started: tuple[asyncio.Event, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, calls = started
    go.set()
    monkeypatch.setenv("PANEL_ANSWER_KEYS", "secret")
    await apart.run("m", "", b"x")
    (options,) = calls
    assert "PATH" in options["env"]
    assert "secret" not in options["env"].values()
