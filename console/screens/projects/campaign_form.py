"""A campaign as it is written: seven fields, up and down between them, read as a draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from console.client.problems import FieldError
from console.client.vocabulary import ATTRIBUTES
from console.drafts.campaign import Draft, attribute_of
from console.presenters.styled_text import Phrase, with_sign
from console.widgets.styled_text import content
from console.widgets.text import Input, Static
from console.words import Language, Text, fold

# Of the pane that it stands in.
WIDTH = 38
LABELS = {
    "title": Text(fr="Titre", en="Title"),
    "wanted": Text(fr="À solliciter", en="People to ask"),
    "age_band": ATTRIBUTES["age_band"],
    "region": ATTRIBUTES["region"],
    "digital": ATTRIBUTES["digital"],
    "quotas": Text(fr="Quotas", en="Quotas"),
    "first_day": Text(fr="Premier jour", en="First day"),
}
EXAMPLES = {
    "title": Text(fr="Première vague", en="First wave"),
    "wanted": Text(fr="240", en="240"),
    "age_band": Text(fr="tous, ou 18-34 35-49", en="all, or 18-34 35-49"),
    "region": Text(fr="partout, ou bretagne", en="all, or bretagne"),
    "digital": Text(fr="tous, ou never often", en="all, or never often"),
    "quotas": Text(fr="aucun, ou 65+=60 …", en="none, or 65+=60 …"),
    "first_day": Text(fr="le jour du lancement", en="the day of the launch"),
}
HINT = Text(
    fr="↑ ↓ change de champ, entrée montre la phrase qui dit ce qui va se passer.",
    en="↑ ↓ other field, enter shows the sentence that says what will happen.",
)


class CampaignForm(Vertical):
    """Its inputs' own messages, `Input.Changed` and `Input.Submitted`, go up to the screen."""

    def compose(self) -> ComposeResult:
        yield from self._fields()
        yield Static(id="hint")

    def _fields(self) -> Iterable[Widget]:
        for name in LABELS:
            yield Horizontal(Static(id=f"label-{name}"), Input(id=f"field-{name}"), classes="field")
            yield Static(id=f"wrong-{name}", classes="wrong")

    def speak(self, language: Language) -> None:
        for name, label in LABELS.items():
            self.query_one(f"#label-{name}", Static).update(label.in_(language))
            self._input(name).placeholder = EXAMPLES[name].in_(language)
        self.query_one("#hint", Static).update(HINT.in_(language))

    def fill(self, typed: Mapping[str, str]) -> None:
        for name, value in typed.items():
            self._input(name).value = value

    @property
    def typed(self) -> dict[str, str]:
        return {name: self._input(name).value for name in LABELS}

    @property
    def draft(self) -> Draft:
        typed = self.typed
        audience = {name: typed[name] for name in ATTRIBUTES}
        return Draft(
            typed["title"],
            typed["wanted"],
            audience,
            attribute_of(typed["quotas"], audience),
            typed["quotas"],
            typed["first_day"],
        )

    def show_wrong(self, wrong: Iterable[FieldError]) -> None:
        """Each sentence below its field."""
        sentences = {error.field: error.sentence for error in wrong}
        for name in LABELS:
            line = self.query_one(f"#wrong-{name}", Static)
            phrase = with_sign(Phrase(sentences.get(name, ""), "attention"))
            line.set_class(name in sentences, "-told")
            line.update(content(Phrase(fold(phrase.text, WIDTH), phrase.tone)))

    def focus_field(self, name: str) -> None:
        self._input(name).focus()

    def key_down(self) -> None:
        self.screen.focus_next(Input)

    def key_up(self) -> None:
        self.screen.focus_previous(Input)

    def _input(self, name: str) -> Input:
        return self.query_one(f"#field-{name}", Input)
