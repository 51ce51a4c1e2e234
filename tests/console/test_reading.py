"""Equal attention at the keyboard: reading in one's own order, proposals, and the synthesis."""

import time

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.events import AppBlur, AppFocus

from console.actions import actions_on
from console.screens.reading.contribution import ContributionScreen
from console.screens.reading.stopwatch import Stopwatch
from console.widgets.table import Table
from console.words import Language
from services.contracts.http.common import Problem
from services.contracts.http.proposals import ProposalPhase
from services.contracts.http.reading import Mark, RecordReading
from tests.console.conftest import At, Opens
from tests.console.recorded.panel import Panel
from tests.support.console_keys import still, to_room

LANGUAGES: list[Language] = ["fr", "en"]
ALREADY_SYNTHESISED = Problem(
    title="AlreadySynthesised",
    status=409,
    detail="The synthesis of this project is made: nothing changes any more.",
    way_out="What is new belongs to another project.",
)


def read_contributions(panel: Panel, count: int) -> None:
    for contribution in panel.room.contributions[:count]:
        reading = RecordReading(seconds=40, proposals=[panel.room.proposals[0].id])
        panel.room.read(contribution.id, reading)


async def to_contribution(at: At) -> None:
    await to_room(at)
    await at.press("enter")
    await at.on("contribution")
    await at.until(lambda: "avant le 15" in at.text)


async def to_board(at: At) -> None:
    await to_room(at)
    await at.press("b")
    await at.on("board")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_reading_room(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    read_contributions(panel, 9)
    async with console(language, "ines") as at:
        await to_room(at)
        assert at.picture() == svg


async def test_the_reading_room_before_anything_is_published(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.projects = []
    async with console("en", "ines") as at:
        await to_room(at)
        assert "No project is published yet" in at.text
        assert at.picture() == svg


async def test_the_area_is_only_for_readers(console: Opens) -> None:
    async with console("en", "claire") as at:
        assert "5 Reading" not in at.text
        await at.press("5")
        assert at.app.screen.ID == "home"  # type: ignore[attr-defined]


async def test_home_says_what_waits_for_a_reader(console: Opens, panel: Panel) -> None:
    read_contributions(panel, 9)
    async with console("en", "ines") as at:
        await at.until(lambda: "3 to read, for 4 day(s)" in at.text)
        await at.press("enter")
        await at.on("contribution")
        await at.press("escape")
        read_contributions(panel, 12)
        panel.hint()
        await at.until(lambda: "all read: synthesis to be made" in at.text)
        await at.press("enter")
        await at.on("board")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_contribution(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "ines") as at:
        await to_contribution(at)
        assert at.picture() == svg


async def test_a_contribution_on_a_wide_terminal(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("en", "ines", size=(130, 36)) as at:
        await to_contribution(at)
        assert at.picture() == svg


async def test_a_reading_links_to_proposals_and_goes_on_to_the_next(
    console: Opens, panel: Panel
) -> None:
    first, second = panel.room.contributions[:2]
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("a", *"forclusion")
        await at.press("enter")
        await at.until(lambda: "→ Remplacer" in at.text)
        await at.press("enter")
        await at.until(lambda: second.words[:20] in at.text)
        ((id, reading),) = panel.room.recorded
        assert id == first.id
        assert reading.proposals == [panel.room.proposals[2].id]
        assert reading.mark is None
        assert 0 < reading.seconds < 60


async def test_a_reading_that_says_nothing_is_not_sent(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("enter")
        await at.until(lambda: "A reading must conclude" in at.text)
        assert not panel.room.recorded


async def test_marks_exclude_what_they_contradict(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("a", "enter")
        await at.until(lambda: "→ Mettre" in at.text)
        await at.press("x")
        await at.until(lambda: "→ no suggestion" in at.text and "→ Mettre" not in at.text)
        await at.press("a", "enter")
        await at.until(lambda: "→ Mettre" in at.text and "no suggestion" not in at.text)
        await at.press("c", "enter")
        await at.until(lambda: panel.room.recorded)
        _, reading = panel.room.recorded[0]
        assert reading.mark is Mark.PERSONAL_CASE
        assert len(reading.proposals) == 1


async def test_a_proposal_written_from_a_contribution_is_linked_to_it(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("n", *"Un mois entier", "tab", "tab", *"Dire le mois")
        await at.press("ctrl+s")
        await at.until(lambda: "→ Un mois entier" in at.text)
        drafted = panel.room.proposals[-1]
        assert (drafted.title, drafted.text) == ("Un mois entier", "Dire le mois")
        await at.press("enter")
        await at.until(lambda: panel.room.recorded)
        assert panel.room.recorded[0][1].proposals == [drafted.id]


async def test_what_is_chosen_is_kept_when_the_reader_leaves_and_comes_back(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("c")
        await at.until(lambda: "→ personal case" in at.text)
        await at.press("escape")
        await at.on("reading")
        await at.press("enter")
        await at.until(lambda: "→ personal case" in at.text)


async def test_a_refused_reading_says_why_and_keeps_what_was_chosen(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("c")
        panel.refusal = ALREADY_SYNTHESISED
        await at.press("enter")
        await at.until(lambda: "nothing changes any more" in at.text)
        assert at.picture() == svg
        await at.press("escape")
        assert "→ personal case" in at.text


async def test_a_contribution_stays_while_others_read(console: Opens, panel: Panel) -> None:
    first = panel.room.contributions[0]
    async with console("en", "ines") as at:
        await to_contribution(at)
        read_contributions(panel, 4)
        panel.hint()
        await at.until(lambda: "8 still to read" in at.text)
        assert first.words[:20] in at.text


async def test_hiding_needs_a_reason_and_deletes_nothing(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        await at.press("h", "enter")
        assert "Nothing is deleted" in at.text
        await at.press(*"Names somebody", "enter")
        await at.until(lambda: "Hidden by Inès B.: Names somebody" in at.text)
        assert len(panel.room.contributions) == 12


async def test_when_nothing_is_left_to_read(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    read_contributions(panel, 12)
    async with console("en", "ines") as at:
        await to_room(at)
        await at.press("enter")
        await at.on("contribution")
        await at.until(lambda: "Nothing waits for you here" in at.text)
        assert at.picture() == svg


async def test_searching_opens_what_is_found(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("en", "ines") as at:
        await to_room(at)
        await at.press("slash")
        await at.on("found")
        await at.press(*"schéma", "enter")
        await at.until(lambda: "2 contributions" in at.text)
        still(at)
        assert at.picture() == svg
        await at.press("enter")
        await at.on("contribution")
        await at.until(lambda: "Un schéma" in at.text)
        await at.press("x", "enter")
        await at.on("found")
        assert panel.room.recorded


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_board(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    read_contributions(panel, 9)
    async with console(language, "ines") as at:
        await to_board(at)
        assert at.picture() == svg


async def test_the_board_before_the_first_proposal(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.room.proposals = []
    async with console("en", "ines", size=(130, 36)) as at:
        await to_board(at)
        assert "No proposal: n writes one" in at.text
        assert at.picture() == svg


async def test_writing_a_proposal(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    async with console("en", "ines") as at:
        await to_board(at)
        await at.press("n", *"Un mois")
        await at.press("ctrl+s")
        await at.until(lambda: "A text is needed" in at.text)
        still(at)
        assert at.picture() == svg
        await at.press("escape", "n")
        await at.until(lambda: "Un mois" in at.text)


async def test_an_edit_that_is_refused_keeps_what_was_typed(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_board(at)
        await at.press("e", "end", *" vraiment")
        panel.refusal = Problem(
            title="Changed", status=409, detail="Somebody changed it since you read it."
        )
        await at.press("ctrl+s")
        await at.until(lambda: "Somebody changed it" in at.text)
        panel.refusal = None
        await at.press("escape", "e")
        await at.until(lambda: "en haut vraiment" in at.text)
        await at.press("ctrl+s")
        await at.until(lambda: panel.room.proposals[0].title.endswith("vraiment"))
        assert panel.room.proposals[0].version == 2


async def test_merging_suggests_the_nearest_first(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_board(at)
        await at.press("g")
        table = at.app.screen.query_one("#choices", Table)
        await at.until(lambda: table.rows)
        assert table.rows[0].cells[0].text == "Dire la date limite dès le début"
        assert table.rows[0].cells[1].text == "62%"
        await at.press("enter")
        await at.on("confirm")
        sentence = " ".join(at.text.replace("│", " ").split())
        assert "“Mettre la date limite en haut” (7 contributions)" in sentence
        assert "into “Dire la date limite dès le début” (3 contributions)" in sentence
        assert panel.room.proposals[0].state is ProposalPhase.DRAFT, (
            "nothing before it is confirmed"
        )
        await at.press("escape")
        await at.on("board")
        assert panel.room.proposals[0].state is ProposalPhase.DRAFT
        await at.press("g")
        await at.until(lambda: at.app.screen.query("#choices"))
        await at.press("enter")
        await at.on("confirm")
        await at.press("enter")
        await at.until(lambda: panel.room.proposals[0].state is ProposalPhase.MERGED)
        await at.until(lambda: "merges 1 other(s)" in at.text)


async def test_a_merge_is_undone_at_once_or_later(console: Opens, panel: Panel) -> None:
    def merged() -> int:
        return [proposal.state for proposal in panel.room.proposals].count(ProposalPhase.MERGED)

    def is_shown(count: int) -> bool:
        board = at.app.screen.snapshot  # type: ignore[attr-defined]
        return [proposal.state for proposal in board.proposals].count(ProposalPhase.MERGED) == count

    async with console("en", "ines") as at:
        await to_board(at)
        for later in (False, True):
            await at.press("g")
            await at.until(lambda: at.app.screen.query("#choices"))
            await at.press("enter")
            await at.on("confirm")
            await at.press("enter")
            await at.on("board")
            await at.until(lambda: merged() == 1 and is_shown(1))
            if later:
                await at.press("escape")
                await at.on("reading")
                await at.press("b")
                await at.on("board")
            await at.press("u")
            if later:
                await at.until(lambda: at.app.screen.query("#choices"))
                await at.press("enter")
            await at.on("board")
            await at.until(lambda: merged() == 0 and is_shown(0))
            assert [proposal.support for proposal in panel.room.proposals] == [7, 3, 4]
        await at.press("u")
        await at.until(lambda: "No proposal is merged into another" in at.text)


async def test_the_synthesis_says_what_blocks_it_then_asks_for_the_word(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    read_contributions(panel, 9)
    async with console("en", "ines") as at:
        await to_board(at)
        await at.press("p")
        await at.until(lambda: "3 contributions n'ont pas leurs lectures" in at.text)
        await at.press("escape")
        read_contributions(panel, 12)
        panel.hint()
        await at.until(lambda: "Nothing prevents the synthesis" in at.text)
        await at.press("p")
        await at.on("confirm")
        still(at)
        assert at.picture() == svg
        await at.press("enter")
        assert not panel.room.synthesised
        await at.press(*"synthesis", "enter")
        await at.until(lambda: "Synthesis made by Inès B." in at.text)
        assert panel.room.synthesised


@pytest.mark.parametrize("language", LANGUAGES)
async def test_attention(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    read_contributions(panel, 9)
    async with console(language, "ines") as at:
        await to_room(at)
        await at.press("t")
        await at.on("attention")
        assert at.picture() == svg


async def test_attention_before_any_reading(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("en", "ines") as at:
        await to_room(at)
        await at.press("t")
        await at.on("attention")
        assert "Nothing is read yet" in at.text
        assert at.picture() == svg


async def test_every_action_of_the_reading_screens_can_be_done(console: Opens) -> None:
    async with console("en", "ines") as at:
        await to_room(at)
        screens = {"reading": at.app.screen}
        await at.press("enter")
        await at.on("contribution")
        screens["contribution"] = at.app.screen
        await at.press("slash")
        await at.on("found")
        screens["found"] = at.app.screen
        await at.press("escape")
        await at.press("b")
        await at.on("board")
        screens["board"] = at.app.screen
        await at.press("t")
        await at.on("attention")
        screens["attention"] = at.app.screen
        for name, screen in screens.items():
            for action in actions_on(name):
                method = f"action_{action.id.partition('(')[0]}"
                assert hasattr(screen, method) or hasattr(at.app, method), (name, action.id)


async def test_time_stands_still_while_the_terminal_is_behind_another(console: Opens) -> None:
    async with console("en", "ines") as at:
        await to_contribution(at)
        screen = at.app.screen
        assert isinstance(screen, ContributionScreen)
        screen.post_message(AppBlur())
        await at.pilot.pause()
        previous_seconds = screen._watch.seconds
        assert previous_seconds > 0
        started = time.monotonic()
        await at.until(lambda: time.monotonic() - started > 0.1)
        assert screen._watch.seconds == previous_seconds
        screen.post_message(AppFocus())
        await at.until(lambda: screen._watch.seconds > previous_seconds)


def test_of_a_long_absence_two_minutes_count() -> None:
    seconds = 0.0
    watch = Stopwatch(lambda: seconds)
    watch.show()
    seconds = 30.0
    watch.touch()
    seconds = 3_630.0
    assert watch.seconds == 150
    watch.hide()
    seconds = 9_999.0
    assert watch.seconds == 150
    watch.restart()
    assert watch.seconds == 0
