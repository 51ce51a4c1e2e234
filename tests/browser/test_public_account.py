"""The public account in a browser: both languages, a phone, the keyboard, a screen reader."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.account_site import AccountSite, published
from tests.browser.device import DESK, PHONE, accessible, device
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def account(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AccountSite]:
    with published(postgres_server, tmp_path_factory.mktemp("account")) as site:
        yield site


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"), [("fr", PHONE, "light"), ("en", DESK, "dark")]
)
def test_every_page_is_accessible(
    chrome: Browser, account: AccountSite, language: str, viewport: dict[str, int], scheme: str
) -> None:
    with device(chrome, viewport=viewport, locale=language, color_scheme=scheme) as used:
        for name, path in account.pages().items():
            page = used.open(account.url + path)
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(page.locator("h1")).to_have_count(1)
            assert page.locator("script").count() == 0, name
            assert page.title().endswith(("Panel usagers", "Citizen panel")), name
            accessible(page)
            page.close()


def test_it_fits_narrow_screens_and_large_letters_in_english_too(
    chrome: Browser, account: AccountSite
) -> None:
    with device(chrome, viewport={"width": 320, "height": 640}, locale="en") as used:
        for name, path in account.pages().items():
            page = used.open(account.url + path)
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wider <= 0, name
            page.close()


def test_the_keyboard_leads_from_the_skip_link_to_a_filtered_decision(
    chrome: Browser, account: AccountSite
) -> None:
    with device(chrome) as used:
        page = used.open(account.url + "/decisions")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Aller au contenu")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Décision", exact=True)).to_be_focused()
        page.keyboard.press("Tab")
        progress = page.get_by_label("Suite donnée")
        expect(progress).to_be_focused()
        page.keyboard.type("en retard")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{account.url}/decisions?outcome=&progress=overdue")
        page.get_by_role("link", name="Écrire plus gros").press("Enter")
        expect(page.get_by_role("main")).to_contain_text("Promesse en retard de 21 jours")


def test_a_chosen_language_stays_and_texts_of_the_administration_are_marked_french(
    chrome: Browser, account: AccountSite
) -> None:
    with device(chrome, locale="fr") as used:
        page = used.open(account.url + "/")
        page.get_by_role("link", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.get_by_role("link", name="Renouveler sa carte d'identité").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.get_by_role("heading", level=1).locator("span")).to_have_attribute("lang", "fr")
        expect(page.get_by_role("main")).to_contain_text("in place of M. Petit, préfet")


def test_screen_readers_learn_the_status_of_a_project(
    chrome: Browser, account: AccountSite
) -> None:
    with device(chrome, locale="en") as used:
        page = used.open(f"{account.url}/projects/{account.open}")
        current_step = page.locator("[aria-current=step]")
        expect(current_step).to_have_text("invitations now")
        expect(page.get_by_role("main")).to_contain_text("fewer than 5, drawn by lot")
        for region in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(region)).to_have_count(1)
