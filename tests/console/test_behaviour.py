"""Behaviour of the console under keys and under changes in the services."""

import re
import time

import httpx
from textual.widgets import Input

from console.actions import actions_on
from console.client.freshness import Freshness
from console.routes import LaunchRoute, ProjectRoute
from console.screens.projects.projects import ProjectsScreen
from console.widgets.table import Table
from services.contracts.http.common import Problem
from tests.console.conftest import At, Opens
from tests.console.recorded.panel import (
    HOUSING,
    LETTER,
    NOW,
    SCHOOL,
    TAX,
    Panel,
    answer,
    campaign,
    project,
)


def _table(at: At, id: str = "projects") -> Table:
    return at.app.screen.query_one(f"#{id}", Table)


async def _projects(at: At) -> None:
    await at.press("2")
    await at.on("projects")


async def test_the_cursor_stays_on_its_row_while_rows_come_in(console: Opens, panel: Panel) -> None:
    async with console() as at:
        await _projects(at)
        await at.press("down")
        assert _table(at).selected == str(HOUSING.id)
        above = [project(f"Projet {n}", "reporting") for n in range(10)]
        below = [project(f"Projet {n} à lancer", "published") for n in range(20)]
        panel.projects = [*above, *panel.projects, *below]
        panel.hint()
        await at.until(lambda: len(_table(at).rows) == 35)
        assert _table(at).selected == str(HOUSING.id)
        lines = at.text.splitlines()
        assert "▸Formulaire" in lines[7], "it did not move on the screen either"


async def test_a_changed_cell_is_marked_and_only_for_a_while(console: Opens, panel: Panel) -> None:
    async with console() as at:
        await _projects(at)
        panel.change(LETTER.id, counts=LETTER.counts.model_copy(update={"accepted": 188}))
        panel.hint()
        table = _table(at)
        await at.until(lambda: table.marked)
        assert {key for key, _ in table.marked} == {str(LETTER.id)}
        await at.until(lambda: not table.marked)


async def test_enter_opens_the_project_under_the_cursor(console: Opens) -> None:
    async with console("en") as at:
        await _projects(at)
        await at.press("enter")
        await at.on("project")
        assert "Will serve" in at.text


async def test_an_opt_in_is_on_screen_in_less_than_a_second(console: Opens, panel: Panel) -> None:
    async with console() as at:
        at.app.open(ProjectRoute(LETTER.id))
        await at.on("project")
        newest = answer(999, at=NOW)
        panel.answers = [newest, *panel.answers]
        panel.hint()
        started = time.monotonic()
        await at.until(lambda: newest.pseudonym in at.text)
        assert time.monotonic() - started < 1


async def test_arrivals_do_not_take_the_cursor_from_a_row_a_person_chose(
    console: Opens, panel: Panel
) -> None:
    async with console() as at:
        at.app.open(ProjectRoute(LETTER.id))
        await at.on("project")
        await at.press("down", "down")
        chosen = _table(at, "answers").selected
        panel.answers = [answer(999), *panel.answers]
        panel.hint()
        await at.until(lambda: len(_table(at, "answers").rows) == 41)
        assert _table(at, "answers").selected == chosen


async def test_ctrl_l_changes_the_language_of_what_is_on_screen(console: Opens) -> None:
    async with console("fr") as at:
        await _projects(at)
        assert "Projets" in at.text
        await at.press("ctrl+l")
        assert "WHAT COMES NEXT" in at.text
        assert "Projets" not in at.text
        await at.press("ctrl+l")
        assert "LA SUITE" in at.text


async def test_help_and_palette_list_the_actions_of_the_table(console: Opens) -> None:
    async with console("en", size=(80, 40)) as at:
        await _projects(at)
        screen = at.app.screen
        listed = {command.help for command in at.app.get_system_commands(screen)}
        current_actions = actions_on("projects", at.app.roles)
        assert listed == {action.means.en for action in current_actions}
        assert not any("creenshot" in c.title for c in at.app.get_system_commands(screen))
        await at.press("f1")
        for action in current_actions:
            assert action.means.en[:40] in at.text


async def test_every_action_of_the_table_can_be_done(console: Opens, panel: Panel) -> None:
    panel.campaigns = [campaign("Vague", SCHOOL.id, 10)]
    async with console() as at:
        screens = {"home": at.app.screen}
        await _projects(at)
        screens["projects"] = at.app.screen
        at.app.open(ProjectRoute(LETTER.id))
        await at.on("project")
        screens["project"] = at.app.screen
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        screens["launch"] = at.app.screen
        for name, screen in screens.items():
            for action in actions_on(name):
                method = f"action_{action.id.partition('(')[0]}"
                assert hasattr(screen, method) or hasattr(at.app, method), (name, action.id)


async def test_launching_for_many_people_needs_the_word(console: Opens, panel: Panel) -> None:
    vague = campaign("Vague", SCHOOL.id, 240)
    panel.campaigns = [vague]
    async with console("fr") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.until(lambda: "758" in at.text)
        await at.press("l")
        await at.on("confirm")
        await at.press("enter")
        await at.press(*"oui", "enter")
        assert panel.launches == []
        await at.press(*"lancer", "enter")
        await at.until(lambda: "est lancée" in at.text)
        assert panel.launches == [[str(vague.id)]]


async def test_launching_for_few_people_needs_one_more_key(console: Opens, panel: Panel) -> None:
    panel.campaigns = [campaign("Petite vague", SCHOOL.id, 20)]
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.until(lambda: "758" in at.text)
        await at.press("l")
        await at.on("confirm")
        await at.press("escape")
        assert panel.launches == []
        await at.press("l")
        await at.on("confirm")
        assert not at.app.screen.query(Input)
        await at.press("enter")
        await at.until(lambda: "is launched" in at.text)
        assert len(panel.launches) == 1


async def test_a_refused_launch_says_why_and_keeps_what_was_typed(
    console: Opens, panel: Panel
) -> None:
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press(*"Wave", "tab", *"20")
        await at.until(lambda: "758" in at.text)
        panel.refusal = Problem(title="NotReady", status=409, detail="The collection is not ready.")
        await at.press("enter")
        await at.on("confirm")
        await at.press("enter")
        await at.until(lambda: "The collection is not ready." in at.text)
        await at.press("escape")
        assert at.app.screen.query_one("#field-title", Input).value == "Wave"
        await at.press("escape")
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.until(lambda: at.app.screen.query_one("#field-wanted", Input).value == "20")


async def test_typing_previews_once_per_pause_not_once_per_key(
    console: Opens, panel: Panel
) -> None:
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press("tab", *"1234")
        await at.until(lambda: "1,234" in at.text)
        assert panel.previews <= 2


async def test_the_sentence_has_the_numbers_of_what_is_launched_however_fast_the_key(
    console: Opens, panel: Panel
) -> None:
    panel.can_be_asked = 5000
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press(*"Wave", "tab", *"20")
        await at.until(lambda: "    20 wanted" in at.text)
        await at.press("0", "0", "enter")
        await at.on("confirm")
        assert "2,000 people will be asked" in at.text
        assert at.app.screen.query(Input), "many people: a word is to be typed"


async def test_what_is_wrong_in_the_form_is_said_in_words(console: Opens) -> None:
    async with console("fr") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press(*"Vague", "tab", *"50", "tab", "tab", "tab", "tab", *"18-34=20")
        await at.until(lambda: "Les quotas font 20" in " ".join(at.text.split()))


async def test_cut_off_is_said_and_recovers_by_itself(console: Opens, panel: Panel) -> None:
    async with console("en") as at:
        await _projects(at)
        panel.cut_off = True
        await at.until(lambda: "✕ cut off since 14:02, trying again" in at.text)
        await at.until(lambda: "The campaigns service does not answer" in at.text)
        panel.change(TAX.id, title="Tax letter, rewritten")
        panel.cut_off = False
        await at.until(lambda: "● live" in at.text and "does not answer" not in at.text)
        await at.until(lambda: "Tax letter" in at.text)


async def test_when_the_session_is_over_one_signs_in_and_finds_the_screen_again(
    console: Opens, panel: Panel
) -> None:
    async with console("en") as at:
        await _projects(at)
        await at.press("slash", *"Formulaire", "enter")
        panel.signed_out = True
        panel.hint()
        await at.on("sign-in")
        panel.signed_out = False
        await at.until(lambda: "Who are you?" in at.text)
        await at.press("enter")
        await at.on("projects")
        assert [row.key for row in _table(at).rows] == [str(HOUSING.id)]


async def test_search_filter_and_sort_change_what_is_shown(console: Opens) -> None:
    async with console("en") as at:
        await _projects(at)
        await at.press("f")
        assert {row.cells[1].text for row in _table(at).rows} == {"open", "collected", "reporting"}
        await at.press("f")
        assert {row.cells[1].text for row in _table(at).rows} == {"draft", "published"}
        await at.press("f", "f", "s")
        titles = [row.cells[0].text for row in _table(at).rows]
        assert titles == sorted(titles, key=str.casefold)
        await at.press("slash", *"lettre")
        assert [row.key for row in _table(at).rows] == [str(LETTER.id)]
        await at.press("escape")
        assert len(_table(at).rows) == 5


async def test_only_areas_that_exist_and_the_role_opens_are_shown(console: Opens) -> None:
    async with console("en") as at:
        areas = at.text.splitlines()[1]
        assert areas.split() == ["1", "Home", "2", "Projects", "3", "Contacts", "6", "Decisions"]


async def test_a_burst_of_hints_costs_at_most_four_reads_a_second(
    console: Opens, panel: Panel
) -> None:
    async with console() as at:
        await _projects(at)
        screen = at.app.screen
        assert isinstance(screen, ProjectsScreen)
        reads = 0
        original = screen.fetch

        async def counted(client):  # type: ignore[no-untyped-def]
            nonlocal reads
            reads += 1
            return await original(client)

        screen.fetch = counted  # type: ignore[method-assign]
        started = time.monotonic()
        while time.monotonic() - started < 1:
            panel.hint()
            await at.pilot.pause(0.01)
        assert 1 <= reads <= 6


def test_freshness_is_said_in_words() -> None:
    assert Freshness("live").say("fr") == "● en direct"
    assert Freshness("behind", seconds=12).say("en") == "◌ 12 s behind"
    assert Freshness("cut_off", NOW).say("en") == "✕ cut off since 14:02, trying again"


async def test_a_real_issuer_gets_a_code_and_its_address(console: Opens, panel: Panel) -> None:
    panel.real_issuer = True
    async with console("en", person=None) as at:
        code = re.compile(r"[A-Z]{4}-[A-Z]{4}")
        await at.until(lambda: code.search(at.text))
        assert f"Open {at.app.endpoints.issuer}/device" in at.text
        match = code.search(at.text)
        assert match
        approval = {"user_code": match.group(), "person": "aude"}
        async with httpx.AsyncClient(trust_env=False) as browser:
            await browser.post(f"{at.app.endpoints.issuer}/approve", json=approval)
        await at.on("home")
        assert "Aude R. · audit" in at.text


async def test_quitting_asks_only_if_something_would_be_lost(console: Opens) -> None:
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press(*"Wave", "escape", "q")
        await at.on("confirm")
        assert "would be lost" in at.text
        await at.press("escape")
        assert at.app.is_running
        at.app.drafts.clear()
        await at.press("q")
        await at.until(lambda: not at.app.is_running)


async def test_a_launch_that_would_reach_nobody_is_not_called_possible(
    console: Opens, panel: Panel
) -> None:
    panel.campaigns = [campaign("Vague", SCHOOL.id, 240)]
    panel.can_be_asked = 12
    async with console("en") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.until(lambda: "! 12 at most for now" in at.text)
        panel.can_be_asked = -761
        at.app.screen.query_one("#drafts", Table).action_move(1)
        at.app.screen.query_one("#drafts", Table).action_move(-1)
        await at.until(lambda: "! nobody fits" in at.text)


async def test_after_the_synthesis_a_project_waits_for_decisions(
    console: Opens, panel: Panel
) -> None:
    panel.change(HOUSING.id, collection="synthesised")
    async with console("en") as at:
        await at.until(lambda: "decisions to be taken" in at.text)
        at.app.open(ProjectRoute(HOUSING.id))
        await at.on("project")
        assert "each proposal waits for a reasoned decision" in at.text


async def test_a_french_keyboard_needs_no_shift_for_areas_search_and_help(console: Opens) -> None:
    async with console("fr", "aude") as at:
        keys = {"é": "projects", "minus": "decisions", "ampersand": "home", "comma": "help"}
        for key, screen in keys.items():
            await at.press(key)
            await at.on(screen)
        await at.press("escape", "é")
        await at.on("projects")
        await at.press("colon", *"éà(-_", "comma")
        await at.until(lambda: "éà(-_," in at.text)
