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
from console.presenters.styled_text import Said, signed
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

    async def read(self, client: StaffClient) -> AttentionView:
        return await client.attention(self._project_id)

    def draw(self) -> None:
        view = self.snapshot
        if view is None:
            return
        self.freshen_title()
        lines: list[Content | Said | str] = []
        for said in in_words(view, self.language):
            lines += [signed(said), "\n"]
        if view.lorenz:
            lines += ["\n", *self._curve(view), "\n", *self._late(view)]
        self.query_one("#glance", Static).update(content(*lines, stale=self.stale))

    def _curve(self, view: AttentionView) -> Iterable[Content | Said | str]:
        """The Lorenz curve beside the time by length."""
        language = self.language
        points = [(point.contributions, point.attention) for point in view.lorenz]
        curve, equal = unit_square(points, _COLUMNS, _ROWS)
        lengths = self._lengths(view)
        yield Said(f"{CURVE.in_(language)}\n", "dim")
        for place, (line, diagonal) in enumerate(zip(curve, equal, strict=True)):
            axis = "100 %" if place == 0 else "  0 %" if place == _ROWS - 1 else "     "
            yield Said(f"{axis} ", "dim")
            for one, other in zip(line, diagonal, strict=True):
                if one != " ":
                    both = ord(one) | (0 if other == " " else ord(other))
                    yield Content.styled(chr(both), LINE)
                else:
                    yield Said(other, "dim")
            yield "  "
            if place < len(lengths):
                yield lengths[place]
            yield "\n"

    def _lengths(self, view: AttentionView) -> list[Content]:
        language = self.language
        top = max((round(one.median_seconds or 0) for one in view.lengths), default=0)
        heading = f"{LENGTHS.in_(language)} ({CHARACTERS.in_(language)})"
        lines = [content(Said(heading, "dim"))]
        for one in view.lengths:
            seconds = round(one.median_seconds or 0)
            lines.append(
                content(
                    f"{band(one.from_characters, one.to_characters, language):<14} ",
                    sparkline(bar(seconds, top, _BAR), self.stale),
                    Said(f" {SECONDS.in_(language, n=number(seconds, language))}", "dim")
                    if one.contributions
                    else Said("–", "dim"),
                )
            )
        return lines

    def _late(self, view: AttentionView) -> Iterable[Content | Said | str]:
        language = self.language
        if not view.late:
            return
        yield Said(f"{LATE.in_(language)}\n", "dim")
        for one in view.late:
            words = (
                WAITED.in_(language, days=one.waited_days, on=short_day(one.read_on, language))
                if one.read_on
                else WAITS.in_(language, days=one.waited_days)
            )
            yield f"{str(one.contribution_id)[:8]}  "
            yield Said(f"{words}\n", "" if one.read_on else "attention")

    def action_back(self) -> None:
        self.app.pop_screen()
