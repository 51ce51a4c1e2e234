"""A member's device: a browser profile, and a member's actions on the answer page."""

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
# Allowed in the console: a server that a test switched off.
EXPECTED = ("Failed to load resource",)


class Device:
    """A browser profile; `errors` are those of the console, such as a violated policy."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.failed: list[tuple[str, str | None]] = []

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._record_error)
        page.on("requestfailed", lambda lost: self.failed.append((lost.url, lost.failure)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(url)
        return page

    def _record_error(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            self.errors.append(message.text)

    def clean(self) -> None:
        """Clear the storage; the cache of the page's files, equal for all visitors, stays."""
        *older_pages, last = self.context.pages or [self.context.new_page()]
        session = self.context.new_cdp_session(last)
        session.send(
            "Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "local_storage,cookies"}
        )
        for page in (*older_pages, last):
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


def visible_step(page: Page, step: str) -> Locator:
    section = page.locator(f"#{step}")
    expect(section).to_be_visible()
    return section


def to_credential(page: Page) -> None:
    visible_step(page, "before").get_by_role("button").click()
    visible_step(page, "credential")


def to_questions(page: Page) -> None:
    to_credential(page)
    page.locator("#answer-now").click()
    visible_step(page, "questions")


def fill(page: Page) -> None:
    """Answer the two required questions."""
    page.locator("#q-received-option-no").check()
    page.locator("#q-say").fill(WORDS)


def to_review(page: Page) -> None:
    to_questions(page)
    fill(page)
    page.locator("#questions .main").click()
    visible_step(page, "review")


def send(page: Page, agree: bool = False) -> None:
    page.locator(f"#floor input[value={'yes' if agree else 'no'}]").check()
    page.locator("#send").click()


def answer(page: Page) -> str:
    """Go from the introduction to the receipt."""
    to_review(page)
    send(page)
    visible_step(page, "done")
    return page.locator("#receipt").inner_text()


def accessible(page: Page) -> None:
    violations = Axe().run(page, options=AXE)
    assert violations.violations_count == 0, violations.generate_report()
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "the page is wider than the screen"
