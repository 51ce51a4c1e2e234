"""Small windows above a screen: the keys of a screen, a confirmation, a piece of news."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from console.actions import actions_on
from console.presenters.styled_text import Phrase
from console.screens.base import Dialog, bindings
from console.widgets.styled_text import content, key
from console.widgets.text import Input, Static
from console.words import Text, fold

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


def key_line(*keys: tuple[str, str]) -> Content:
    """Line of a window's keys and their labels, below its fields."""
    parts = [content(key(sign), Phrase(f" {label}   ", "dim")) for sign, label in keys]
    return content("\n", *parts)


class HelpScreen(Dialog[None]):
    """The table of actions, for the screen underneath."""

    ID: ClassVar[str] = "help"
    BINDINGS = [  # noqa: RUF012
        *bindings("help"),
        Binding("escape,q,question_mark,f1,enter", "dismiss", show=False),
    ]

    def __init__(self, screen_id: str) -> None:
        super().__init__()
        self._about = screen_id

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static()

    def redraw(self) -> None:
        shell, language = self.shell, self.language
        lines = content(Phrase(KEYS_HERE.in_(language), "strong"), "\n")
        for action in actions_on(self._about, shell.roles):
            lines += content("\n", key(action.sign.rjust(5)), f"  {action.means.in_(language)}")
        lines += content("\n\n", Phrase(f"       {MOVES.in_(language)}", "dim"))
        if shell.person and shell.person.account:
            account = ACCOUNT.in_(language, code=shell.person.account)
            lines += content("\n\n", Phrase(f"       {account}", "dim"))
        lines += content("\n\n  ", key("esc"), Phrase(f"  {CLOSE.in_(language)}", "dim"))
        self.query_one(Static).update(lines)


class ConfirmScreen(Dialog[bool]):
    """Confirmation of an act, with its exact effect; a word to type where it touches many
    people."""

    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape", "cancel", show=False),
        Binding("enter", "accept", show=False),
    ]

    def __init__(self, heading: Text, sentence: str, act: Text, word: Text | None = None) -> None:
        super().__init__()
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

    def redraw(self) -> None:
        language = self.language
        parts = content(
            Phrase(f"{self._heading.in_(language)}\n\n", "strong"),
            f"{fold(self._sentence, _WIDTH)}\n",
        )
        if self._word:
            sentence = TYPE_WORD.in_(language, word=self._word.in_(language))
            parts += content(Phrase(f"\n{sentence}", "attention"))
        self.query_one("#said", Static).update(parts)
        self.query_one("#keys", Static).update(
            content(
                "\n",
                key("enter"),
                Phrase(f" {self._act.in_(language)}   ", "dim"),
                key("esc"),
                Phrase(f" {CANCEL.in_(language)}", "dim"),
            )
        )

    def on_input_submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        if self._word:
            language = self.language
            if self.query_one(Input).value.strip().upper() != self._word.in_(language):
                self.query_one(Input).value = ""
                return
        self.dismiss(True)

    def action_cancel(self) -> None:
        self.dismiss(False)


class NewsScreen(Dialog[None]):
    """Something to be read: a result, or a refusal with its reasons and way out."""

    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape,enter,q", "dismiss", show=False),
    ]

    def __init__(self, *phrases: Phrase) -> None:
        super().__init__()
        self._said = phrases

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box"):
            yield Static()

    def redraw(self) -> None:
        language = self.language
        lines = content()
        for phrase in self._said:
            lines += content(phrase, "\n")
        self.query_one(Static).update(
            content(lines, "\n", key("esc"), Phrase(f" {CLOSE.in_(language)}", "dim"))
        )
