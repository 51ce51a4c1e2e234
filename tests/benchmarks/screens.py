"""Response times of the console, in a terminal on a live stack."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from statistics import median
from uuid import UUID

import httpx
import pyte

from deploy.charter_check.mail_journal import Journal
from deploy.local.endpoints import FILE, Endpoints
from deploy.local.staff import LocalStaff
from services.contracts.http.campaigns import (
    CampaignSheet,
    DecisionMakerSheet,
    Launch,
    MandateSheet,
    ProjectSheet,
)
from services.contracts.http.questionnaires import FreeText, Questionnaire, Words
from tests.benchmarks.measure import Figure

STARTS = 5
OPT_INS = 5
COLUMNS, LINES = 100, 30
RIGHT = "\x1b[C"
PATIENCE = 60.0
TITLE = "Bench letter"


class Terminal:
    """Emulated terminal of a program, with its current screen."""

    def __init__(self, descriptor: int, started: float) -> None:
        self._descriptor = descriptor
        self.started = started
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._painted = asyncio.Event()

    def type(self, keys: str) -> None:
        os.write(self._descriptor, keys.encode())

    def receive(self) -> None:
        try:
            self._stream.feed(os.read(self._descriptor, 65_536))
        except OSError:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._painted.set()

    async def shows(self, text: str) -> float:
        """Wait until `text` is on the screen; returns the time. Raises TimeoutError."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not any(text in line for line in self._screen.display):
                    self._painted.clear()
                    await self._painted.wait()
        except TimeoutError:
            screen = "\n".join(self._screen.display)
            raise TimeoutError(f"{text!r} does not come to stand on:\n{screen}") from None
        return time.perf_counter()


@asynccontextmanager
async def console(endpoints: Endpoints) -> AsyncIterator[Terminal]:
    """The console in a terminal of 100 × 30, signed in as the officer of campaigns."""
    started = time.perf_counter()
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        stack = str(endpoints.data_dir / FILE)
        program = [sys.executable, "-m", "console", "--stack", stack, "--lang", "en"]
        os.execv(sys.executable, [*program, "--as", "claire"])
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    terminal = Terminal(descriptor, started)
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, terminal.receive)
    try:
        yield terminal
    finally:
        loop.remove_reader(descriptor)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(descriptor)


async def screens(endpoints: Endpoints, today: date) -> list[Figure]:
    """Measure the first paint, and the time from an opt-in's commit to its line on the screen."""
    async with LocalStaff(endpoints, "en") as staff:
        project = await open_project(staff, today)
        links = await _invited(endpoints, staff, project)
        firsts = []
        for _ in range(STARTS):
            async with console(endpoints) as terminal:
                firsts.append(await terminal.shows("TODAY") - terminal.started)
        delays = []
        async with console(endpoints) as terminal, httpx.AsyncClient(timeout=20) as member:
            await terminal.shows(" asked ")
            terminal.type("2")
            await terminal.shows(TITLE)
            terminal.type("\r")
            await terminal.shows("Will serve")
            terminal.type(RIGHT)
            await terminal.shows("Audience")
            terminal.type(RIGHT)
            await terminal.shows("Answers will come in here")
            for link in links[:OPT_INS]:
                answered_before = {answer.id for answer in (await staff.opt_ins(project)).answers}
                assert (await member.post(f"{link}/accept")).is_redirect
                committed = time.perf_counter()
                answers = (await staff.opt_ins(project)).answers
                new = next(answer for answer in answers if answer.id not in answered_before)
                delays.append(await terminal.shows(new.pseudonym) - committed)
    return [
        Figure("console: first screen", median(firsts), 1, False, "s", f"median of {STARTS}"),
        Figure("console: committed opt-in visible", max(delays), 1, False, "s", f"of {OPT_INS}"),
    ]


async def open_project(staff: LocalStaff, today: date, title: str = TITLE) -> UUID:
    """Publish and open a project; `title` is unique, as invitations are found by it."""
    view = await staff.create_project(
        ProjectSheet(
            title=title,
            mandate=MandateSheet(
                nature="a letter",
                why="it is unclear",
                stakes="calls",
                objectives="a clear letter",
                purpose="the next letter",
                decision_maker=DecisionMakerSheet(name="M. Bernard", role="director"),
                who="everybody",
                how="online",
            ),
            recruitment_ends_on=today + timedelta(days=30),
            collection_ends_on=today + timedelta(days=60),
        )
    )
    await staff.publish_project(view.id)
    question = FreeText(kind="free_text", id="unclear", text=Words(fr="What is unclear?"))
    await _until(lambda: _is_known(staff, view.id), "responses knows the project")
    await staff.write_questionnaire(view.id, Questionnaire(questions=[question]))
    await staff.make_ready(view.id)

    async def ready() -> bool:
        return (await staff.project(view.id)).collection == "ready"

    await _until(ready, "the collection is ready")
    sheet = CampaignSheet(project_id=view.id, title="First wave", wanted=OPT_INS * 2)
    campaign = await staff.create_campaign(sheet)
    await staff.launch(Launch(campaign_ids=[campaign.id]))
    return view.id


async def _is_known(staff: LocalStaff, project: UUID) -> bool:
    return any(collection.project_id == project for collection in await staff.collections())


async def _invited(endpoints: Endpoints, staff: LocalStaff, project: UUID) -> list[str]:
    async def sent() -> bool:
        return (await staff.project(project)).counts.sent == OPT_INS * 2

    await _until(sent, "the invitations are sent")
    return [
        next(link for link in message.links if "/invitations/" in link)
        for message in Journal(endpoints.mail_journal).new()
        if message.kind == "invitation" and TITLE in message.text
    ]


async def _until(condition: Callable[[], Awaitable[bool]], still_not: str) -> None:
    deadline = time.perf_counter() + PATIENCE
    while not await condition():
        if time.perf_counter() > deadline:
            raise TimeoutError(still_not)
        await asyncio.sleep(0.1)
