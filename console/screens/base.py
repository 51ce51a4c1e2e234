"""Base of the screens: reload on hints of change, and report a failed load.

A worker reads and posts what it got; only the screen's handlers set its state. Reads are coalesced
to four a second, so a burst of hints costs one read and the last change is always read.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from asyncio import sleep
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from console.actions import EVERYWHERE, actions_on, allows
from console.client.problems import Failure, Refused, SignedOut, Unreachable
from console.presenters.styled_text import Phrase
from console.shell import InShell
from console.widgets.chrome import AreaBar, Footer, Notice, TopBar
from console.words import Language, Text
from console.workers import start

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

S = TypeVar("S")
R = TypeVar("R")

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
        for action in actions_on(screen)
    ]


def in_words(problem: Failure, language: Language) -> Phrase:
    """A problem as one sentence, with its way out."""
    match problem:
        case Refused():
            parts = [problem.detail, *problem.errors, problem.way_out or ""]
            return Phrase(" ".join(part for part in parts if part), "trouble")
        case Unreachable():
            name = ISSUER.in_(language) if problem.service == "issuer" else problem.service
            return Phrase(UNREACHABLE.in_(language, service=name), "trouble")
    return Phrase(str(problem), "trouble")


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


class PanelScreen(InShell, Screen[None], Generic[S]):
    """Subclasses say how to `read` a snapshot and how to `draw` it; both may come in any order."""

    ID: ClassVar[str]
    # Service that the screen follows, and whose freshness it shows.
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
    def stale(self) -> bool:
        """Numbers on screen may be old: the last read failed, or hints have stopped coming."""
        return self.problem is not None or self.shell.freshness.state in ("behind", "cut_off")

    @abstractmethod
    async def fetch(self, client: StaffClient) -> S:
        """Fetch a new snapshot. Raises Failure."""

    @abstractmethod
    def draw(self) -> None:
        """Show `snapshot` (or its absence) in the current language; must be cheap."""

    @abstractmethod
    def title_in_words(self) -> str:
        """Title for the top bar, in the current language."""

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
        """Draw everything anew after a change of language, freshness or person."""
        if not self.is_mounted:
            return
        self.query_one(TopBar).title = self.title_in_words()
        for chrome in (TopBar, AreaBar, Footer):
            self.query_one(chrome).refresh()
        self._say_problem()
        self.draw()

    def freshen_title(self) -> None:
        """Update the title, which may depend on the snapshot."""
        bar = self.query_one(TopBar)
        if bar.title != self.title_in_words():
            bar.title = self.title_in_words()
            bar.refresh()

    def freshen(self) -> None:
        self.query_one(TopBar).refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key holds only for whose role it is; services check it all the same."""
        return allows(action, self.shell.roles)

    def want(self) -> None:
        """Something may have changed: read soon, once."""
        self._asked = True
        client = self.shell.client
        if not self._reading and client and self.shell.person and self.is_current:
            self._reading = True
            start(self, partial(self._fetch_all, client), "read", exclusive=False)

    async def _fetch_all(self, client: StaffClient) -> None:
        try:
            while self._asked:
                self._asked = False
                started = time.monotonic()
                try:
                    self.post_message(Read(await self.fetch(client)))
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
            self.shell.sign_in_again()
            return
        self.problem = message.problem
        self._say_problem()
        self.draw()
        if isinstance(message.problem, Unreachable):
            self.set_timer(1.0, self.want)

    def _say_problem(self) -> None:
        phrase = in_words(self.problem, self.language) if self.problem else None
        self.query_one(Notice).show_phrase(phrase)


class Dialog(InShell, ModalScreen[R], Generic[R]):
    """Base of the windows above a screen; `R` is what they are dismissed with."""

    ID: ClassVar[str] = "confirm"

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def on_mount(self) -> None:
        self.redraw()
        self.opened()

    def opened(self) -> None:
        """Called once, when the texts are on screen."""

    @abstractmethod
    def redraw(self) -> None:
        """Show everything in the current language."""
