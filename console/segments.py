"""Last filter of printed text, whatever renders it: no character acts on the terminal.

Screens and commands make signs of such characters before they lay anything out; this is the second
lock behind them, and the only one for what libraries render: fields, tracebacks, their own help.
"""

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from services.contracts.characters import shown_in_width


def guarded(segment: Segment) -> Segment:
    """The segment without acting characters, in the width that it was laid out with."""
    text, style, control = segment
    if control or (safe := shown_in_width(text, cell_len)) == text:
        return segment
    return Segment(safe, style)


class GuardedConsole(Console):
    """A console of rich's, whose orders to the terminal are its own."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        return map(guarded, super().render(renderable, options))
