"""An answer to every proposal, at the keyboard: drafted, signed, reported, and followed up."""

from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input, TextArea

from console.actions import held_on
from console.drafts.days import parse_day
from console.widgets.table import Table
from console.words import Language
from services.contracts.events.feedback import Outcome, Progress
from services.contracts.http.campaigns import DutyCounts
from services.contracts.http.common import Problem
from services.contracts.http.feedback import DecisionPhase
from tests.console.conftest import At, Opens
from tests.console.recorded.deciding import PHOTO, REMINDER, SATURDAY
from tests.console.recorded.panel import CARD, SCHOOL, Panel

LANGUAGES: list[Language] = ["fr", "en"]
DUTIES = DutyCounts(report_version=1, owed=37, sent=171, undeliverable=1, exempt=3)
NOT_THE_MAKER = Problem(
    title="SignedByAnother",
    status=403,
    detail="The mandate says that Mme Roussel decides.",
    way_out="Ask them to sign.",
)


async def to_list(at: At) -> None:
    await at.press("6")
    await at.on("decisions")


async def to_account(at: At) -> None:
    await to_list(at)
    await at.press("enter")
    await at.on("account")


async def to_report(at: At) -> None:
    await to_list(at)
    await at.press("o")
    await at.on("report")


async def to_form(at: At, rows_down: int = 0) -> None:
    """The form of the first decision, or of one below it."""
    await to_account(at)
    await at.press(*["down"] * rows_down, "e")
    await at.on("writing-form")
    still(at)


def still(at: At) -> None:
    for field in (*at.app.screen.query(Input), *at.app.screen.query(TextArea)):
        field.cursor_blink = False


def words(at: At) -> str:
    """What is on screen as one line, without the frames of windows."""
    return " ".join(at.text.replace("│", " ").split())


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
        at.app.account_for(SCHOOL.id)
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
            str(one.proposal_id) for one in (REMINDER, PHOTO, SATURDAY)
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
        assert not at.app.typed


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
            assert sentence in words(at)
            assert at.app.focused
            assert at.app.focused.id == f"field-{field}", "the cursor is where it is missing"
            await at.press(*typed)
        at.app.screen.query_one("#field-due_on", Input).value = "1/3/2027"
        await at.press("ctrl+s")
        assert "says who sees to it" in words(at)
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
        assert not at.app.typed


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
        await at.until(lambda: "Marc T." in words(at))
        assert "« Trop tôt. »" in words(at) or "“Trop tôt.”" in words(at)
        assert "Vraiment" in words(at)
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
        assert "Changed meanwhile by Marc T." in words(at)
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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_signing_says_what_it_does_first(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "bernard") as at:
        await to_account(at)
        await at.press("i")
        await at.on("confirm")
        assert at.picture() == svg
        await at.press("escape")
        assert panel.deciding.view(REMINDER.proposal_id).state is DecisionPhase.DRAFTED
        await at.press("i")
        await at.on("confirm")
        await at.press("enter")
        await at.on("account")
        await at.until(lambda: panel.deciding.view(REMINDER.proposal_id).signed_by)


async def test_only_whom_the_mandate_names_signs(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("en", "bernard") as at:
        await to_account(at)
        panel.refusal = NOT_THE_MAKER
        await at.press("i", "enter")
        await at.until(lambda: "The mandate says that Mme Roussel decides." in at.text)
        assert at.picture() == svg


async def test_there_is_nothing_to_sign_before_a_draft_nor_after_a_signature(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "bernard") as at:
        await to_account(at)
        await at.press("down", "i")
        await at.until(lambda: "Nothing to sign yet" in at.text)
        await at.press("escape", "down", "i")
        await at.until(lambda: "signed by M. Bernard already" in at.text)


async def test_editing_what_is_signed_says_that_the_signature_goes(
    console: Opens, panel: Panel
) -> None:
    async with console("en", "ines") as at:
        await to_form(at, rows_down=2)
        assert "takes the signature back" in at.text
        await at.press("tab", "end", *" Indeed", "ctrl+s")
        await at.on("account")
        assert panel.deciding.view(SATURDAY.proposal_id).state is DecisionPhase.DRAFTED


async def test_who_signs_is_told_that_another_must_draft(console: Opens) -> None:
    async with console("en", "bernard") as at:
        await to_form(at)
        assert "Who drafts does not sign" in at.text
    async with console("en", "ines") as at:
        await to_form(at)
        assert "Who drafts does not sign" not in at.text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_report_before_its_summary(
    console: Opens, language: Language, svg: SnapshotAssertion
) -> None:
    async with console(language, "ines") as at:
        await to_report(at)
        assert at.picture() == svg


async def test_the_report_as_it_will_be_read(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    panel.deciding.sign_all()
    async with console("en", "bernard") as at:
        await to_report(at)
        assert "Readability 64 of 100" in at.text
        assert at.picture() == svg


async def test_writing_the_summary(console: Opens, panel: Panel, svg: SnapshotAssertion) -> None:
    async with console("fr", "claire") as at:
        await to_report(at)
        await at.press("e")
        await at.on("writing-form")
        still(at)
        await at.press(*"Vous avez dit", "enter", *"Nous ferons")
        assert at.picture() == svg
        await at.press("ctrl+s")
        await at.on("report")
        await at.until(lambda: "Vous avez dit" in at.text)
        assert panel.deciding.report.summary == "Vous avez dit\nNous ferons"


async def test_a_summary_that_was_rewritten_meanwhile(console: Opens, panel: Panel) -> None:
    async with console("en", "claire") as at:
        await to_report(at)
        await at.press("e")
        await at.on("writing-form")
        await at.press(*"Mine")
        theirs = panel.deciding.report.model_copy(update={"version": 4, "summary": "Theirs"})
        panel.deciding.report = theirs
        panel.refusal = Problem(title="ReportChanged", status=409, detail="It has changed.")
        await at.press("ctrl+s")
        await at.until(lambda: "rewrote the summary meanwhile: “Theirs”" in words(at))
        panel.refusal = None
        await at.press("ctrl+s")
        await at.on("report")
        assert (panel.deciding.report.version, panel.deciding.report.summary) == (5, "Mine")


async def test_what_stops_a_publication_is_listed(
    console: Opens, panel: Panel, svg: SnapshotAssertion
) -> None:
    async with console("fr", "bernard") as at:
        await to_account(at)
        await at.press("p")
        await at.until(lambda: "· 1 décision à rédiger" in at.text)
        assert panel.deciding.report.published_version is None
        assert at.picture() == svg


@pytest.mark.parametrize("language", LANGUAGES)
async def test_publishing_says_how_many_are_told_and_asks_for_the_word(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    panel.deciding.sign_all()
    async with console(language, "bernard") as at:
        await to_report(at)
        await at.press("p")
        await at.on("confirm")
        still(at)
        assert at.picture() == svg
        await at.press("enter")
        assert panel.deciding.report.published_version is None
        await at.press(*("publier" if language == "fr" else "publish"), "enter")
        await at.on("report")
        await at.until(lambda: "Version 1" in at.text)


async def test_a_revision_says_what_is_new_and_who_is_told_again(
    console: Opens, panel: Panel
) -> None:
    panel.deciding.publish()
    panel.deciding.change(REMINDER.proposal_id, state="signed", version=9)
    panel.change(CARD.id, report_duties=DUTIES)
    async with console("en", "bernard") as at:
        await to_account(at)
        assert "revision signed" in at.text
        await at.press("p")
        await at.on("confirm")
        assert "A new version of the report and 1 revised decision" in words(at)
        assert "209 participants will get a notice" in words(at)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_follow_up(
    console: Opens, panel: Panel, language: Language, svg: SnapshotAssertion
) -> None:
    panel.deciding.publish()
    async with console(language, "claire") as at:
        await to_account(at)
        await at.press("u")
        await at.on("writing-form")
        still(at)
        await at.press("left", "ctrl+s")
        why = "écrivez pourquoi" if language == "fr" else "write why"
        await at.until(lambda: why in words(at))
        assert at.picture() == svg
        await at.press(*"Trop cher", "ctrl+s")
        await at.on("account")
        (step,) = panel.deciding.view(REMINDER.proposal_id).follow_up
        assert (step.progress, step.note) == (Progress.GIVEN_UP, "Trop cher")


async def test_what_was_done_has_no_further_step(console: Opens, panel: Panel) -> None:
    panel.deciding.publish()
    done = {"progress": "done", "note": None, "on": date(2026, 11, 23)}
    panel.deciding.change(REMINDER.proposal_id, follow_up=[done])
    async with console("en", "bernard") as at:
        await to_account(at)
        assert "✓ done" in at.text
        await at.press("u")
        await at.until(lambda: "nothing more is added" in at.text)
        await at.press("escape", "down", "down", "u")
        await at.until(lambda: "once a decision that retains" in at.text)


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
        # What a reader can do herself comes first.
        await at.press("home", *(["down"] if person == "ines" else []), "enter")
        await at.on("account")


async def test_home_without_feedback_says_who_does_not_answer(console: Opens, panel: Panel) -> None:
    panel.silent = frozenset({"feedback"})
    async with console("en", "bernard") as at:
        await at.until(lambda: "✕ feedback does not answer" in at.text)
        assert "reports on time" not in at.text


async def test_a_project_leads_to_its_decisions(console: Opens) -> None:
    async with console("en", "claire") as at:
        at.app.open_project(str(CARD.id))
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
            for action in held_on(name):
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
