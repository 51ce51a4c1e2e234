"""The pages behind members' links on the narrowest phone, by keyboard and by screen reader."""

from datetime import date
from importlib.resources import files
from types import SimpleNamespace as Shown
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from services.campaigns.invitations.rules import Act, InvitationStatus
from services.runtime.http.pages import Pages
from services.runtime.text import LANGUAGES, Language
from tests.browser.device import accessible

SMALL: ViewportSize = {"width": 320, "height": 568}
TOKEN = "eyJhbGciOiJFZDI1NTE5In0." + "a" * 120 + "." + "s" * 86
PROJECT = Shown(
    id="p",
    title="La lettre de relance de la caisse d'allocations familiales",
    nature="Relire une lettre",
    why="La lettre est mal comprise",
    stakes="Moins d'appels inutiles : https://exemple.fr/" + "une-adresse-" * 12,
    objectives="Une lettre claire",
    purpose="Réécrire la lettre",
    decision_maker_name="Anne Bernard",
    decision_maker_role="Directrice",
    decision_maker_account="a" * 32,
    who="Toute personne qui reçoit la lettre",
    how="En ligne, vingt minutes",
    places=12,
    compensation_terms="30 euros",
    compensation_reference="Arrêté 12",
    recruitment_ends_on=date(2027, 1, 23),
    collection_ends_on=date(2027, 2, 22),
)
ACTS = {
    InvitationStatus.INVITED: {Act.ACCEPT, Act.DECLINE},
    InvitationStatus.JOINED: {Act.RESPOND, Act.LEAVE},
    InvitationStatus.WAITING: {Act.LEAVE},
}


TEMPLATES = {
    "campaigns": "services.campaigns.invitations",
    "registry": "services.registry.member_space",
}


def rendered() -> list[tuple[str, str, dict[str, Any]]]:
    """Service, template and data of every page behind a member's link."""
    invitations: list[tuple[str, str, dict[str, Any]]] = [
        (
            "campaigns",
            "invitation.html",
            {
                "token": TOKEN,
                "situation": status,
                "acts": ACTS.get(status, set()),
                "invitation": Shown(free_places=0, credential_taken=taken),
                "project": PROJECT,
                "collects": True,
                "response_url": "https://answers.example/answer/p",
            },
        )
        for status in InvitationStatus
        for taken in ((False, True) if status is InvitationStatus.JOINED else (False,))
    ]
    return [
        *invitations,
        *(
            (
                "campaigns",
                "final.html",
                {
                    "token": TOKEN,
                    "act": act,
                    "situation": status,
                    "project": PROJECT,
                    "collects": True,
                    "invitation_page": f"/invitations/{TOKEN}",
                },
            )
            for act, status in (
                (Act.DECLINE, InvitationStatus.INVITED),
                (Act.LEAVE, InvitationStatus.JOINED),
                (Act.LEAVE, InvitationStatus.WAITING),
            )
        ),
        (
            "campaigns",
            "refused.html",
            {"sentence": "Non.", "way_out": "Autre chose.", "invitation_page": "/invitations/x"},
        ),
        (
            "registry",
            "leave.html",
            {"withdrawal": Shown(was_member=True, erased=False), "link": TOKEN},
        ),
        (
            "registry",
            "left.html",
            {"withdrawal": Shown(was_member=True, erased=False), "link": TOKEN},
        ),
        ("registry", "erase.html", {"link": TOKEN, "ticket": TOKEN, "invalid": False}),
        ("registry", "erase.html", {"link": TOKEN, "ticket": TOKEN, "invalid": True}),
        ("registry", "erased.html", {}),
    ]


def show(page: Page, service: str, name: str, language: Language, data: dict[str, Any]) -> None:
    style = files("services.runtime").joinpath("templates/panel.css").read_text()
    html = Pages(TEMPLATES[service]).text(name, language, **data)
    page.set_content(html.replace("</head>", f"<style>{style}</style></head>"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_accessible_and_complete_on_a_narrow_screen(
    chrome: Browser, language: Language
) -> None:
    page = chrome.new_page(viewport=SMALL)
    for service, name, data in rendered():
        show(page, service, name, language, data)
        expect(page.locator("h1")).to_have_count(1)
        accessible(page)
    page.close()


def test_a_missing_confirmation_is_announced_first_and_links_to_its_field(chrome: Browser) -> None:
    page = chrome.new_page(viewport=SMALL)
    show(page, "registry", "erase.html", "fr", {"link": TOKEN, "ticket": "t", "invalid": True})
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Erreur")
    box = page.get_by_role("checkbox")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_accessible_description("Cochez cette case pour confirmer.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.close()
