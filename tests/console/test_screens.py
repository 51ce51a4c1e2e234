"""Pictures of each screen at 80 × 24: full, empty, refused, cut off; in both languages."""

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from console.routes import LaunchRoute, ProjectRoute
from console.words import Language
from services.contracts.http.common import Problem
from tests.console.conftest import At, Opens
from tests.console.recorded.panel import LETTER, SCHOOL, TAX, Panel, campaign

LANGUAGES: list[Language] = ["fr", "en"]


async def _home(at: At) -> None:
    await at.until(lambda: getattr(at.app.screen, "_seen", None))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_home(console: Opens, language: Language, svg: SnapshotAssertion) -> None:
    async with console(language) as at:
        await _home(at)
        assert "5" in at.text
        assert at.picture() == svg


async def test_home_before_the_first_project(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.projects = []
    async with console("en") as at:
        await _home(at)
        assert "panel projects create" in at.text
        assert at.picture() == svg


async def test_home_says_which_service_does_not_answer(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.silent = frozenset({"responses"})
    panel.today = panel.today.model_copy(update={"solicited_twice": 2, "orders_unanswered": 3})
    async with console("en") as at:
        await _home(at)
        assert "✕ responses does not answer" in at.text
        assert "✕ 2 people asked twice in 31 days, of 5,000" in at.text
        assert "! 3 send orders without an outcome" in at.text
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_projects(console: Opens, language: Language, svg: SnapshotAssertion) -> None:
    async with console(language) as at:
        await at.press("2")
        await at.on("projects")
        await at.press("down", "down")
        assert "LETTRE" in at.text.upper()
        assert at.picture() == svg


async def test_projects_on_a_wide_terminal(console: Opens, svg: SnapshotAssertion) -> None:
    async with console("en", size=(130, 36)) as at:
        await at.press("2")
        await at.on("projects")
        await at.press("down", "down")
        assert at.picture() == svg


async def test_no_projects_teaches(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    panel.projects = []
    async with console("fr") as at:
        await at.press("2")
        await at.on("projects")
        assert "panel projects create PROJET.yaml" in at.text
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_opt_ins_of_a_project(
    console: Opens, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language) as at:
        at.app.open(ProjectRoute(LETTER.id))
        await at.on("project")
        assert "14:02:" not in at.text, "a day has no hour"
        assert at.picture() == svg


async def test_campaigns_of_a_project(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    panel.campaigns = [
        campaign("Première vague", LETTER.id, 1200, "launched"),
        campaign("Deuxième vague", LETTER.id, 240),
    ]
    async with console("fr") as at:
        at.app.open(ProjectRoute(LETTER.id))
        await at.on("project")
        await at.press("left")
        await at.until(lambda: "9 sollicités il y a moins d'un mois" in at.text)
        assert at.picture() == svg


async def test_mandate_with_what_is_missing(console: Opens, svg: SnapshotAssertion) -> None:
    async with console("fr") as at:
        at.app.open(ProjectRoute(TAX.id))
        await at.on("project")
        assert "Il manque au mandat" in at.text
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_contacts(console: Opens, language: Language, svg: SnapshotAssertion) -> None:
    async with console(language) as at:
        await at.press("3")
        await at.on("contacts")
        assert at.picture() == svg


async def test_contacts_of_an_empty_panel(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.contacts = panel.contacts.model_copy(update={"members": 0, "can_be_asked_today": 0})
    async with console("en") as at:
        await at.press("3")
        await at.on("contacts")
        assert "panel members import" in at.text
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_launch_and_its_sentence(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    panel.campaigns = [campaign("Vague unique", SCHOOL.id, 240)]
    async with console(language) as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.until(lambda: "4" in at.text and "213" in at.text)
        assert at.picture() == svg(name="preview")
        await at.press("l")
        await at.on("confirm")
        at.app.screen.query_one(Input).cursor_blink = False
        assert "761" in at.text
        assert at.picture() == svg(name="sentence")


async def test_writing_a_campaign(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    panel.can_be_asked = 300
    async with console("fr") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        for field in at.app.screen.query(Input):
            field.cursor_blink = False
        await at.press(*"Essai", "tab", *"120", "tab", "tab", "tab", "tab")
        await at.press(*"18-34=80", "space", *"65+=40")
        await at.until(lambda: "au plus 60" in at.text)
        assert at.picture() == svg


async def test_a_refusal_lists_what_is_missing(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.refusal = Problem(
        title="MandateIncomplete",
        status=409,
        detail="The mandate is incomplete: 3 element(s) missing.",
        way_out="Complete the sheet, then publish again.",
        errors=["what is at stake", "the decision maker's name", "how to take part"],
    )
    async with console("en") as at:
        at.app.open(ProjectRoute(TAX.id))
        await at.on("project")
        await at.press("p")
        await at.on("confirm")
        await at.press("enter")
        await at.until(lambda: "· how to take part" in at.text)
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_cut_off(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language) as at:
        await at.press("2")
        await at.on("projects")
        panel.cut_off = True
        await at.until(lambda: at.app.freshness.state == "cut_off")
        await at.until(lambda: getattr(at.app.screen, "problem", None))
        assert "14:02" in at.text
        assert "87" in at.text, "numbers that may be old stay on screen"
        assert at.picture() == svg


async def test_signing_in_lists_the_local_people(console: Opens, svg: SnapshotAssertion) -> None:
    async with console("fr", person=None) as at:
        await at.until(lambda: "Claire" in at.text)
        assert at.picture() == svg


async def test_help(
    console: Opens, svg: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The issuer of a test has another port each time, hence another account.
    monkeypatch.setattr("console.client.sign_in.account_code", lambda *_: "0123456789abcdef" * 2)
    async with console("en", size=(80, 30)) as at:
        await at.press("2")
        await at.on("projects")
        await at.press("question_mark")
        await at.on("help")
        assert at.picture() == svg
