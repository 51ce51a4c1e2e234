"""One of a few, side by side on a line: ← → or the space bar choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from console.presenters.styled_text import Phrase
from console.widgets.styled_text import content


class ChoiceLine(Widget, can_focus=True):
    DEFAULT_CSS = "ChoiceLine { height: 1; width: 1fr; padding: 0 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right,space", "move(1)", show=False),
    ]

    @dataclass
    class Changed(Message):
        line: "ChoiceLine"
        value: str

        @property
        def control(self) -> "ChoiceLine":
            return self.line

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._choices: Mapping[str, str] = {}
        self.value = ""

    def show(self, choices: Mapping[str, str]) -> None:
        """Set the labels of the choices; the first is selected unless one is already."""
        self._choices = choices
        if self.value not in choices:
            self.value = next(iter(choices), "")
        self.refresh()

    def choose(self, value: str) -> None:
        if value in self._choices:
            self.value = value
            self.refresh()

    def action_move(self, by: int) -> None:
        names = list(self._choices)
        if names:
            self.choose(names[(names.index(self.value) + by) % len(names)])
            self.post_message(self.Changed(self, self.value))

    def render(self) -> Content:
        parts: list[Content] = []
        for name, label in self._choices.items():
            if name == self.value:
                style = "bold $text on $primary 40%" if self.has_focus else "bold"
                parts.append(Content.styled(f"‹ {label} ›", style))
            else:
                parts.append(content(Phrase(f"  {label}  ", "dim")))
        if self.has_focus and len(parts) > 1:
            parts.append(content(Phrase(" ← →", "dim")))
        return Content(" ").join(parts)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
