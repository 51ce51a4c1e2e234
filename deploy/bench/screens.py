"""The console as a person waits for it: in a terminal, on a live stack."""

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
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from uuid import UUID

import httpx

from deploy.bench.measure import Figure
from deploy.local.endpoints import FILE, Endpoints
from deploy.local.journal import Journal
from deploy.local.staff import Staff
from services.contracts.http.campaigns import (
    CampaignSheet,
    DecisionMakerSheet,
    MandateSheet,
    ProjectSheet,
)
from services.contracts.http.responses import Question, Questionnaire

STARTS = 5
OPT_INS = 5
PATIENCE = 60.0
TITLE = "Bench letter"


@dataclass
class Terminal:
    """What a program painted, with the moment of each piece."""

    pid: int
    descriptor: int
    started: float
    painted: list[tuple[float, str]] = field(default_factory=list)

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def since(self, moment: float) -> str:
        return "".join(piece for at, piece in self.painted if at >= moment)

    async def shows(self, text: str, after: float = 0.0) -> float:
        """The moment at which `text` had been painted, after a moment."""
        deadline = time.perf_counter() + PATIENCE
        while time.perf_counter() < deadline:
            seen = ""
            for at, piece in self.painted:
                if at >= after:
                    seen += piece
                    if text in seen:
                        return at
            await asyncio.sleep(0.005)
        raise TimeoutError(f"the console did not show {text!r}")


@asynccontextmanager
async def console(endpoints: Endpoints) -> AsyncIterator[Terminal]:
    """The console in a terminal of 100 × 30, signed in as the officer of campaigns."""
    started = time.perf_counter()
    pid, descriptor = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        stack = str(endpoints.data_dir / FILE)
        program = [sys.executable, "-m", "console", "--stack", stack, "--lang", "en"]
        os.execv(sys.executable, [*program, "--as", "claire"])  # noqa: S606
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    terminal = Terminal(pid, descriptor, started)

    def read() -> None:
        try:
            piece = os.read(descriptor, 65_536)
        except OSError:
            asyncio.get_running_loop().remove_reader(descriptor)
            return
        terminal.painted.append((time.perf_counter(), piece.decode(errors="replace")))

    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, read)
    try:
        yield terminal
    finally:
        loop.remove_reader(descriptor)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)  # noqa: ASYNC222
        os.close(descriptor)


async def screens(endpoints: Endpoints, today: date) -> list[Figure]:
    """First paint after start; and from a committed opt-in to its line on the project's screen."""
    async with Staff(endpoints, "en") as staff:
        project = await _open_project(staff, today)
        links = await _invited(endpoints, staff, project)
        firsts = []
        for _ in range(STARTS):
            async with console(endpoints) as terminal:
                firsts.append(await terminal.shows("TODAY") - terminal.started)
        delays = []
        async with console(endpoints) as terminal, httpx.AsyncClient(timeout=20) as member:
            await terminal.shows("TODAY")
            terminal.type("2")
            await terminal.shows(TITLE)
            terminal.type("\r")
            await terminal.shows("Mandate")
            terminal.type("\x1b[C\x1b[C")
            await terminal.shows("opted in")
            for link in links[:OPT_INS]:
                before = {answer.id for answer in (await staff.opt_ins(project)).answers}
                (await member.post(f"{link}/accept")).raise_for_status()
                committed = time.perf_counter()
                answers = (await staff.opt_ins(project)).answers
                new = next(answer for answer in answers if answer.id not in before)
                shown = await terminal.shows(new.pseudonym, committed - 0.5)
                delays.append(max(0.0, shown - committed))
    return [
        Figure("console: first screen", median(firsts), 1, False, "s", f"median of {STARTS}"),
        Figure("console: committed opt-in visible", max(delays), 1, False, "s", f"of {OPT_INS}"),
    ]


async def _open_project(staff: Staff, today: date) -> UUID:
    view = await staff.create_project(
        ProjectSheet(
            title=TITLE,
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
    questionnaire = Questionnaire(questions=[Question(text="What is unclear?")])
    await _until(lambda: _known(staff, view.id), "responses knows the project")
    await staff.put_questionnaire(view.id, questionnaire)

    async def ready() -> bool:
        return (await staff.project(view.id)).collection == "ready"

    await _until(ready, "the collection is ready")
    sheet = CampaignSheet(project_id=view.id, title="First wave", wanted=OPT_INS * 2)
    campaign = await staff.create_campaign(sheet)
    await staff.launch([campaign.id])
    return view.id


async def _known(staff: Staff, project: UUID) -> bool:
    return any(one.project_id == project for one in await staff.collections())


async def _invited(endpoints: Endpoints, staff: Staff, project: UUID) -> list[str]:
    async def sent() -> bool:
        return (await staff.project(project)).counts.sent == OPT_INS * 2

    await _until(sent, "the invitations are sent")
    return [
        next(link for link in message.links if "/invitations/" in link)
        for message in Journal(endpoints.mail_journal).new()
        if message.kind == "invitation" and TITLE in message.text
    ]


async def _until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.perf_counter() + PATIENCE
    while not await condition():
        if time.perf_counter() > deadline:
            raise TimeoutError(what)
        await asyncio.sleep(0.1)
