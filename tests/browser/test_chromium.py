"""Chromium is found or installed, or a sentence explains how to install it."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser import chromium as browsers


def test_the_configured_browser_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_CHROMIUM", "/opt/chromium")
    assert browsers.find_or_install() == "/opt/chromium"


def test_a_missing_browser_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Sequence[str]] = []

    def run(command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(browsers, "_find", lambda: "/usr/bin/chromium" if ran else None)
    monkeypatch.setattr(subprocess, "run", run)
    assert browsers.find_or_install() == "/usr/bin/chromium"


def test_without_any_browser_a_sentence_explains_what_to_install(
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
            script = f"async () => (await import('{path}')).word"
            assert await page.evaluate(script) == "panel"
        answer = await page.request.get(f"{url}/static/missing.js")
        assert answer.status == 404
