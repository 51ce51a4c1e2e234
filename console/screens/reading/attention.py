"""Whether each word got equal attention: in figures, in words, and as a curve."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from console.presenters.attention import band, in_words
from console.presenters.plot import unit_square
from console.presenters.styled_text import Phrase, with_sign
from console.screens.base import PanelScreen, bindings
from console.widgets.styled_text import LINE, content, sparkline
from console.widgets.text import Static
from console.words import Text, bar, number, short_day

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.reading import AttentionView

TITLE = Text(fr="Attention : {title}", en="Attention: {title}")
CURVE = Text(
    fr="PART DU TEMPS SELON LA PART LUE (la diagonale : à égalité)",
    en="SHARE OF TIME BY SHARE READ (the diagonal: equality)",
)
LENGTHS = Text(fr="TEMPS SELON LA LONGUEUR", en="TIME BY LENGTH")
CHARACTERS = Text(fr="caractères", en="characters")
SECONDS = Text(fr="{n} s", en="{n} s")
LATE = Text(fr="CELLES QUI ONT LE PLUS ATTENDU", en="THOSE THAT WAITED LONGEST")
WAITED = Text(fr="{days} jour(s), lue le {on}", en="{days} day(s), read on {on}")
WAITS = Text(fr="{days} jour(s), attend encore", en="{days} day(s), still waits")
_COLUMNS, _ROWS, _BAR = 32, 7, 14


class AttentionScreen(PanelScreen["AttentionView"]):
    ID = "attention"
    SERVICE = "responses"
    BINDINGS = bindings("attention")

    def __init__(self, project_id: UUID) -> None:
        super().__init__()
        self._project_id = project_id

    def compose_body(self) -> Iterable[Widget]:
        with VerticalScroll(id="attention"):
            yield Static(id="glance", classes="pane")

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def title_in_words(self) -> str:
        title = self.snapshot.title if self.snapshot else "…"
        return TITLE.in_(self.language, title=title)

    async def fetch(self, client: StaffClient) -> AttentionView:
        return await client.attention(self._project_id)

    def draw(self) -> None:
        view = self.snapshot
        if view is None:
            return
        self.freshen_title()
        lines: list[Content | Phrase | str] = []
        for phrase in in_words(view, self.language):
            lines += [with_sign(phrase), "\n"]
        if view.lorenz:
            lines += ["\n", *self._curve(view), "\n", *self._late(view)]
        self.query_one("#glance", Static).update(content(*lines, stale=self.stale))

    def _curve(self, view: AttentionView) -> Iterable[Content | Phrase | str]:
        """The Lorenz curve beside the time by length."""
        language = self.language
        points = [(point.contributions, point.attention) for point in view.lorenz]
        curve, equal = unit_square(points, _COLUMNS, _ROWS)
        lengths = self._lengths(view)
        yield Phrase(f"{CURVE.in_(language)}\n", "dim")
        for position, (line, diagonal) in enumerate(zip(curve, equal, strict=True)):
            axis = "100 %" if position == 0 else "  0 %" if position == _ROWS - 1 else "     "
            yield Phrase(f"{axis} ", "dim")
            for drawn, other in zip(line, diagonal, strict=True):
                if drawn != " ":
                    combined = ord(drawn) | (0 if other == " " else ord(other))
                    yield Content.styled(chr(combined), LINE)
                else:
                    yield Phrase(other, "dim")
            yield "  "
            if position < len(lengths):
                yield lengths[position]
            yield "\n"

    def _lengths(self, view: AttentionView) -> list[Content]:
        language = self.language
        top = max((round(length.median_seconds or 0) for length in view.lengths), default=0)
        heading = f"{LENGTHS.in_(language)} ({CHARACTERS.in_(language)})"
        lines = [content(Phrase(heading, "dim"))]
        for length in view.lengths:
            seconds = round(length.median_seconds or 0)
            lines.append(
                content(
                    f"{band(length.from_characters, length.to_characters, language):<14} ",
                    sparkline(bar(seconds, top, _BAR), self.stale),
                    Phrase(f" {SECONDS.in_(language, n=number(seconds, language))}", "dim")
                    if length.contributions
                    else Phrase("–", "dim"),
                )
            )
        return lines

    def _late(self, view: AttentionView) -> Iterable[Content | Phrase | str]:
        language = self.language
        if not view.late:
            return
        yield Phrase(f"{LATE.in_(language)}\n", "dim")
        for late in view.late:
            sentence = (
                WAITED.in_(language, days=late.waited_days, on=short_day(late.read_on, language))
                if late.read_on
                else WAITS.in_(language, days=late.waited_days)
            )
            yield f"{str(late.contribution_id)[:8]}  "
            yield Phrase(f"{sentence}\n", "" if late.read_on else "attention")

    def action_back(self) -> None:
        self.app.pop_screen()
