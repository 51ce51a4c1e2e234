"""A decision on every proposal, at the keyboard: listed, drafted, searched."""

from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from console.actions import actions_on
from console.drafts.days import parse_day
from console.routes import ProjectDecisionsRoute, ProjectRoute
from console.widgets.table import Table
from console.words import Language
from services.contracts.events.feedback import Outcome
from services.contracts.http.campaigns import DutyCounts
from services.contracts.http.common import Problem
from services.contracts.http.feedback import DecisionPhase
from tests.console.conftest import Opens
from tests.console.recorded.deciding import PHOTO, REMINDER, SATURDAY
from tests.console.recorded.panel import CARD, SCHOOL, Panel
from tests.support.console_keys import LANGUAGES, text_of, to_account, to_form, to_list

DUTIES = DutyCounts(report_version=1, owed=37, sent=171, undeliverable=1, exempt=3)
NOT_THE_MAKER = Problem(
    title="SignedByAnother",
    status=403,
    detail="The mandate says that Mme Roussel decides.",
    way_out="Ask them to sign.",
)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_projects_on_the_way_to_their_report(
    console: Opens, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "bernard") as at:
        await to_list(at)
        assert at.picture() == svg


async def test_no_project_on_the_way(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    panel.projects = []
    async with console("en", "bernard") as at:
        await to_list(at)
        assert "No project is published yet" in at.text
        assert at.picture() == svg


async def test_the_area_is_open_to_who_reads_decisions_and_to_nobody_else(console: Opens) -> None:
    async with console("en", "hugo") as at:
        assert "6 Decisions" not in at.text
        await at.press("6")
        assert at.app.screen.ID == "home"  # type: ignore[attr-defined]
    async with console("en", "aude") as at:
        await to_account(at)
        await at.press("e", "i", "u", "p")
        assert at.app.screen.ID == "account", "an auditor reads, and changes nothing"  # type: ignore[attr-defined]
        for key in ("e draft", "i sign", "u follow-up"):
            assert key not in at.text
        await at.press("question_mark")
        assert "Sign the decision" not in at.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_decisions_of_a_project(
    console: Opens, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "bernard") as at:
        await to_account(at)
        assert at.picture() == svg


async def test_the_decisions_of_a_project_on_a_wide_terminal(
    console: Opens, svg: SnapshotAssertion
) -> None:
    async with console("en", "bernard", size=(140, 40)) as at:
        await to_account(at)
        assert "seen" not in at.text
        assert at.picture() == svg


async def test_nothing_to_decide_before_the_synthesis(
    console: Opens, svg: SnapshotAssertion
) -> None:
    async with console("fr", "ines") as at:
        at.app.open(ProjectDecisionsRoute(SCHOOL.id))
        await at.on("account")
        assert "la synthèse (5) listera les propositions" in at.text
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_decision_in_full(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    panel.deciding.publish()
    async with console(language, "bernard") as at:
        await to_account(at)
        await at.press("enter")
        await at.on("decision")
        assert at.picture() == svg


async def test_the_cursor_stays_on_its_decision_while_others_change(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "bernard") as at:
        await to_account(at)
        table = at.app.screen.query_one(Table)
        await at.press("down")
        assert table.selected == str(PHOTO.proposal_id)
        panel.deciding.sign_all()
        panel.hint()
        await at.until(lambda: table.marked)
        assert table.selected == str(PHOTO.proposal_id)
        assert [row.key for row in table.rows] == [
            str(decision.proposal_id) for decision in (REMINDER, PHOTO, SATURDAY)
        ]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_drafting_a_decision(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "ines") as at:
        await to_form(at, rows_down=1)
        await at.press("right", "tab", *"Un agent relit", "tab", *"Ouvrir", "tab")
        await at.press(*"1/3/2027", "tab", *"Bureau")
        assert at.picture() == svg
        await at.press("ctrl+s")
        await at.on("account")
        drafted = panel.deciding.view(PHOTO.proposal_id)
        assert drafted.state is DecisionPhase.DRAFTED
        assert drafted.outcome is Outcome.PARTLY
        assert (drafted.reason, drafted.next_step, drafted.owner) == (
            "Un agent relit",
            "Ouvrir",
            "Bureau",
        )
        assert drafted.due_on == date(2027, 3, 1)
        assert not at.app.drafts


async def test_what_is_kept_says_what_next_by_when_and_who(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_form(at, rows_down=1)
        for field, typed, sentence in (
            ("reason", "Words", "A decision always says why"),
            ("next_step", "Words", "says what happens next"),
            ("due_on", "soon", "says by when"),
            ("due_on", "", "A day is written 2027-03-01"),
        ):
            await at.press("ctrl+s")
            assert sentence in text_of(at)
            assert at.app.focused
            assert at.app.focused.id == f"field-{field}", "the cursor is where it is missing"
            await at.press(*typed)
        at.app.screen.query_one("#field-due_on", Input).value = "1/3/2027"
        await at.press("ctrl+s")
        assert "says who sees to it" in text_of(at)
        assert panel.deciding.view(PHOTO.proposal_id).version == 0


async def test_what_is_not_kept_needs_its_reason_only(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_form(at, rows_down=1)
        await at.press("left", "tab", *"The law forbids it", "ctrl+s")
        await at.on("account")
        drafted = panel.deciding.view(PHOTO.proposal_id)
        assert (drafted.outcome, drafted.reason) == (Outcome.NOT, "The law forbids it")
        assert (drafted.next_step, drafted.due_on, drafted.owner) == (None, None, None)


async def test_leaving_the_form_keeps_what_was_typed(console: Opens) -> None:
    async with console("en", "ines") as at:
        await to_form(at, rows_down=1)
        await at.press("tab", *"Half a sentence", "escape")
        await at.on("account")
        await at.press("q")
        await at.until(lambda: "would be lost" in at.text)
        await at.press("escape", "e")
        await at.on("writing-form")
        assert "Half a sentence" in at.text


async def test_a_form_that_was_only_looked_at_is_nothing_to_lose(console: Opens) -> None:
    async with console("en", "ines") as at:
        await to_form(at)
        await at.press("escape")
        await at.on("account")
        assert not at.app.drafts


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_decision_that_changed_meanwhile_is_shown_beside_what_was_typed(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "ines") as at:
        await to_form(at)
        await at.press("tab", "end", *" Vraiment")
        panel.deciding.change(
            REMINDER.proposal_id, version=5, drafted_by="Marc T.", reason="Trop tôt."
        )
        await at.press("ctrl+s")
        await at.until(lambda: "Marc T." in text_of(at))
        assert "« Trop tôt. »" in text_of(at) or "“Trop tôt.”" in text_of(at)
        assert "Vraiment" in text_of(at)
        assert at.picture() == svg
        await at.press("ctrl+s")
        await at.on("account")
        saved = panel.deciding.view(REMINDER.proposal_id)
        assert saved.version == 6
        assert "Vraiment" in (saved.reason or "")


async def test_coming_back_to_a_text_shows_what_changed_since(console: Opens, panel: Panel) -> None:
    async with console("en", "ines") as at:
        await to_form(at)
        await at.press("tab", *"Mine. ", "escape")
        await at.on("account")
        panel.deciding.change(
            REMINDER.proposal_id, version=5, drafted_by="Marc T.", reason="Trop tôt."
        )
        panel.hint()
        await at.until(lambda: "Trop tôt." in at.text)
        await at.press("e")
        await at.on("writing-form")
        assert "Changed meanwhile by Marc T." in text_of(at)
        assert "Mine." in at.text


async def test_when_the_session_ends_while_writing_nothing_is_lost(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "ines") as at:
        await to_form(at, rows_down=1)
        await at.press("left", "tab", *"The law forbids it")
        panel.signed_out = True
        await at.press("ctrl+s")
        await at.on("sign-in")
        panel.signed_out = False
        await at.until(lambda: "Who are you?" in at.text)
        at.app.sign_in("ines")
        await at.on("writing-form")
        await at.press("ctrl+s")
        await at.on("account")
        assert panel.deciding.view(PHOTO.proposal_id).reason == "The law forbids it"


async def test_searching_and_filtering_decisions(console: Opens) -> None:
    async with console("en", "bernard") as at:
        await to_account(at)
        table = at.app.screen.query_one(Table)
        await at.press("slash", *"photo", "enter")
        assert [row.key for row in table.rows] == [str(PHOTO.proposal_id)]
        await at.press("escape")
        assert len(table.rows) == 3
        await at.press("f", "f")
        assert [row.key for row in table.rows] == [str(REMINDER.proposal_id)]
        assert "shown: to sign" in at.text
        await at.press("f", "f")
        assert "No proposal matches" in at.text


@pytest.mark.parametrize("person", ["claire", "bernard", "ines"])
async def test_home_says_what_waits_for_a_decision(
    console: Opens, panel: Panel, person: str
) -> None:
    async with console("en", person) as at:
        await at.until(lambda: "2 decisions overdue (M. Bernard)" in at.text)
        await at.until(lambda: "✕ reports: 2 decisions overdue" in at.text)
        panel.deciding.decide_by = date(2026, 12, 12)
        panel.hint()
        await at.until(lambda: "2 decisions due by 12 Dec" in at.text)
        await at.until(lambda: "✓ reports on time" in at.text)
        panel.deciding.sign_all()
        panel.hint()
        await at.until(lambda: "report to publish" in at.text)
        panel.deciding.publish()
        panel.change(CARD.id, report_duties=DUTIES)
        panel.hint()
        await at.until(lambda: "37 reports still to send" in at.text)
        # The reader's own tasks come first.
        await at.press("home", *(["down"] if person == "ines" else []), "enter")
        await at.on("account")


async def test_home_without_feedback_says_who_does_not_answer(console: Opens, panel: Panel) -> None:
    panel.silent = frozenset({"feedback"})
    async with console("en", "bernard") as at:
        await at.until(lambda: "✕ feedback does not answer" in at.text)
        assert "reports on time" not in at.text


async def test_a_project_leads_to_its_decisions(console: Opens) -> None:
    async with console("en", "claire") as at:
        at.app.open(ProjectRoute(CARD.id))
        await at.on("project")
        await at.press("d")
        await at.on("account")
        assert "Decisions: Renouveler" in at.text
        await at.press("escape")
        await at.on("project")


async def test_every_action_of_the_decision_screens_can_be_done(console: Opens) -> None:
    async with console("en", "bernard") as at:
        await to_list(at)
        screens = {"decisions": at.app.screen}
        await at.press("enter")
        await at.on("account")
        screens["account"] = at.app.screen
        await at.press("enter")
        await at.on("decision")
        screens["decision"] = at.app.screen
        await at.press("o")
        await at.on("report")
        screens["report"] = at.app.screen
        await at.press("e")
        await at.on("writing-form")
        screens["writing-form"] = at.app.screen
        for name, screen in screens.items():
            for action in actions_on(name):
                method = f"action_{action.id.partition('(')[0]}"
                assert hasattr(screen, method) or hasattr(at.app, method), (name, action.id)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-03-01", date(2027, 3, 1)),
        ("1/3/2027", date(2027, 3, 1)),
        (" 01/03/2027 ", date(2027, 3, 1)),
        ("31/2/2027", None),
        ("1/3", None),
        ("soon", None),
        ("1/3/27", None),
        ("1/3/99999999999999999999", None),
        ("1/3/" + "9" * 5_000, None),
        ("9" * 1_000_000, None),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, day: date | None) -> None:
    assert parse_day(typed) == day
