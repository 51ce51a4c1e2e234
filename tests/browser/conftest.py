import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright
from playwright.sync_api import Browser as SyncBrowser
from playwright.sync_api import expect, sync_playwright

from tests.browser.answer_site import Site, running
from tests.browser.chromium import FLAGS, NoChromium, find_or_install
from tests.browser.device import Device, device

# On a busy machine a page may take longer than the default of five seconds.
expect.set_options(timeout=30_000)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install Chromium before the first test: it takes longer than a test may."""
    needed = any("chromium" in getattr(item, "fixturenames", ()) for item in session.items)
    if needed and not session.config.option.collectonly:
        with contextlib.suppress(NoChromium):  # the fixture reports it to the tests that need it
            find_or_install()


@pytest.fixture(scope="session")
def chromium() -> str:
    try:
        return find_or_install()
    except NoChromium as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        await launched.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A fresh page; the test fails if the page reported an error, such as a violated policy."""
    page = await browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if message.type == "error" else None
    )
    yield page
    assert errors == []


@pytest.fixture(scope="module")
def chrome(chromium: str) -> Iterator[SyncBrowser]:
    """One browser for the tests of a module, each in a profile (context) of its own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def both_services() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def site(both_services: Site) -> Site:
    both_services.renew()
    return both_services


@pytest.fixture(scope="module")
def drawer(chrome: SyncBrowser) -> Iterator[Device]:
    with device(chrome) as phone:
        yield phone


@pytest.fixture
def phone(drawer: Device) -> Iterator[Device]:
    """A member's phone, cleared between tests: a new profile per test would cost a second more."""
    drawer.requests.clear()
    drawer.failed.clear()
    yield drawer
    drawer.clean()
    errors, drawer.errors[:] = [*drawer.errors], []
    assert errors == []
