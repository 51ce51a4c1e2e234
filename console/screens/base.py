"""What every screen shares: it re-reads when told of a change, and says so when it cannot.

A worker reads and posts what it got; only the screen's handlers set its state. Reads are coalesced
to four a second, so a burst of hints costs one read and the last change is always read.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from asyncio import sleep
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from console.actions import EVERYWHERE, allows, held_on
from console.client.problems import Failure, Refused, SignedOut, Unreachable
from console.presenters.styled_text import Said
from console.widgets.chrome import AreaBar, Footer, Notice, TopBar
from console.words import Language, Text
from console.workers import start

if TYPE_CHECKING:
    from console.app import PanelConsole
    from console.client.staff_client import StaffClient

S = TypeVar("S")

_BETWEEN_READS_SECONDS = 0.25

UNREACHABLE = Text(
    fr="Le service {service} ne répond pas : ce qui suit peut être ancien. Nouvel essai…",
    en="The {service} service does not answer: what you see may be old. Trying again…",
)
ISSUER = Text(fr="de connexion", en="sign-in")


# Digits, / and ? need Shift on a French keyboard: the same keys without it mean the same.
_WITHOUT_SHIFT = {
    "1": "ampersand",
    "2": "é",
    "3": "quotation_mark",
    "4": "apostrophe",
    "5": "left_parenthesis",
    "6": "minus",
    "7": "è",
    "8": "underscore",
    "slash": "colon",
    "question_mark": "comma",
}


def bindings(screen: str) -> list[BindingType]:
    """The keys of one screen, from the table of actions."""
    return [
        Binding(
            ",".join(filter(None, (action.key, _WITHOUT_SHIFT.get(action.key.split(",")[0])))),
            f"app.{action.id}" if EVERYWHERE in action.screens else action.id,
            show=False,
            priority=action.while_typing,
        )
        for action in held_on(screen)
    ]


def in_words(problem: Failure, language: Language) -> Said:
    """A problem as one sentence, with its way out."""
    match problem:
        case Refused():
            parts = [problem.detail, *problem.errors, problem.way_out or ""]
            return Said(" ".join(part for part in parts if part), "trouble")
        case Unreachable():
            name = ISSUER.in_(language) if problem.service == "issuer" else problem.service
            return Said(UNREACHABLE.in_(language, service=name), "trouble")
    return Said(str(problem), "trouble")


class Read(Message):
    """A worker got a new snapshot."""

    def __init__(self, snapshot: Any) -> None:
        super().__init__()
        self.snapshot = snapshot


class NotRead(Message):
    """A worker could not get a new snapshot; the old one stays, dimmed."""

    def __init__(self, problem: Failure) -> None:
        super().__init__()
        self.problem = problem


class PanelScreen(Screen[None], Generic[S]):
    """Subclasses say how to `read` a snapshot and how to `draw` it; both may come in any order."""

    ID: ClassVar[str]
    # Whose changes the screen follows, and whose freshness it shows.
    SERVICE: ClassVar[str] = "campaigns"
    # Other services whose changes it reads.
    ALSO: ClassVar[tuple[str, ...]] = ()
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: S | None = None
        self.problem: Failure | None = None
        self._asked = False
        self._reading = False

    @property
    def panel(self) -> PanelConsole:
        return cast("PanelConsole", self.app)

    @property
    def language(self) -> Language:
        return self.panel.language

    @property
    def stale(self) -> bool:
        """Numbers on screen may be old: the last read failed, or hints have stopped coming."""
        return self.problem is not None or self.panel.freshness.state in ("behind", "cut_off")

    @abstractmethod
    async def read(self, client: StaffClient) -> S:
        """A new snapshot of what the screen shows. Raises Failure."""

    @abstractmethod
    def draw(self) -> None:
        """Show `snapshot` (or its absence) in the current language; must be cheap."""

    @abstractmethod
    def title_in_words(self) -> str:
        """What the top bar says, in the current language."""

    @abstractmethod
    def compose_body(self) -> Iterable[Widget]:
        """The widgets between the bars."""

    def compose(self) -> ComposeResult:
        yield TopBar()
        yield AreaBar()
        yield from self.compose_body()
        yield Notice()
        yield Footer(self.ID)

    def on_mount(self) -> None:
        self.redraw()
        self.want()

    def on_screen_resume(self) -> None:
        self.redraw()
        self.want()

    def redraw(self) -> None:
        """Everything again: the language, the freshness or who is signed in changed."""
        if not self.is_mounted:
            return
        self.query_one(TopBar).title = self.title_in_words()
        for chrome in (TopBar, AreaBar, Footer):
            self.query_one(chrome).refresh()
        self._say_problem()
        self.draw()

    def freshen_title(self) -> None:
        """The title may depend on what was read."""
        bar = self.query_one(TopBar)
        if bar.title != self.title_in_words():
            bar.title = self.title_in_words()
            bar.refresh()

    def freshen(self) -> None:
        self.query_one(TopBar).refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key holds only for whose role it is; services check it all the same."""
        return allows(action, self.panel.roles)

    def want(self) -> None:
        """Something may have changed: read soon, once."""
        self._asked = True
        client = self.panel.client
        if not self._reading and client and self.panel.person and self.is_current:
            self._reading = True
            start(self, partial(self._read, client), "read", exclusive=False)

    async def _read(self, client: StaffClient) -> None:
        try:
            while self._asked:
                self._asked = False
                started = time.monotonic()
                try:
                    self.post_message(Read(await self.read(client)))
                except Failure as problem:
                    self.post_message(NotRead(problem))
                await sleep(max(_BETWEEN_READS_SECONDS - (time.monotonic() - started), 0))
        finally:
            self._reading = False

    def on_read(self, message: Read) -> None:
        message.stop()
        self.snapshot = message.snapshot
        self.problem = None
        self._say_problem()
        self.draw()

    def on_not_read(self, message: NotRead) -> None:
        message.stop()
        if isinstance(message.problem, SignedOut):
            self.panel.sign_in_again()
            return
        self.problem = message.problem
        self._say_problem()
        self.draw()
        if isinstance(message.problem, Unreachable):
            self.set_timer(1.0, self.want)

    def _say_problem(self) -> None:
        said = in_words(self.problem, self.language) if self.problem else None
        self.query_one(Notice).say(said)
