"""A member's device: a browser profile, and what a member does with the answer page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

PHONE = {"width": 360, "height": 640}
DESK = {"width": 1200, "height": 900}
WORDS = "Dire d'abord ce qui manque.\n\nEt <b>merci</b> 🙂."
AXE = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}
# What the page may log: a server that a test switched off.
EXPECTED = ("Failed to load resource",)


class Device:
    """`errors` are those of the browser's console, such as a broken policy."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.failed: list[tuple[str, str | None]] = []

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        page.on("requestfailed", lambda lost: self.failed.append((lost.url, lost.failure)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(url)
        return page

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith(EXPECTED):
            self.errors.append(said.text)

    def clean(self) -> None:
        """As if it were new, but for what every visitor gets alike: the files of the page."""
        *others, last = self.context.pages or [self.context.new_page()]
        session = self.context.new_cdp_session(last)
        session.send(
            "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,cookies"}
        )
        for page in (*others, last):
            page.close()


@contextmanager
def device(chrome: Browser, **how: Any) -> Iterator[Device]:
    how = {"viewport": PHONE, "locale": "fr", "reduced_motion": "reduce", **how}
    context = chrome.new_context(**how)
    try:
        used = Device(context)
        yield used
        assert used.errors == []
    finally:
        context.close()


def shown(page: Page, step: str) -> Locator:
    section = page.locator(f"#{step}")
    expect(section).to_be_visible()
    return section


def to_credential(page: Page) -> None:
    shown(page, "before").get_by_role("button").click()
    shown(page, "credential")


def to_questions(page: Page) -> None:
    to_credential(page)
    page.locator("#answer-now").click()
    shown(page, "questions")


def fill(page: Page) -> None:
    """The two answers that are asked for."""
    page.locator("#q-received-option-no").check()
    page.locator("#q-say").fill(WORDS)


def to_review(page: Page) -> None:
    to_questions(page)
    fill(page)
    page.locator("#questions .main").click()
    shown(page, "review")


def send(page: Page, agree: bool = False) -> None:
    page.locator(f"#floor input[value={'yes' if agree else 'no'}]").check()
    page.locator("#send").click()


def answer(page: Page) -> str:
    """From the first words to the receipt."""
    to_review(page)
    send(page)
    shown(page, "done")
    return page.locator("#receipt").inner_text()


def accessible(page: Page) -> None:
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "the page is wider than the screen"
