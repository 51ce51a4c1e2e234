"""Isolated subprocesses: few run at once, without the service's secrets, with a time limit."""

import asyncio
from typing import Any

import pytest

from services.responses.documents import isolated_subprocess


class Process:
    """A child process that ends when `go` is set."""

    running = peak = 0

    def __init__(self, go: asyncio.Event) -> None:
        self._go = go
        self.returncode: int | None = None
        Process.running += 1
        Process.peak = max(Process.peak, Process.running)

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
    Process.running = Process.peak = 0

    async def start(*arguments: str, **options: Any) -> Process:
        calls.append(options)
        return Process(go)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
    return go, calls


async def test_few_subprocesses_run_at_once_and_the_others_wait(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    go, _ = started
    runs = [asyncio.create_task(isolated_subprocess.run("m", "", bytes([n]))) for n in range(6)]
    while Process.running < isolated_subprocess.MOST_RUNNING:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    assert Process.running == isolated_subprocess.MOST_RUNNING
    go.set()
    assert await asyncio.gather(*runs) == [bytes([n]) for n in range(6)]
    assert (Process.peak, Process.running) == (isolated_subprocess.MOST_RUNNING, 0)


async def test_a_caller_is_refused_when_too_many_wait(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    go, _ = started
    runs = [asyncio.create_task(isolated_subprocess.run("m", "", b"x")) for _ in range(30)]
    refused, waiting = await asyncio.wait(runs, timeout=0.2)
    assert all(isinstance(each.exception(), isolated_subprocess.Busy) for each in refused)
    assert len(waiting) == isolated_subprocess.MOST_RUNNING + isolated_subprocess.MOST_WAITING
    busy = isolated_subprocess.Busy()
    assert (busy.status, busy.retry_after) == (503, isolated_subprocess.SECONDS)
    assert busy.message("fr") != busy.message("en")
    go.set()
    assert await asyncio.gather(*waiting) == [b"x"] * len(waiting)


async def test_a_subprocess_beyond_its_time_limit_is_killed_and_frees_its_slot(
    started: tuple[asyncio.Event, list[dict[str, Any]]],
) -> None:
    for _ in range(isolated_subprocess.MOST_RUNNING + 1):
        with pytest.raises(isolated_subprocess.SubprocessFailed):
            await isolated_subprocess.run("m", "", b"x", seconds=0.01)
    assert Process.running == 0


async def test_the_subprocess_gets_no_setting_of_the_service(
    started: tuple[asyncio.Event, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    go, calls = started
    go.set()
    monkeypatch.setenv("PANEL_ANSWER_KEYS", "secret")
    await isolated_subprocess.run("m", "", b"x")
    (options,) = calls
    assert "PATH" in options["env"]
    assert "secret" not in options["env"].values()
