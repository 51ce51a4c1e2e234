"""The terminal of the commands: what people wrote is printed word for word, never obeyed.

`Terminal` is the only `rich` console there is. Nothing that is printed on it is parsed for markup
or for emoji codes, and control characters become signs before columns are measured, in lines,
tables, titles and rules alike. A style is given by `style=` or by `styled`.
"""

from typing import Any

from rich.text import Text

from console.segments import GuardedConsole
from services.contracts.characters import shown


class Terminal(GuardedConsole):
    def __init__(self, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string comes here, whether in a line, a cell, a title or a rule."""
        return super().render_str(shown(text), **{**options, "markup": False, "emoji": False})


def styled(*parts: str | tuple[str, str]) -> Text:
    """A line in several styles: words, or words with their style."""
    return Text.assemble(
        *(shown(part) if isinstance(part, str) else (shown(part[0]), part[1]) for part in parts)
    )
