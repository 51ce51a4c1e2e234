"""A window in which something is written and sent: a refusal is said beside what was typed.

It closes once the service has accepted. Until then what is typed is kept, also when the window is
closed, the session ends or somebody else changes the same thing meanwhile.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Hashable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget

from console.data.problems import Problematic, Refused, SignedOut
from console.data.said import Said, signed
from console.screens.base import bindings, in_words
from console.screens.dialogs import Speaking, key_line
from console.widgets.choice_line import ChoiceLine
from console.widgets.said import content
from console.widgets.shown import Input, Static, TextArea
from console.words import Text, fold
from console.workers import start

if TYPE_CHECKING:
    from console.app import PanelConsole
    from console.data.client import Client

T = TypeVar("T")
Typed = dict[str, str]

# Inside the box, its padding and its scroll bar.
WIDTH = 65
KEEP = Text(fr="fermer (le texte est gardé)", en="close (the text is kept)")
SAVE = Text(fr="enregistrer", en="save")
NEXT_FIELD = Text(fr="suite", en="next")
SENDING = Text(fr="Envoi…", en="Sending…")
# Beside the fields: the version that was read when they were typed.
_VERSION = "version"


class NotComplete(Exception):
    """What is typed cannot be sent yet; `field` is where, the message says what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Accepted(Message):
    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


class NotAccepted(Message):
    """Refused or out of reach; `now` is what the service holds, if it could still be asked."""

    def __init__(self, problem: Problematic, now: Any) -> None:
        super().__init__()
        self.problem = problem
        self.now = now


class WritingForm(Speaking, ModalScreen[T | None], Generic[T]):
    """`T` is what is written about, as the service answers it, with its `version`."""

    ID: ClassVar[str] = "writing-form"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012
    BINDINGS = [  # noqa: RUF012
        *bindings("writing-form"),
        Binding("escape", "dismiss", show=False, priority=True),
    ]
    LABELS: ClassVar[dict[str, Text]]

    def __init__(
        self,
        typed_as: Hashable,
        about: T,
        reread: Callable[[Client], Coroutine[Any, Any, T]],
    ) -> None:
        """`typed_as` names what is typed among all that is being written."""
        super().__init__(classes="dialog")
        self._typed_as = typed_as
        self.about = about
        self._reread = reread
        self._sending = False

    @abstractmethod
    def heading(self) -> Iterable[Said]:
        """What is written here, a line each."""

    @abstractmethod
    def fields(self) -> Iterable[Widget]:
        """Inputs, text areas and choices, each with the id `field-NAME`."""

    @abstractmethod
    def begin(self) -> Typed:
        """What the fields say before anything is typed."""

    @abstractmethod
    def ask(self, typed: Typed) -> Callable[[Client], Coroutine[Any, Any, T]]:
        """The call that saves it. Raises NotComplete."""

    @abstractmethod
    def meanwhile(self) -> str:
        """What `about` says since somebody else changed it."""

    def speak(self) -> None:
        """Give choices and examples their words, in the current language."""

    @property
    def panel(self) -> PanelConsole:
        return cast("PanelConsole", self.app)

    @property
    def version(self) -> int:
        return int(self.about.version)  # type: ignore[attr-defined]

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="box form", can_focus=False):
            yield Static(id="said")
            for field in self.fields():
                name = (field.id or "").removeprefix("field-")
                label = Static(id=f"label-{name}", classes="label")
                yield Horizontal(label, field, classes=f"line {name}")
            yield Static(id="wrong")
            yield Static(id="keys")

    def on_mount(self) -> None:
        self.redraw()
        kept = self.panel.typed.get(self._typed_as)
        self._fill(kept or self.begin())
        if kept and kept.get(_VERSION) != str(self.version):
            self._say(Said(self.meanwhile(), "attention"))
        self.query_one(f"#field-{next(iter(self.LABELS))}").focus()

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
        keys = [("^s", SAVE.in_(language)), ("tab", NEXT_FIELD.in_(language))]
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

    def _typed(self) -> Typed:
        said = {}
        for name in self.LABELS:
            field = self.query_one(f"#field-{name}")
            if isinstance(field, TextArea):
                said[name] = field.text
            elif isinstance(field, Input | ChoiceLine):
                said[name] = field.value
        return said

    def _keep(self) -> None:
        """What is typed is kept; what was not touched is not worth asking about on leaving."""
        typed = self._typed()
        begin = self.begin()
        if all(typed[name] == begin.get(name, typed[name]) for name in typed):
            self.panel.typed.pop(self._typed_as, None)
        else:
            self.panel.typed[self._typed_as] = typed | {_VERSION: str(self.version)}

    def on_input_changed(self) -> None:
        self._keep()

    def on_text_area_changed(self) -> None:
        self._keep()

    def on_choice_line_changed(self) -> None:
        self._keep()

    def _say(self, said: Said | None) -> None:
        line = signed(said) if said else Said("")
        self.query_one("#wrong", Static).update(
            content(Said(fold(line.text, WIDTH), line.tone)) if line.text else ""
        )

    def action_save(self) -> None:
        if self._sending or self.panel.client is None:
            return
        typed = {name: text.strip() for name, text in self._typed().items()}
        try:
            call = self.ask(typed)
        except NotComplete as wrong:
            self._say(Said(str(wrong), "attention"))
            self.query_one(f"#field-{wrong.field}").focus()
            return
        self._sending = True
        self._say(Said(SENDING.in_(self.language), "dim"))
        start(self, partial(self._send, self.panel.client, call), "save")

    async def _send(self, client: Client, call: Callable[[Client], Coroutine[Any, Any, T]]) -> None:
        try:
            self.post_message(Accepted(await call(client)))
        except Problematic as problem:
            self.post_message(NotAccepted(problem, await self._now(client, problem)))

    async def _now(self, client: Client, problem: Problematic) -> T | None:
        if not isinstance(problem, Refused):
            return None
        try:
            return await self._reread(client)
        except Problematic:
            return None  # what was refused is what the person is told

    def on_accepted(self, message: Accepted) -> None:
        self.panel.typed.pop(self._typed_as, None)
        self.dismiss(message.answer)

    def on_not_accepted(self, message: NotAccepted) -> None:
        self._sending = False
        if isinstance(message.problem, SignedOut):
            self._say(None)
            self.panel.sign_in_again()
            return
        now: T | None = message.now
        if now is not None and now.version != self.version:  # type: ignore[attr-defined]
            self.about = now
            self._keep()
            self._say(Said(self.meanwhile(), "attention"))
        else:
            self._say(in_words(message.problem, self.language))
