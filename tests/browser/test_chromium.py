"""The browser of these tests is there, or a sentence says how to have one."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser import chromium as browsers


def test_the_named_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_CHROMIUM", "/opt/chromium")
    assert browsers.find_or_install() == "/opt/chromium"


def test_what_is_missing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(browsers, "_find", lambda: "/usr/bin/chromium" if ran else None)
    monkeypatch.setattr(subprocess, "run", run)
    assert browsers.find_or_install() == "/usr/bin/chromium"


def test_when_nothing_helps_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(browsers, "_find", lambda: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: None)
    with pytest.raises(browsers.NoChromium, match="install the package `chromium`"):
        browsers.find_or_install()


async def test_a_page_sees_only_the_files_it_is_given(page: Page, tmp_path: Path) -> None:
    (tmp_path / "shown.js").write_text("export const word = 'panel';")
    with browsers.site({"/static/": tmp_path, "/one.js": tmp_path / "shown.js"}) as url:
        await page.goto(url)
        for path in ("/static/shown.js", "/one.js"):
            read = f"async () => (await import('{path}')).word"
            assert await page.evaluate(read) == "panel"
        answer = await page.request.get(f"{url}/static/missing.js")
        assert answer.status == 404
