"""A live table whose rows move in place.

The selected row stays selected and stays where it is on the screen, whatever comes in around it; a
changed cell is marked for two seconds; the order is the caller's. Keys: arrows, page, home, end,
and enter, which posts `Opened`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from console.presenters.styled_text import Phrase, Tone
from services.contracts.characters import shown_line

_MARKED_SECONDS = 2.0
_GAP = 2


@dataclass(frozen=True)
class Column:
    """`width` in columns; none: takes what is left. `keep`: narrow screens drop the least kept."""

    title: str
    width: int | None = None
    align: Literal["left", "right"] = "left"
    keep: int = 9


@dataclass(frozen=True)
class Row:
    key: str
    cells: tuple[Phrase, ...]


class Table(ScrollView, can_focus=True):
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--head",
        "table--cursor",
        "table--cursor-away",
        "table--marked",
        "table--dim",
        "table--strong",
        "table--attention",
        "table--trouble",
        "table--done",
    }
    DEFAULT_CSS = """
    Table {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .table--head { color: $foreground 60%; text-style: bold; }
        & > .table--cursor { background: $primary 30%; }
        & > .table--cursor-away { background: $foreground 8%; }
        & > .table--marked { background: $accent 35%; text-style: bold; }
        & > .table--dim { color: $foreground 60%; }
        & > .table--strong { text-style: bold; }
        & > .table--attention { color: $warning; }
        & > .table--trouble { color: $error; }
        & > .table--done { color: $success; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
        Binding("enter", "open", show=False),
    ]

    @dataclass
    class Opened(Message):
        table: "Table"
        key: str

        @property
        def control(self) -> "Table":
            return self.table

    @dataclass
    class Selected(Message):
        """The cursor came to another row, by hand or because its row went away."""

        table: "Table"
        key: str | None

        @property
        def control(self) -> "Table":
            return self.table

    def __init__(self, id: str | None = None, arrivals_at_top: bool = False) -> None:
        super().__init__(id=id)
        self._columns: Sequence[Column] = ()
        self._rows: Sequence[Row] = ()
        self._places: dict[str, int] = {}
        self._selected: str | None = None
        self._marked: dict[tuple[str, int], float] = {}
        # A table of arrivals shows its newest row until a person moves the cursor down.
        self._follows_top = arrivals_at_top
        self.stale = False

    @property
    def selected(self) -> str | None:
        return self._selected

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    @property
    def marked(self) -> set[tuple[str, int]]:
        """Cells (row, column) that changed less than two seconds ago."""
        return set(self._marked)

    def show(self, columns: Sequence[Column], rows: Sequence[Row], mark: bool = True) -> None:
        """Replace what is shown. `mark=False` when words changed rather than facts."""
        previous = {row.key: row for row in self._rows}
        if mark and self._rows:
            self._mark_changes(previous, rows)
        place_before = self._places.get(self._selected or "", 0)
        offset_on_screen = place_before - self.scroll_offset.y
        self._columns, self._rows = columns, rows
        self._places = {row.key: position for position, row in enumerate(rows)}
        self.virtual_size = Size(1, len(rows) + 1)
        at_top = self._follows_top and place_before == 0
        if rows and (at_top or self._selected not in self._places):
            self._select(0 if at_top else min(place_before, len(rows) - 1))
        elif not rows:
            self._selected = None
        position = self._places.get(self._selected or "", 0)
        if position != place_before:
            self.scroll_to(y=position - offset_on_screen, animate=False, force=True, immediate=True)
        self.refresh()

    def mark_stale(self, stale: bool) -> None:
        if stale != self.stale:
            self.stale = stale
            self.refresh()

    def _mark_changes(self, previous: dict[str, Row], rows: Sequence[Row]) -> None:
        until = time.monotonic() + _MARKED_SECONDS
        for row in rows:
            old = previous.get(row.key)
            cells = (
                range(min(1, len(row.cells)))
                if old is None
                else [
                    i
                    for i, (was, new) in enumerate(zip(old.cells, row.cells, strict=False))
                    if was.text != new.text
                ]
            )
            for i in cells:
                self._marked[row.key, i] = until
        if self._marked:
            self.set_timer(_MARKED_SECONDS + 0.05, self._unmark)

    def _unmark(self) -> None:
        current_time = time.monotonic()
        self._marked = {cell: until for cell, until in self._marked.items() if until > current_time}
        self.refresh()

    def _select(self, position: int) -> None:
        key = self._rows[position].key
        if key != self._selected:
            self._selected = key
            self.post_message(self.Selected(self, key))

    def action_move(self, by: int) -> None:
        if not self._rows:
            return
        position = self._places.get(self._selected or "", 0)
        self._select(max(0, min(len(self._rows) - 1, position + by)))
        self._reveal()

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(1, self.size.height - 2))

    def action_open(self) -> None:
        if self._selected:
            self.post_message(self.Opened(self, self._selected))

    def _reveal(self) -> None:
        position = self._places.get(self._selected or "", 0)
        self.scroll_to_region(Region(0, position, 1, 2), animate=False, force=True)
        self.refresh()

    def on_click(self, event: Click) -> None:
        position = event.y - 1 + self.scroll_offset.y
        if event.y and 0 <= position < len(self._rows):
            is_same = self._rows[position].key == self._selected
            self._select(position)
            self.refresh()
            if is_same:
                self.action_open()

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    def _widths(self) -> list[int]:
        """Columns that fit, by how much each is worth keeping; 0 for one that is dropped."""
        room = self.size.width - 2
        columns = set(range(len(self._columns)))

        def taken() -> int:
            return sum((self._columns[i].width or 16) + _GAP for i in columns) - _GAP

        while len(columns) > 1 and taken() > room:
            columns.remove(min(columns, key=lambda i: (self._columns[i].keep, -i)))
        fixed = sum((self._columns[i].width or 0) + _GAP for i in columns) - _GAP
        elastic = [i for i in columns if self._columns[i].width is None]
        share = (room - fixed) // len(elastic) if elastic else 0
        return [
            (column.width or share) if i in columns else 0 for i, column in enumerate(self._columns)
        ]

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        base = self.rich_style
        if y == 0:
            head = base + self.get_component_rich_style("table--head", partial=True)
            return self._line(
                " ", [Phrase(c.title) for c in self._columns], head, [head] * len(self._columns)
            ).adjust_cell_length(width, base)
        position = y - 1 + self.scroll_offset.y
        if position >= len(self._rows):
            return Strip.blank(width, base)
        row = self._rows[position]
        # A row without a key is a sentence in an empty table: nothing can be chosen there.
        on_cursor = bool(row.key) and row.key == self._selected
        ground = base
        if on_cursor:
            ground += self.get_component_rich_style(
                "table--cursor" if self.has_focus else "table--cursor-away"
            )
        styles = [self._style(row.key, i, cell.tone, ground) for i, cell in enumerate(row.cells)]
        sign = "▸" if on_cursor and self.has_focus else " "
        return self._line(sign, row.cells, ground, styles).adjust_cell_length(width, ground)

    def _style(self, key: str, column: int, tone: Tone, ground: Style) -> Style:
        style = ground
        if self.stale:
            tone = "dim"
        if tone:
            style += self.get_component_rich_style(f"table--{tone}", partial=True)
        if (key, column) in self._marked:
            style += self.get_component_rich_style("table--marked")
        return style

    def _line(
        self, sign: str, cells: Sequence[Phrase], ground: Style, styles: Sequence[Style]
    ) -> Strip:
        segments = [Segment(sign, ground)]
        widths = self._widths()
        for cell, column, width, style in zip(cells, self._columns, widths, styles, strict=False):
            if not width:
                continue
            text = _fit(shown_line(cell.text), width, column.align)
            # The mark and the tone cover the text only, not the room around it.
            marked = text.strip(" ")
            padding = len(text) - len(text.lstrip(" "))
            segments += [
                Segment(" " * padding, ground),
                Segment(marked, style),
                Segment(" " * (len(text) - padding - len(marked)) + " " * _GAP, ground),
            ]
        return Strip(segments)


def _fit(text: str, width: int, align: Literal["left", "right"]) -> str:
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…"
    room = " " * (width - length)
    return room + text if align == "right" else text + room
