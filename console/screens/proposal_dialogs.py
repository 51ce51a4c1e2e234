"""Small windows of the reading room: choosing a proposal, writing one, giving a reason."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from console.data.said import Said
from console.screens.base import bindings
from console.screens.dialogs import Speaking, key_line
from console.widgets.said import content
from console.widgets.shown import Input, Static, TextArea
from console.widgets.table import Column, Row, Table
from console.words import Text, fold
from services.contracts.http.proposals import WriteProposal

if TYPE_CHECKING:
    from console.app import PanelConsole

_WIDTH = 66
CHOOSE = Text(fr="choisir", en="choose")
CANCEL = Text(fr="ne rien faire", en="do nothing")
KEEP = Text(fr="fermer, le texte est gardé", en="close, the text is kept")
SAVE = Text(fr="enregistrer", en="save")
CONFIRM = Text(fr="confirmer", en="confirm")
FILTER = Text(fr="chercher un titre", en="search a title")
NONE = Text(fr="Aucune proposition encore : n en écrit une.", en="No proposal yet: n writes one.")
TITLE = Text(fr="Titre", en="Title")
THEME = Text(fr="Thème", en="Theme")
WORDS = Text(fr="Proposition", en="Proposal")
THEMES = Text(fr="déjà : {themes}", en="already: {themes}")
NEEDED = Text(fr="Il faut un titre et un texte.", en="A title and a text are needed.")
REASON = Text(fr="Motif, qui restera lisible :", en="Reason, which stays readable:")


@dataclass(frozen=True)
class Choice:
    key: str
    title: str
    right: str = ""


class PickScreen(Speaking, ModalScreen[str | None]):
    """One of several, found by typing a part of its title."""

    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape", "dismiss", show=False),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, heading: Text, choices: Sequence[Choice]) -> None:
        super().__init__(classes="dialog")
        self._heading = heading
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="box picking"):
            yield Static(id="said")
            yield Input(id="part")
            yield Table(id="choices")
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.redraw()
        self.query_one(Input).focus()

    def redraw(self) -> None:
        language = self.language
        self.query_one("#said", Static).update(
            content(Said(fold(self._heading.in_(language), _WIDTH), "strong"))
        )
        self.query_one(Input).placeholder = FILTER.in_(language)
        part = self.query_one(Input).value.casefold()
        rows = [
            Row(one.key, (Said(one.title), Said(one.right, "dim")))
            for one in self._choices
            if part in one.title.casefold()
        ]
        if not self._choices:
            rows = [Row("", (Said(NONE.in_(language), "dim"), Said("")))]
        self.query_one(Table).show([Column(""), Column("", 5, "right")], rows, mark=False)
        self.query_one("#keys", Static).update(
            key_line(("enter", CHOOSE.in_(language)), ("esc", CANCEL.in_(language)))
        )

    def on_input_changed(self) -> None:
        self.redraw()

    def on_input_submitted(self) -> None:
        self.dismiss(self.query_one(Table).selected or None)

    def on_table_opened(self, message: Table.Opened) -> None:
        self.dismiss(message.key or None)

    def action_move(self, by: int) -> None:
        self.query_one(Table).action_move(by)


class ProposalForm(Speaking, ModalScreen[WriteProposal | None]):
    """Title, theme and text of a proposal. What is typed is kept until it is saved."""

    ID: ClassVar[str] = "proposal-form"
    BINDINGS = [  # noqa: RUF012
        *bindings("proposal-form"),
        Binding("escape", "dismiss", show=False, priority=True),
    ]

    def __init__(
        self, heading: Text, typed_as: str, begin: WriteProposal | None, themes: Sequence[str]
    ) -> None:
        """`typed_as` names what is typed among all that is being written; `begin` is what the
        proposal says now, none for a new one."""
        super().__init__(classes="dialog")
        self._heading = heading
        self._typed_as = typed_as
        self._begin = begin
        self._themes = themes

    def compose(self) -> ComposeResult:
        with Vertical(classes="box writing"):
            yield Static(id="said")
            yield Input(id="title", max_length=200)
            yield Input(id="theme", max_length=100)
            yield TextArea(id="text", tab_behavior="focus", show_line_numbers=False)
            yield Static(id="wrong")
            yield Static(id="keys")

    def on_mount(self) -> None:
        begin = self._begin
        typed = self._typed_texts.get(self._typed_as) or (
            {"title": begin.title, "theme": begin.theme or "", "text": begin.text} if begin else {}
        )
        self.query_one("#title", Input).value = typed.get("title", "")
        self.query_one("#theme", Input).value = typed.get("theme", "")
        self.query_one(TextArea).text = typed.get("text", "")
        self.redraw()
        self.query_one("#title", Input).focus()

    @property
    def _typed_texts(self) -> dict[Hashable, dict[str, str]]:
        return cast("PanelConsole", self.app).typed

    def redraw(self) -> None:
        language = self.language
        heading = content(Said(self._heading.in_(language), "strong"))
        if self._themes:
            themes = THEMES.in_(language, themes=", ".join(self._themes))
            heading += content(
                Said(f"\n{fold(f'{THEME.in_(language)} · {themes}', _WIDTH)}", "dim")
            )
        self.query_one("#said", Static).update(heading)
        self.query_one("#title", Input).placeholder = TITLE.in_(language)
        self.query_one("#theme", Input).placeholder = THEME.in_(language)
        self.query_one(TextArea).placeholder = WORDS.in_(language)
        self.query_one("#keys", Static).update(
            key_line(("^s", SAVE.in_(language)), ("esc", KEEP.in_(language)))
        )

    def _typed(self) -> dict[str, str]:
        return {
            "title": self.query_one("#title", Input).value,
            "theme": self.query_one("#theme", Input).value,
            "text": self.query_one(TextArea).text,
        }

    def on_input_changed(self) -> None:
        self._typed_texts[self._typed_as] = self._typed()

    def on_text_area_changed(self) -> None:
        self._typed_texts[self._typed_as] = self._typed()

    def action_save(self) -> None:
        typed = {name: text.strip() for name, text in self._typed().items()}
        if not typed["title"] or not typed["text"]:
            said = Said(f"! {NEEDED.in_(self.language)}", "attention")
            self.query_one("#wrong", Static).update(content(said))
            return
        self.dismiss(
            WriteProposal(
                version=self._begin.version if self._begin else None,
                title=typed["title"],
                text=typed["text"],
                theme=typed["theme"] or None,
            )
        )


class ReasonScreen(Speaking, ModalScreen[str | None]):
    """What will happen, and why: the reason is written down."""

    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape", "dismiss", show=False),
    ]

    def __init__(self, sentence: Text) -> None:
        super().__init__(classes="dialog")
        self._sentence = sentence

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(id="said")
            yield Input(id="reason", max_length=2000)
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.redraw()
        self.query_one(Input).focus()

    def redraw(self) -> None:
        language = self.language
        self.query_one("#said", Static).update(
            content(
                f"{fold(self._sentence.in_(language), _WIDTH)}\n\n",
                Said(REASON.in_(language), "attention"),
            )
        )
        self.query_one("#keys", Static).update(
            key_line(("enter", CONFIRM.in_(language)), ("esc", CANCEL.in_(language)))
        )

    def on_input_submitted(self) -> None:
        if reason := self.query_one(Input).value.strip():
            self.dismiss(reason)
