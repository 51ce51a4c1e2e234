"""A decision signed, the report written and published, and the follow-up, at the keyboard."""

from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion

from console.words import Language
from services.contracts.events.feedback import Progress
from services.contracts.http.campaigns import DutyCounts
from services.contracts.http.common import Problem
from services.contracts.http.feedback import DecisionPhase
from tests.console.conftest import Opens
from tests.console.recorded.deciding import REMINDER, SATURDAY
from tests.console.recorded.panel import CARD, Panel
from tests.support.console_keys import LANGUAGES, still, text_of, to_account, to_form, to_report

DUTIES = DutyCounts(report_version=1, owed=37, sent=171, undeliverable=1, exempt=3)
NOT_THE_MAKER = Problem(
    title="SignedByAnother",
    status=403,
    detail="The mandate says that Mme Roussel decides.",
    way_out="Ask them to sign.",
)


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
        assert "The drafter does not sign" in at.text
    async with console("en", "ines") as at:
        await to_form(at)
        assert "The drafter does not sign" not in at.text


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
        other_version = panel.deciding.report.model_copy(update={"version": 4, "summary": "Theirs"})
        panel.deciding.report = other_version
        panel.refusal = Problem(title="ReportChanged", status=409, detail="It has changed.")
        await at.press("ctrl+s")
        await at.until(lambda: "rewrote the summary meanwhile: “Theirs”" in text_of(at))
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
        assert "A new version of the report and 1 revised decision" in text_of(at)
        assert "209 participants will get a notice" in text_of(at)


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
        await at.until(lambda: why in text_of(at))
        assert at.picture() == svg
        await at.press(*"Trop cher", "ctrl+s")
        await at.on("account")
        (step,) = panel.deciding.view(REMINDER.proposal_id).follow_up
        assert (step.progress, step.note) == (Progress.GIVEN_UP, "Trop cher")


async def test_what_was_done_has_no_further_step(console: Opens, panel: Panel) -> None:
    panel.deciding.publish()
    step = {"progress": "done", "note": None, "on": date(2026, 11, 23)}
    panel.deciding.change(REMINDER.proposal_id, follow_up=[step])
    async with console("en", "bernard") as at:
        await to_account(at)
        assert "✓ done" in at.text
        await at.press("u")
        await at.until(lambda: "nothing more is added" in at.text)
        await at.press("escape", "down", "down", "u")
        await at.until(lambda: "once a decision that retains" in at.text)
