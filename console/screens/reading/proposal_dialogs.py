"""Small windows of the reading room: choosing a proposal, writing one, giving a reason."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.widget import Widget

from console.client.problems import FieldError
from console.client.requests import build_request
from console.presenters.styled_text import Phrase
from console.screens.base import Dialog, bindings
from console.screens.dialogs import key_line
from console.screens.field_form import Typed, area
from console.screens.writing_form import WritingForm
from console.widgets.styled_text import content
from console.widgets.table import Column, Row, Table
from console.widgets.text import Input, Static
from console.words import Text, elide, fold
from services.contracts.http.proposals import ProposalView, WriteProposal
from services.contracts.http.reading import ContributionView, Moderate

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient

_WIDTH = 66
CHOOSE = Text(fr="choisir", en="choose")
CANCEL = Text(fr="ne rien faire", en="do nothing")
CONFIRM = Text(fr="confirmer", en="confirm")
FILTER = Text(fr="chercher un titre", en="search a title")
NONE = Text(fr="Aucune proposition encore : n en écrit une.", en="No proposal yet: n writes one.")
TITLE = Text(fr="Titre", en="Title")
THEME = Text(fr="Thème", en="Theme")
WORDS = Text(fr="Texte", en="Text")
THEMES = Text(fr="déjà : {themes}", en="already: {themes}")
NEEDED = {
    "title": Text(fr="Il faut un titre.", en="A title is needed."),
    "text": Text(fr="Il faut un texte.", en="A text is needed."),
}
CHANGED = Text(
    fr="Quelqu'un l'a récrite entre-temps : « {title} », « {text} ». Enregistrer la remplace.",
    en="Somebody rewrote it meanwhile: “{title}”, “{text}”. Saving replaces it.",
)
REASON = Text(fr="Motif", en="Reason")
REASON_NEEDED = Text(
    fr="Il faut un motif ; il restera lisible.", en="A reason is needed; it stays readable."
)


@dataclass(frozen=True)
class Choice:
    key: str
    title: str
    right: str = ""


class PickScreen(Dialog[str | None]):
    """One of several, found by typing a part of its title."""

    BINDINGS = [  # noqa: RUF012
        *bindings("confirm"),
        Binding("escape", "dismiss", show=False),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, heading: Text, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._heading = heading
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical(classes="box picking"):
            yield Static(id="said")
            yield Input(id="part")
            yield Table(id="choices")
            yield Static(id="keys")

    def opened(self) -> None:
        self.query_one(Input).focus()

    def redraw(self) -> None:
        language = self.language
        self.query_one("#said", Static).update(
            content(Phrase(fold(self._heading.in_(language), _WIDTH), "strong"))
        )
        self.query_one(Input).placeholder = FILTER.in_(language)
        part = self.query_one(Input).value.casefold()
        rows = [
            Row(choice.key, (Phrase(choice.title), Phrase(choice.right, "dim")))
            for choice in self._choices
            if part in choice.title.casefold()
        ]
        if not self._choices:
            rows = [Row("", (Phrase(NONE.in_(language), "dim"), Phrase("")))]
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


class ProposalForm(WritingForm[ProposalView | None]):
    """Title, theme and text of a proposal, new or changed."""

    LABELS = {"title": TITLE, "theme": THEME, "text": WORDS}  # noqa: RUF012

    def __init__(
        self,
        heading: Text,
        typed_as: str,
        project_id: UUID,
        proposal: ProposalView | None,
        themes: Sequence[str],
    ) -> None:
        """`about`: the proposal to edit; None for a new one."""

        async def reread(client: StaffClient) -> ProposalView | None:
            if proposal is None:
                return None
            board = await client.proposal_board(project_id)
            return next(proposal for proposal in board.proposals if proposal.id == proposal.id)

        super().__init__(typed_as, proposal, reread)
        self._heading = heading
        self._project_id = project_id
        self._themes = themes

    @property
    def version(self) -> int:
        return self.about.version if self.about else 0

    def heading(self) -> Iterable[Phrase]:
        yield Phrase(self._heading.in_(self.language), "strong")
        if self._themes:
            yield Phrase(THEMES.in_(self.language, themes=", ".join(self._themes)), "dim")

    def fields(self) -> Iterable[Widget]:
        yield Input(id="field-title")
        yield Input(id="field-theme")
        yield area("text")

    def begin(self) -> Typed:
        proposal = self.about
        if proposal is None:
            return {}
        return {"title": proposal.title, "theme": proposal.theme or "", "text": proposal.text}

    def build_call(
        self, typed: Typed
    ) -> Callable[[StaffClient], Coroutine[Any, Any, ProposalView | None]]:
        about, language = self.about, self.language
        missing = [name for name in ("title", "text") if not typed[name]]
        proposal = build_request(
            WriteProposal,
            language,
            [FieldError(name, NEEDED[name].in_(language)) for name in missing],
            version=about.version if about else None,
            title=typed["title"],
            text=typed["text"],
            theme=typed["theme"] or None,
        )
        if about:
            return lambda client: client.edit_proposal(about.id, proposal)
        return lambda client: client.draft_proposal(self._project_id, proposal)

    def meanwhile(self) -> str:
        assert self.about
        text = elide(" ".join(self.about.text.split()), 80)
        return CHANGED.in_(self.language, title=elide(self.about.title, 80), text=text)


class ReasonForm(WritingForm[ContributionView]):
    """Form for hiding or showing a contribution; the reason is recorded."""

    LABELS = {"reason": REASON}  # noqa: RUF012
    SEND = ("enter", CONFIRM)

    def __init__(self, sentence: Text, contribution: ContributionView, hide: bool) -> None:
        async def reread(client: StaffClient) -> ContributionView:
            return await client.contribution(contribution.id, show_hidden=False)

        super().__init__(
            f"reason {'hide' if hide else 'show'} {contribution.id}", contribution, reread
        )
        self._sentence = sentence
        self._hide = hide

    @property
    def version(self) -> int:
        """Contributions never change; moderation is a list that grows."""
        return 0

    def heading(self) -> Iterable[Phrase]:
        yield Phrase(self._sentence.in_(self.language))

    def fields(self) -> Iterable[Widget]:
        yield Input(id="field-reason")

    def build_call(
        self, typed: Typed
    ) -> Callable[[StaffClient], Coroutine[Any, Any, ContributionView]]:
        language = self.language
        missing = [] if typed["reason"] else [FieldError("reason", REASON_NEEDED.in_(language))]
        order = build_request(
            Moderate, language, missing, hidden=self._hide, reason=typed["reason"]
        )
        return lambda client: client.moderate(self.about.id, order)

    def meanwhile(self) -> str:
        return ""

    def on_input_submitted(self) -> None:
        self.action_save()
