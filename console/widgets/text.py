"""The only widgets that hold text: what people wrote is shown by them, never obeyed.

No markup is parsed, whoever wrote it, and control characters become signs before anything is
measured. `Guard` is the second lock: it sees every line of every widget just before the terminal
does. A test refuses `textual.widgets` anywhere else in the console.
"""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from textual import widgets
from textual.color import Color
from textual.content import Content
from textual.filter import LineFilter
from textual.visual import VisualType
from textual.widgets.text_area import Edit, EditResult

from console.segments import guarded
from services.contracts.characters import clean, clean_line, shown


class Static(widgets.Static):
    """A `str` is text, word for word; a `Content` was made by `console.widgets.styled_text`."""

    def __init__(self, content: VisualType = "", **options: Any) -> None:
        super().__init__(_plain(content), **{**options, "markup": False})

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        super().update(_plain(content), layout=layout)


class Input(widgets.Input):
    """One line. Typed, pasted or filled in, it holds only what is stored."""

    def validate_value(self, value: str) -> str:
        return clean_line(value)


class TextArea(widgets.TextArea):
    """Several lines. Typed, pasted or loaded, it holds only what is stored."""

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(clean(text), **options)

    def load_text(self, text: str) -> None:
        super().load_text(clean(text))

    def edit(self, edit: Edit) -> EditResult:
        edit.text = clean(edit.text)
        return super().edit(edit)


class Guard(LineFilter):
    """Lets no character through that acts on a terminal, wherever a line came from.

    Each is replaced in the width that it was counted with, so that no column moves.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [guarded(segment) for segment in segments]


def _plain(content: VisualType) -> VisualType:
    return Content(shown(content)) if isinstance(content, str) else content
