"""The answer page by touch, by keyboard and by screen reader, in French and in English."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.answer_site import LETTER, Site, ticket
from tests.browser.chromium import FLAGS
from tests.browser.device import (
    DESK,
    WORDS,
    Device,
    accessible,
    answer,
    device,
    fill,
    send,
    to_credential,
    to_questions,
    to_review,
    visible_step,
)


def reach(page: Page, target: Locator, key: str = "Tab") -> None:
    """Press Tab until the element has the focus; each focused element is visible on the screen."""
    for _ in range(120):
        page.keyboard.press(key)
        if target.evaluate("(element) => element === document.activeElement"):
            focus = target.evaluate(
                "(element) => { const place = element.getBoundingClientRect();"
                " return place.top >= 0 && place.bottom <= innerHeight; }"
            )
            assert focus, "the focus is off the screen"
            return
    raise AssertionError(f"no way to {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    reach(page, target)
    page.keyboard.press(key)


def test_by_keyboard_alone_on_a_phone(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    visible_step(page, "before")
    press(page, page.get_by_role("button", name="J'ai compris, continuer"))
    expect(page.get_by_role("heading", level=1, name="Votre jeton anonyme")).to_be_focused()
    expect(page.locator("#credential-status")).to_have_text(
        "Votre jeton est prêt et enregistré sur cet appareil."
    )
    press(page, page.get_by_role("button", name="Répondre maintenant"))
    press(page, page.get_by_role("radio", name="Oui"), "Space")
    press(page, page.get_by_label("Du soulagement"), "Space")
    reach(page, page.get_by_label("Votre autre réponse"))
    page.keyboard.type("de la fatigue")
    reach(page, page.locator("#q-tone-0"))
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    press(page, page.get_by_role("button", name="La date limite"))
    expect(page.locator("#announce")).to_have_text("La date limite : rang 1 sur 4.")
    press(page, page.get_by_role("button", name="Ce qui se passe sinon"))
    press(page, page.get_by_role("button", name="Monter : Ce qui se passe sinon"))
    expect(page.locator("#announce")).to_have_text("Ce qui se passe sinon : rang 1 sur 4.")
    press(page, page.get_by_role("checkbox", name="Il manque l'attestation"), "Space")
    press(page, page.get_by_role("radio", name="C'est clair"), "Space")
    page.keyboard.press("ArrowDown")
    reach(page, page.get_by_role("textbox", name="Pourquoi ?"))
    page.keyboard.type("quel décret ?")
    reach(page, page.locator("#q-say"))
    page.keyboard.type("Plus court.")
    press(page, page.get_by_role("button", name="Relire avant d'envoyer"))
    expect(page.get_by_role("heading", level=1, name="Relire et envoyer")).to_be_focused()
    press(page, page.get_by_role("radio", name="Oui, elle peut être lue"), "Space")
    press(page, page.get_by_role("button", name="Envoyer ma réponse"))
    expect(
        page.get_by_role("heading", level=1, name="Votre réponse a bien été reçue")
    ).to_be_focused()
    receipt = page.locator("#receipt").inner_text()
    sent = site.contributions[receipt]
    # Positions count characters, an emoji as one; "art. 12" does not end a sentence.
    passage = "Il manque l'attestation prévue à l'art. 12 du décret."
    start = LETTER.index(passage)
    assert sent.agree_below_floor
    assert sent.questionnaire_version == 3
    assert sent.language is None
    assert sent.answers == {
        "received": {"chosen": ["yes"], "other": ""},
        "felt": {"chosen": ["relief"], "other": "de la fatigue"},
        "tone": 7,
        "order": ["risk", "when"],
        "letter": {
            "passages": [
                {
                    "start": start,
                    "end": start + len(passage),
                    "mark": "unclear",
                    "comment": "quel décret ?",
                },
            ],
            "comment": "",
        },
        "say": "Plus court.",
    }


@pytest.mark.parametrize(
    ("lang", "viewport", "scheme"),
    [("fr", {"width": 320, "height": 640}, "light"), ("en", DESK, "dark")],
)
def test_every_step_is_accessible(
    chrome: Browser, site: Site, lang: str, viewport: dict[str, int], scheme: str
) -> None:
    with device(chrome, viewport=viewport, color_scheme=scheme, locale=lang) as used:
        page = used.open(site.link(lang=lang))
        visible_step(page, "before")
        page.locator("details summary").first.click()
        accessible(page)
        to_credential(page)
        expect(page.locator("#private")).to_be_visible()
        accessible(page)
        page.locator("#answer-now").click()
        page.locator("#questions .main").click()
        expect(page.locator("#errors")).to_be_focused()
        accessible(page)
        page.locator("#q-received-option-yes").check()
        page.locator("#q-order-add-when").click()
        page.locator("#q-order-add-who").click()
        page.locator(".sentence", has_text="Faute de réponse").click()
        page.locator(".mark:visible input").nth(1).check()
        page.locator("#q-tone-3").check()
        page.locator("#q-say").fill(WORDS)
        accessible(page)
        page.locator("#questions .main").click()
        page.locator("#send").click()
        expect(page.locator("#floor-error")).to_be_visible()
        accessible(page)
        send(page)
        visible_step(page, "done")
        accessible(page)


def test_errors_are_reported_at_the_top_and_beside_each_question(
    chrome: Browser, site: Site
) -> None:
    with device(chrome, locale="en") as phone:
        page = phone.open(site.link(lang="en"))
        to_questions(page)
        page.locator("#questions .main").click()
        summary = page.locator("#errors")
        expect(summary).to_be_focused()
        expect(summary.get_by_role("heading")).to_have_text("2 answers need another look")
        text_field = page.get_by_role("textbox", name="6. What would you change?")
        expect(text_field).to_have_attribute("aria-invalid", "true")
        expect(text_field).to_have_accessible_description("This question needs an answer.")
        assert page.title().startswith("Error: ")
        address = page.url
        summary.get_by_role("link", name="What would you change?").click()
        assert page.url == address, "the ticket stays in the address"
        expect(text_field).to_be_focused()
        text_field.fill("Shorter.")
        expect(text_field).not_to_have_attribute("aria-invalid", "true")
        page.get_by_label("Yes", exact=True).check()
        for name in ("Worry", "Relief", "Another answer"):
            page.get_by_label(name, exact=True).check()
        page.locator("#questions .main").click()
        expect(page.locator("#q-felt-error")).to_have_text("Write your other answer.")
        page.get_by_label("Your other answer").fill("tired")
        expect(page.locator("#q-felt-error")).to_have_text("Choose 2 answers at most.")
        page.get_by_label("Worry").uncheck()
        page.locator("#questions .main").click()
        visible_step(page, "review")


def test_hidden_questions_are_not_submitted_but_stay_in_the_draft(
    chrome: Browser, site: Site
) -> None:
    with device(chrome, viewport=DESK) as desk:
        page = desk.open(site.link())
        to_questions(page)
        felt = page.locator("fieldset", has_text="Qu'avez-vous ressenti")
        expect(felt).to_be_hidden()
        expect(page.locator("#progress-words")).to_have_text("0 réponses sur 5 questions")
        page.locator("#q-received-option-yes").check()
        expect(felt).to_be_visible()
        page.locator("#q-felt-option-anger").check()
        expect(page.locator("#progress-words")).to_have_text("2 réponses sur 6 questions")
        fill(page)
        expect(felt).to_be_hidden()
        page.reload()
        visible_step(page, "questions")
        expect(page.locator("#q-felt-option-anger")).to_be_checked()
        page.locator("#questions .main").click()
        expect(page.locator("#answers")).not_to_contain_text("colère")
        send(page)
        visible_step(page, "done")
    [sent] = site.contributions.values()
    assert sent.answers == {"received": {"chosen": ["no"], "other": ""}, "say": WORDS}
    assert not sent.agree_below_floor


def test_a_draft_is_saved_while_typing_and_deleted_once_submitted(
    phone: Device, site: Site
) -> None:
    page = phone.open(site.link())
    to_questions(page)
    fill(page)
    page.locator("#q-tone-4").check()
    page.locator("#q-order-add-who").click()
    page.locator(".sentence", has_text="Faute de réponse").click()
    page.locator(".mark:visible textarea").fill("trop dur")
    page.close()  # without a warning
    page = phone.open(site.link(lang="en"))
    visible_step(page, "questions")
    expect(page.locator("#q-say")).to_have_value(WORDS)
    expect(page.locator("#q-tone-4")).to_be_checked()
    expect(page.locator(".ranked li")).to_contain_text(["Whom to ask"])
    expect(page.locator(".mark:visible textarea")).to_have_value("trop dur")
    page.locator(".mark:visible input").first.check()
    page.locator("#questions .main").click()
    send(page)
    visible_step(page, "done")
    stored = page.evaluate("Object.values(localStorage)")
    assert "merci" not in json.dumps(stored)
    page.reload()
    expect(visible_step(page, "done").locator("output")).to_have_text([*site.contributions])
    page.locator("#check").click()
    expect(page.locator("#checked")).to_have_text("Your response is counted.")


def test_texts_without_a_translation_are_marked_as_french(chrome: Browser, site: Site) -> None:
    with device(chrome, locale="en") as phone:
        page = phone.open(site.link(lang=""))
        assert page.locator("html").get_attribute("lang") == "en"
        expect(page.locator("#before")).to_contain_text("your local office, phone 3646")
        expect(page.locator("#before")).to_contain_text("18 December 2026")
        to_questions(page)
        option = page.get_by_role("button", name="Ce qui se passe sinon")
        assert option.locator("span").get_attribute("lang") == "fr"
        page.get_by_role("link", name="Français").click()
        assert page.locator("html").get_attribute("lang") == "fr"
        expect(visible_step(page, "before")).to_contain_text("votre caisse, au 3646")


def test_without_javascript_a_sentence_explains_the_need_for_it(
    chrome: Browser, chromium: str, site: Site
) -> None:
    without = chrome.browser_type.launch(
        executable_path=chromium, args=[*FLAGS, "--blink-settings=scriptEnabled=false"]
    )
    with device(without) as phone:
        page = phone.open(site.link())
        assert "c'est votre appareil, et lui seul" in page.locator("main").inner_text()
    without.close()


def test_the_back_button_of_the_browser_returns_to_the_previous_step(
    phone: Device, site: Site
) -> None:
    page = phone.open(site.link())
    to_review(page)
    for step in ("questions", "credential", "before"):
        page.go_back()
        visible_step(page, step)
    page.go_forward()
    visible_step(page, "credential")


def test_the_preview_of_staff_equals_the_page_and_submits_nothing(
    chrome: Browser, site: Site
) -> None:
    site.sheet = site.sheet.model_copy(update={"preview": True, "credential_key": None})
    with device(chrome, viewport=DESK) as desk:
        page = desk.open(site.link().partition("#")[0])
        expect(page.locator("#preview")).to_be_visible()
        to_review(page)
        expect(page.locator("#send")).to_be_disabled()
        accessible(page)
    assert site.credential_requests == 0


def test_an_image_is_displayed_and_commented_as_a_whole(phone: Device, site: Site) -> None:
    image: dict[str, Any] = {"text": None, "media_type": "image/png"}
    site.sheet = site.sheet.model_copy(
        update={"documents": [site.sheet.documents[0].model_copy(update=image)]}
    )
    page = phone.open(site.link())
    to_questions(page)
    expect(page.get_by_role("img", name="Courrier de relance, projet")).to_be_attached()
    page.get_by_label("Sur l'ensemble du document").fill("illisible")
    fill(page)
    page.locator("#questions .main").click()
    expect(page.locator("#answers")).to_contain_text("illisible")


def test_the_receipt_is_ready_at_the_end(chrome: Browser, site: Site) -> None:
    with device(chrome, permissions=["clipboard-read", "clipboard-write"]) as phone:
        page = phone.open(site.link(ticket("copied")))
        receipt = answer(page)
        assert receipt in site.contributions
        page.locator("#copy-receipt").click()
        expect(page.locator("#announce")).to_have_text("Copié.")
        assert page.evaluate("navigator.clipboard.readText()") == receipt
