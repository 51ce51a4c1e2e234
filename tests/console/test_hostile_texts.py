"""Texts that people wrote are shown by every screen, and obeyed by none.

Every text of every answer of the services is made hostile: markup and control characters around
the words, and each kind of hostile text behind them. The second lock, `Guard`, is taken away, so
that each screen is seen to need none.
"""

import re

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter
from textual.widgets import Input, TextArea

from console.app import PanelConsole
from console.routes import (
    AttentionRoute,
    BoardRoute,
    DecisionRoute,
    LaunchRoute,
    ProjectRoute,
    ReportRoute,
    SearchRoute,
)
from console.widgets.text import Guard
from services.contracts.http.common import Problem
from tests.console.conftest import At, Opens
from tests.console.recorded.panel import CARD, LETTER, SCHOOL, TAX, Panel, campaign
from tests.support.console_keys import to_account, to_list, to_room
from tests.support.hostile_texts import ALL, MARKED, SIGNS, TITLES, acting, hostile, hostile_title

# Escape sequences of Textual's own frames: styles and cursor positions.
_FRAME = re.compile(r"\x1b\[[0-9;]*[mH]")
# A field shows what is being written, where direction marks are text until `Guard` sees them.
_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_REFUSAL = Problem(
    title="Refused", status=409, detail="No.", way_out="Ask.", errors=["first", "second"]
)


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Panel:
    def no_second_lock(app: PanelConsole) -> list[LineFilter]:
        return [line_filter for line_filter in app._filters if line_filter.enabled]

    monkeypatch.setattr(PanelConsole, "get_line_filters", no_second_lock)
    panel = Panel(hostile=hostile)
    panel.campaigns = [
        campaign(hostile("Première vague"), LETTER.id, 1200, "launched"),
        campaign(hostile("Vague unique"), SCHOOL.id, 240),
    ]
    return panel


def sent(at: At) -> str:
    """All that a full repaint writes to the terminal, less what Textual itself orders."""
    update = at.app.screen._compositor.render_full_update()
    return _FRAME.sub("", update.render_segments(at.app.console))


async def harmless(at: At, *, shows_it: bool = True) -> None:
    await at.pilot.pause()
    assert at.app._exception is None
    text = sent(at)
    assert not _CONTROLS.findall(text.replace("\n", "").replace("\r", ""))
    if not at.app.screen.query(Input) and not at.app.screen.query(TextArea):
        assert acting(text) == []
    if shows_it:
        # At the edge of a narrow cell some of it is cut.
        assert SIGNS[:3] in at.text, at.text


async def test_screens_of_campaigns(console: Opens, panel: Panel) -> None:
    async with console("fr", size=(130, 40)) as at:
        await harmless(at)
        await at.press("2")
        await at.on("projects")
        await at.until(lambda: SIGNS[:12] in at.text)
        await harmless(at)
        await at.press("p")
        await at.until(
            lambda: getattr(at.app.screen, "ID", "") != "projects" or at.app._notifications
        )
        await harmless(at)
        for id in (LETTER.id, TAX.id):
            at.app.open(ProjectRoute(id))
            await at.on("project")
            for _ in range(3):
                await harmless(at)
                await at.press("left")
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await harmless(at, shows_it=False)
        await at.press("l")
        await harmless(at, shows_it=False)


async def test_screens_of_readers(console: Opens, panel: Panel) -> None:
    async with console("fr", "ines", size=(130, 40)) as at:
        await to_room(at)
        await harmless(at)
        await at.press("enter")
        await at.on("contribution")
        await at.until(lambda: SIGNS in at.text)
        await harmless(at)
        for key in ("a", "n", "h"):
            await at.press(key)
            await harmless(at)
            await at.press("escape")
            await at.on("contribution")
        at.app.open(SearchRoute(panel.room.project_id))
        await at.on("found")
        await at.press(*"date", "enter")
        await at.until(lambda: SIGNS[:3] in at.text)
        await harmless(at)
        panel.hostile = hostile_title
        at.app.open(BoardRoute(panel.room.project_id))
        await at.on("board")
        await harmless(at)
        for key in ("e", "g", "p"):
            await at.press(key)
            await harmless(at)
            await at.press("escape")
            await at.on("board")
        at.app.open(AttentionRoute(panel.room.project_id))
        await at.on("attention")
        await harmless(at)


async def test_screens_of_who_decides(console: Opens, panel: Panel) -> None:
    panel.deciding.publish()
    async with console("fr", "bernard", size=(130, 40)) as at:
        await to_list(at)
        await harmless(at)
        await to_account(at)
        await harmless(at)
        for key in ("e", "u"):
            await at.press(key)
            await harmless(at)
            await at.press("escape")
            await at.until(lambda: getattr(at.app.screen, "ID", "") == "account")
        at.app.open(DecisionRoute(CARD.id, panel.deciding.decisions[0].proposal_id))
        await at.on("decision")
        await harmless(at)
        at.app.open(ReportRoute(CARD.id))
        await at.on("report")
        await harmless(at)


async def test_a_refusal_that_quotes_a_text(console: Opens, panel: Panel) -> None:
    panel.refusal = _REFUSAL
    async with console("fr", size=(130, 40)) as at:
        at.app.open(ProjectRoute(TAX.id))
        await at.on("project")
        await at.press("p")
        await at.on("confirm")
        await harmless(at)
        await at.press("enter")
        await at.until(lambda: f"{SIGNS}No." in at.text)
        await harmless(at)


@pytest.mark.parametrize("title", TITLES)
async def test_a_title_with_brackets_is_published_and_shown_as_written(
    console: Opens, panel: Panel, title: str
) -> None:
    panel.hostile = None
    panel.change(TAX.id, title=title, missing=[])
    panel.projects = [panel.project(TAX.id)]
    async with console("fr", size=(200, 30)) as at:
        at.app._disable_notifications = False
        await at.press("2")
        await at.on("projects")
        assert title in at.text
        await at.press("p")
        await at.on("confirm")
        await at.press("enter")
        await at.until(lambda: "est publié" in at.text)
        assert "✓ « " in at.text
        assert at.app._exception is None
        at.app.open(ProjectRoute(TAX.id))
        await at.on("project")
        assert title in at.text


@pytest.mark.parametrize("say", ["notify", "warn"])
async def test_no_message_is_parsed_whoever_shows_it(
    console: Opens, panel: Panel, say: str
) -> None:
    async with console("fr") as at:
        at.app._disable_notifications = False
        if say == "notify":
            at.app.notify(MARKED, title=MARKED, markup=True)
        else:
            at.app.screen.notify(MARKED, severity="warning", timeout=5)
        await at.until(lambda: SIGNS in at.text)
        await harmless(at)


async def test_pasted_and_stored_texts_are_clean_in_every_field(
    console: Opens, panel: Panel
) -> None:
    from textual.events import Paste

    panel.hostile = hostile_title
    async with console("fr", "ines") as at:
        at.app.open(BoardRoute(panel.room.project_id))
        await at.on("board")
        await at.press("e")
        await at.until(lambda: at.app.screen.query(TextArea))
        fields = [*at.app.screen.query(Input), *at.app.screen.query(TextArea)]
        for field in fields:
            field.focus()
            await at.pilot.pause()
            field.post_message(Paste("collé \x1b[2J\x9b\x0bfin"))
            await at.pilot.pause()
            content = field.value if isinstance(field, Input) else field.text
            assert "[2J" in content
            assert not _CONTROLS.findall(content.replace("\n", "").replace("\t", ""))


def test_the_second_lock_lets_nothing_through_and_moves_no_column() -> None:
    for text in (ALL, MARKED, "e" + "\u0301" * 30):
        (segment,) = Guard().apply([Segment(text)], Color(0, 0, 0))
        assert acting(segment.text) == []
        assert "\t" not in segment.text
        assert segment.cell_length == Segment(text).cell_length
    order = Segment("\x1b[2J", None, [(1,)])  # type: ignore[list-item]
    assert Guard().apply([order], Color(0, 0, 0)) == [order]
