"""Small windows above a screen: the keys of a screen, a confirmation, a piece of news."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from console.actions import held_on
from console.presenters.styled_text import Said
from console.screens.base import bindings
from console.widgets.styled_text import content, key
from console.widgets.text import Input, Static
from console.words import Text, fold

if TYPE_CHECKING:
    from console.app import PanelConsole
    from console.words import Language

# Inside the box of 72 columns.
_WIDTH = 66

KEYS_HERE = Text(fr="Les touches de cet écran", en="The keys of this screen")
CLOSE = Text(fr="fermer", en="close")
CANCEL = Text(fr="ne rien faire", en="do nothing")
TYPE_WORD = Text(fr="Tapez {word} pour confirmer :", en="Type {word} to confirm:")
ACCOUNT = Text(
    fr="Compte, pour un mandat : {code}",
    en="Account, for a mandate: {code}",
)
MOVES = Text(
    fr="↑ ↓ page début fin : se déplacer dans une liste",
    en="↑ ↓ page home end: move in a list",
)


class Speaking:
    """What small windows with fields share: the language of who looks."""

    ID: ClassVar[str] = "confirm"

    @property
    def language(self) -> Language:
        return cast("PanelConsole", self.app).language  # type: ignore[attr-defined]


def key_line(*keys: tuple[str, str]) -> Content:
    """The keys of a window and what they do, below its fields."""
    parts = [content(key(sign), Said(f" {words}   ", "dim")) for sign, words in keys]
    return content("\n", *parts)


class HelpScreen(ModalScreen[None]):
    """The table of actions, for the screen underneath."""

    ID: ClassVar[str] = "help"
    BINDINGS = [  # noqa: RUF012
        *bindings("help"),
        Binding("escape,q,question_mark,f1,enter", "dismiss", show=False),
    ]

    def __init__(self, about: str) -> None:
        super().__init__(classes="dialog")
        self._about = about

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static()

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        panel = cast("PanelConsole", self.app)
        language = panel.language
        lines = content(Said(KEYS_HERE.in_(language), "strong"), "\n")
        for action in held_on(self._about, panel.roles):
            lines += content("\n", key(action.sign.rjust(5)), f"  {action.means.in_(language)}")
        lines += content("\n\n", Said(f"       {MOVES.in_(language)}", "dim"))
        if panel.person and panel.person.account:
            account = ACCOUNT.in_(language, code=panel.person.account)
            lines += content("\n\n", Said(f"       {account}", "dim"))
        lines += content("\n\n  ", key("esc"), Said(f"  {CLOSE.in_(language)}", "dim"))
        self.query_one(Static).update(lines)


class ConfirmScreen(ModalScreen[bool]):
    """What will happen, exactly, before it does; a word to type where it touches many people."""

    ID: ClassVar[str] = "confirm"
    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape", "cancel", show=False),
        Binding("enter", "accept", show=False),
    ]

    def __init__(self, heading: Text, sentence: str, act: Text, word: Text | None = None) -> None:
        super().__init__(classes="dialog")
        self._heading = heading
        self._sentence = sentence
        self._act = act
        self._word = word

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(id="said")
            if self._word:
                yield Input(id="word")
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        language = cast("PanelConsole", self.app).language
        parts = content(
            Said(f"{self._heading.in_(language)}\n\n", "strong"),
            f"{fold(self._sentence, _WIDTH)}\n",
        )
        if self._word:
            words = TYPE_WORD.in_(language, word=self._word.in_(language))
            parts += content(Said(f"\n{words}", "attention"))
        self.query_one("#said", Static).update(parts)
        self.query_one("#keys", Static).update(
            content(
                "\n",
                key("enter"),
                Said(f" {self._act.in_(language)}   ", "dim"),
                key("esc"),
                Said(f" {CANCEL.in_(language)}", "dim"),
            )
        )

    def on_input_submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        if self._word:
            language = cast("PanelConsole", self.app).language
            if self.query_one(Input).value.strip().upper() != self._word.in_(language):
                self.query_one(Input).value = ""
                return
        self.dismiss(True)

    def action_cancel(self) -> None:
        self.dismiss(False)


class NewsScreen(ModalScreen[None]):
    """Something to be read: a result, or a refusal with its reasons and way out."""

    ID: ClassVar[str] = "confirm"
    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape,enter,q", "dismiss", show=False),
    ]

    def __init__(self, *said: Said) -> None:
        super().__init__(classes="dialog")
        self._said = said

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static()

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        language = cast("PanelConsole", self.app).language
        lines = content()
        for said in self._said:
            lines += content(said, "\n")
        self.query_one(Static).update(
            content(lines, "\n", key("esc"), Said(f" {CLOSE.in_(language)}", "dim"))
        )
