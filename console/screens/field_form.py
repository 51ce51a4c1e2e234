"""A window with fields: what is wrong is said beside each, and what is typed is never lost.

Every form of the console is one of these, so that all of them keep drafts, say what a service would
refuse before it is asked, and put the cursor where something is to be done.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget

from console.client.problems import FieldError, Incomplete
from console.presenters.styled_text import Said, signed
from console.screens.base import bindings
from console.screens.dialogs import Speaking, key_line
from console.widgets.choice_line import ChoiceLine
from console.widgets.styled_text import content
from console.widgets.text import Input, Static, TextArea
from console.words import Text, fold

if TYPE_CHECKING:
    from console.app import PanelConsole

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


class FieldForm(Speaking, ModalScreen[T | None], Generic[T]):
    """Closes with `T` once it is complete, or with nothing; the text is kept either way until
    whoever opened the form says that it was accepted."""

    ID: ClassVar[str] = "writing-form"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        *bindings("writing-form"),
        Binding("escape", "dismiss", show=False, priority=True),
    ]
    LABELS: ClassVar[dict[str, Text]]
    # The key that sends, and what it does, as the line of keys shows them.
    SEND: ClassVar[tuple[str, Text]] = ("^s", SAVE)

    def __init__(self, typed_as: str) -> None:
        """`typed_as` names what is typed among all that is being written."""
        super().__init__(classes="dialog")
        self._typed_as = typed_as
        self._shown: set[str] = set()
        self._told_of_the_whole = False

    @abstractmethod
    def heading(self) -> Iterable[Said]:
        """What is written here, a line each."""

    @abstractmethod
    def fields(self) -> Iterable[Widget]:
        """Inputs, text areas and choices, each with the id `field-NAME`."""

    @abstractmethod
    def ask(self, typed: Typed) -> Any:
        """The request that the text makes, complete and within every limit. Raises Incomplete."""

    @abstractmethod
    def send(self, asked: Any) -> None:
        """Do with the request what the form is for."""

    def begin(self) -> Typed:
        """What the fields say before anything is typed."""
        return {}

    def speak(self) -> None:
        """Give choices and examples their words, in the current language."""

    @property
    def panel(self) -> PanelConsole:
        return cast("PanelConsole", self.app)

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

    def on_mount(self) -> None:
        self.redraw()
        kept = self.panel.typed.get(self._typed_as)
        self._fill(kept or self.begin())
        if kept:
            self.resume(kept)
        self.query_one(f"#field-{next(iter(self.LABELS))}").focus()

    def resume(self, kept: Typed) -> None:
        """What was typed earlier is in the fields again."""

    def redraw(self) -> None:
        language = self.language
        for name, label in self.LABELS.items():
            self.query_one(f"#label-{name}", Static).update(
                content(Said(label.in_(language), "dim"))
            )
        lines = [Said(fold(said.text, WIDTH), said.tone) for said in self.heading()]
        parts: list[Said | str] = []
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
        said = {}
        for name in self.LABELS:
            field = self.query_one(f"#field-{name}")
            if isinstance(field, TextArea):
                said[name] = field.text
            elif isinstance(field, Input | ChoiceLine):
                said[name] = field.value
        return said

    def keep(self) -> None:
        """What is typed is kept; what was not touched is not worth asking about on leaving."""
        typed = self.typed()
        begin = self.begin()
        if all(typed[name] == begin.get(name, "") for name in typed):
            self.panel.typed.pop(self._typed_as, None)
        elif self.panel.typed.get(self._typed_as) != (kept := typed | self.kept_beside()):
            self.panel.typed[self._typed_as] = kept

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
        self._judge(lambda one: self._is_told_while_typing(one) or bool(self._value(one.field)))

    # What is wrong, beside its field: limits while typing, the rest on leaving the field, and what
    # is missing once it is to be sent.

    def _is_told_while_typing(self, one: FieldError) -> bool:
        return one.too_much or one.field in self._shown

    def _value(self, name: str) -> str:
        return self.typed().get(name, "").strip()

    def _judge(self, is_told: Callable[[FieldError], bool]) -> Any:
        """The request, if it is complete; else what is wrong and to be told is shown."""
        typed = {name: text.strip() for name, text in self.typed().items()}
        try:
            asked = self.ask(typed)
        except Incomplete as error:
            self._show_wrong([one for one in error.errors if is_told(one)])
            return None
        self._show_wrong([])
        return asked

    def _show_wrong(self, wrong: list[FieldError]) -> None:
        sentences: dict[str, str] = {}
        for one in wrong:
            name = one.field if one.field in self.LABELS else ""
            sentences[name] = " ".join(filter(None, (sentences.get(name), one.sentence)))
        for name in self.LABELS:
            line = self.query_one(f"#wrong-{name}", Static)
            said = signed(Said(sentences.get(name, ""), "attention"))
            line.set_class(name in sentences, "-told")
            line.update(content(Said(fold(said.text, WIDTH - _LABEL_WIDTH), said.tone)))
        self._shown = set(sentences)
        if "" in sentences or self._told_of_the_whole:
            self.say(Said(sentences[""], "attention") if "" in sentences else None)
        self._told_of_the_whole = "" in sentences

    def say(self, said: Said | None) -> None:
        """A sentence on the whole."""
        line = signed(said) if said else Said("")
        self.query_one("#wrong", Static).update(
            content(Said(fold(line.text, WIDTH), line.tone)) if line.text else ""
        )

    def action_save(self) -> None:
        asked = self._judge(lambda _: True)
        if asked is not None:
            self.send(asked)
            return
        for name in self.LABELS:
            if name in self._shown:
                self.query_one(f"#field-{name}").focus()
                break
