"""Drafts survive a crash, for their writer alone; the exit status tells the truth."""

import json
import os
import stat
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import console.__main__ as program
from console.app import PanelConsole
from console.client.endpoints import SERVICES
from console.drafts.store import Drafts
from console.routes import LaunchRoute
from tests.console.conftest import At
from tests.console.recorded.panel import NOW, SCHOOL, Panel
from tests.console.recorded.services import stack
from tests.support.console_keys import to_decision_form

ISSUER = "https://issuer.example"


def drafts(folder: Path, subject: str = "ines") -> Drafts:
    store = Drafts(folder / "drafts")
    store.belong_to(ISSUER, subject)
    return store


def test_a_text_is_found_again_by_whoever_wrote_it_and_nobody_else(tmp_path: Path) -> None:
    drafts(tmp_path)["decision 1"] = {"reason": "À mi-mot…\n😀"}
    assert drafts(tmp_path) == {"decision 1": {"reason": "À mi-mot…\n😀"}}
    assert not drafts(tmp_path, "claire")
    other = Drafts(tmp_path / "drafts")
    other.belong_to("https://other.example", "ines")
    assert not other


def test_a_text_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    previous_umask = os.umask(0)
    try:
        drafts(tmp_path)["report 1"] = {"summary": "x"}
    finally:
        os.umask(previous_umask)
    (file,) = (tmp_path / "drafts").glob("*/*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_text_that_was_sent_leaves_nothing_behind(tmp_path: Path) -> None:
    store = drafts(tmp_path)
    store["report 1"] = {"summary": "x"}
    store.pop("report 1", None)
    store.pop("report 1", None)
    assert not drafts(tmp_path)
    assert not list((tmp_path / "drafts").glob("*/*"))


def test_one_unreadable_file_costs_no_other_text(tmp_path: Path) -> None:
    store = drafts(tmp_path)
    store["report 1"] = {"summary": "x"}
    store["report 2"] = {"summary": "y"}
    (tmp_path / "drafts").glob("*/*.json").__next__().write_text('{"of": "repo', encoding="utf-8")
    assert len(drafts(tmp_path)) == 1
    assert len(list((tmp_path / "drafts").glob("*/*.unreadable"))) == 1


def test_without_a_place_to_keep_them_texts_last_as_long_as_the_console(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("no folder", encoding="utf-8")
    store = drafts(tmp_path)
    store["report 1"] = {"summary": "x"}
    assert store == {"report 1": {"summary": "x"}}
    assert store.trouble
    assert not store.outlive_the_programme


@asynccontextmanager
async def opened(panel: Panel, folder: Path, person: str = "ines"):  # type: ignore[no-untyped-def]
    async with stack(panel) as endpoints:
        # The issuer's address is a new one at each start of the recorded services.
        store = Drafts(folder)
        belong_to = store.belong_to
        store.belong_to = lambda issuer, subject: belong_to(ISSUER, subject)  # type: ignore[method-assign]
        app = PanelConsole(endpoints, "en", sign_in_as=person, clock=lambda: NOW, drafts=store)
        app.animation_level = "none"
        async with app.run_test(size=(80, 24)) as pilot:
            at = At(app, pilot)
            await at.on("home")
            yield at


async def test_what_was_typed_when_the_console_was_killed_is_there_again(
    panel: Panel, tmp_path: Path
) -> None:
    async with opened(panel, tmp_path) as at:
        await to_decision_form(at)
        await at.on("writing-form")
        await at.press("tab", "end", *" Half a sent")
        # As a kill leaves it: nothing more is run.
        on_disk = [json.loads(file.read_text()) for file in tmp_path.glob("*/*.json")]
        assert any("Half a sent" in draft["fields"]["reason"] for draft in on_disk)
    async with opened(panel, tmp_path) as at:
        await to_decision_form(at)
        await at.on("writing-form")
        assert "Half a sent" in at.text
        await at.press("ctrl+s")
        await at.on("account")
        assert not list(tmp_path.glob("*/*.json")), "sent, hence no longer kept"


async def test_a_campaign_that_was_being_written_is_there_again_for_its_writer_alone(
    panel: Panel, tmp_path: Path
) -> None:
    async with opened(panel, tmp_path, "claire") as at:
        at.app.open(LaunchRoute(SCHOOL.id))
        await at.on("launch")
        await at.press(*"Half a wave")
        await at.press("escape", "q")
        await at.on("confirm")
        assert "comes back when" in at.text, "nothing is lost, and nobody is told that it is"
    for person, there in (("claire", True), ("ines", False)):
        async with opened(panel, tmp_path, person) as at:
            at.app.open(LaunchRoute(SCHOOL.id))
            await at.on("launch")
            assert ("Half a wave" in at.text) is there


class _Fails(RuntimeError):
    pass


@pytest.mark.parametrize("inside", [True, False])
def test_a_crash_ends_with_status_1_and_says_where_to_read_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    inside: bool,
) -> None:
    stack_file = tmp_path / "stack.json"
    address = {"url": "http://127.0.0.1:9"}
    services = dict.fromkeys(SERVICES, address)
    stack_file.write_text(json.dumps({"services": services, "issuer": address}), encoding="utf-8")

    def run(self: PanelConsole) -> None:
        secret = "the words of a participant"
        try:
            raise _Fails("unexpected")
        except _Fails as error:
            if not inside:
                raise
            self._exception = error
            self._return_code = 1
        del secret

    monkeypatch.setattr(PanelConsole, "run", run)
    monkeypatch.setattr(
        sys, "argv", ["console", "--stack", str(stack_file), "--state", str(tmp_path), "--lang=en"]
    )
    assert program.main() == 1
    output = capsys.readouterr().err
    (file,) = tmp_path.glob("crash-*.txt")
    assert str(file) in output
    assert len(output.splitlines()) == 1
    assert "Traceback" not in output
    assert "_Fails: unexpected" in file.read_text(encoding="utf-8")
    assert "words of a participant" not in file.read_text(encoding="utf-8").replace(
        'secret = "the words of a participant"', ""
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
