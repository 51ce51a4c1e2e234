"""A window with fields: each error stands beside its field, and typed text is never lost.

Every form of the console is one of these, so that all of them keep drafts, say what a service would
refuse before it is asked, and put the cursor where something is to be done.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget

from console.client.problems import FieldError, Incomplete
from console.presenters.styled_text import Phrase, with_sign
from console.screens.base import Dialog, bindings
from console.screens.dialogs import key_line
from console.widgets.choice_line import ChoiceLine
from console.widgets.styled_text import content
from console.widgets.text import Input, Static, TextArea
from console.words import Text, fold

T = TypeVar("T")
Typed = dict[str, str]

# Inside the box, its padding and its scroll bar.
WIDTH = 65
_LABEL_WIDTH = 11
KEEP = Text(fr="fermer (le texte est gardé)", en="close (the text is kept)")
SAVE = Text(fr="enregistrer", en="save")
NEXT_FIELD = Text(fr="suite", en="next")


def area(name: str) -> TextArea:
    return TextArea(id=f"field-{name}", tab_behavior="focus", show_line_numbers=False)


class FieldForm(Dialog[T | None], Generic[T]):
    """Closes with `T` once it is complete, or with nothing; the text is kept either way until
    whoever opened the form says that it was accepted."""

    ID: ClassVar[str] = "writing-form"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        *bindings("writing-form"),
        Binding("escape", "dismiss", show=False, priority=True),
    ]
    LABELS: ClassVar[dict[str, Text]]
    # Key that sends the form, and its label in the line of keys.
    SEND: ClassVar[tuple[str, Text]] = ("^s", SAVE)

    def __init__(self, typed_as: str) -> None:
        """`typed_as` names what is typed among all that is being written."""
        super().__init__()
        self._typed_as = typed_as
        self._shown: set[str] = set()
        self._told_of_the_whole = False

    @abstractmethod
    def heading(self) -> Iterable[Phrase]:
        """Heading of the form, line by line."""

    @abstractmethod
    def fields(self) -> Iterable[Widget]:
        """Inputs, text areas and choices, each with the id `field-NAME`."""

    @abstractmethod
    def build_call(self, typed: Typed) -> Any:
        """The request that the text makes, complete and within every limit. Raises Incomplete."""

    @abstractmethod
    def send(self, request: Any) -> None:
        """Do with the request what the form is for."""

    def begin(self) -> Typed:
        """Initial values of the fields."""
        return {}

    def speak(self) -> None:
        """Give choices and examples their words, in the current language."""

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box form", can_focus=False):
            yield Static(id="said")
            for field in self.fields():
                name = (field.id or "").removeprefix("field-")
                label = Static(id=f"label-{name}", classes="label")
                yield Horizontal(label, field, classes=f"line {name}")
                yield Static(id=f"wrong-{name}", classes=f"wrong {name}")
            yield Static(id="wrong")
            yield Static(id="keys")

    def opened(self) -> None:
        stored = self.shell.drafts.get(self._typed_as)
        self._fill(stored or self.begin())
        if stored:
            self.resume(stored)
        self.query_one(f"#field-{next(iter(self.LABELS))}").focus()

    def resume(self, stored: Typed) -> None:
        """Called once an earlier draft is back in the fields."""

    def redraw(self) -> None:
        language = self.language
        for name, label in self.LABELS.items():
            self.query_one(f"#label-{name}", Static).update(
                content(Phrase(label.in_(language), "dim"))
            )
        lines = [Phrase(fold(phrase.text, WIDTH), phrase.tone) for phrase in self.heading()]
        parts: list[Phrase | str] = []
        for line in lines:
            parts += [line, "\n"]
        self.query_one("#said", Static).update(content(*parts))
        sign, does = self.SEND
        keys = [(sign, does.in_(language)), ("tab", NEXT_FIELD.in_(language))]
        if len(self.LABELS) == 1:
            keys.pop()
        keys.append(("esc", KEEP.in_(language)))
        self.query_one("#keys", Static).update(key_line(*keys))
        self.speak()

    def _fill(self, typed: Typed) -> None:
        for name in self.LABELS:
            field, value = self.query_one(f"#field-{name}"), typed.get(name, "")
            if isinstance(field, Input):
                field.value = value
            elif isinstance(field, TextArea):
                field.text = value
            elif isinstance(field, ChoiceLine):
                field.choose(value)

    def typed(self) -> Typed:
        fields = {}
        for name in self.LABELS:
            field = self.query_one(f"#field-{name}")
            if isinstance(field, TextArea):
                fields[name] = field.text
            elif isinstance(field, Input | ChoiceLine):
                fields[name] = field.value
        return fields

    def keep(self) -> None:
        """Store the draft; an untouched form is not worth a question on leaving."""
        typed = self.typed()
        begin = self.begin()
        if all(typed[name] == begin.get(name, "") for name in typed):
            self.shell.drafts.pop(self._typed_as, None)
        elif self.shell.drafts.get(self._typed_as) != (stored := typed | self.kept_beside()):
            self.shell.drafts[self._typed_as] = stored

    def kept_beside(self) -> Typed:
        """More that is kept with the fields."""
        return {}

    def on_input_changed(self) -> None:
        self._changed()

    def on_text_area_changed(self) -> None:
        self._changed()

    def on_choice_line_changed(self) -> None:
        self._changed()

    def _changed(self) -> None:
        self.keep()
        self._judge(self._is_told_while_typing)

    def on_descendant_blur(self) -> None:
        self._judge(
            lambda error: self._is_told_while_typing(error) or bool(self._value(error.field))
        )

    # Errors stand beside their fields: limits while typing, the rest on leaving the field, missing
    # values on sending.

    def _is_told_while_typing(self, error: FieldError) -> bool:
        return error.too_much or error.field in self._shown

    def _value(self, name: str) -> str:
        return self.typed().get(name, "").strip()

    def _judge(self, is_told: Callable[[FieldError], bool]) -> Any:
        """The request, if it is complete; else what is wrong and to be told is shown."""
        typed = {name: text.strip() for name, text in self.typed().items()}
        try:
            request = self.build_call(typed)
        except Incomplete as error:
            self._show_wrong([broken for broken in error.errors if is_told(broken)])
            return None
        self._show_wrong([])
        return request

    def _show_wrong(self, wrong: list[FieldError]) -> None:
        sentences: dict[str, str] = {}
        for error in wrong:
            name = error.field if error.field in self.LABELS else ""
            sentences[name] = " ".join(filter(None, (sentences.get(name), error.sentence)))
        for name in self.LABELS:
            line = self.query_one(f"#wrong-{name}", Static)
            phrase = with_sign(Phrase(sentences.get(name, ""), "attention"))
            line.set_class(name in sentences, "-told")
            line.update(content(Phrase(fold(phrase.text, WIDTH - _LABEL_WIDTH), phrase.tone)))
        self._shown = set(sentences)
        if "" in sentences or self._told_of_the_whole:
            self.show_phrase(Phrase(sentences[""], "attention") if "" in sentences else None)
        self._told_of_the_whole = "" in sentences

    def show_phrase(self, phrase: Phrase | None) -> None:
        """A sentence on the whole."""
        line = with_sign(phrase) if phrase else Phrase("")
        self.query_one("#wrong", Static).update(
            content(Phrase(fold(line.text, WIDTH), line.tone)) if line.text else ""
        )

    def action_save(self) -> None:
        request = self._judge(lambda _: True)
        if request is not None:
            self.send(request)
            return
        for name in self.LABELS:
            if name in self._shown:
                self.query_one(f"#field-{name}").focus()
                break
