"""Accepting stores the credential on that device, with a private link in case it is lost."""

import re

from playwright.sync_api import Browser, Page, expect

from services.contracts.http.questionnaires import Questionnaire
from tests.browser.answer_site import Site, ticket
from tests.browser.device import (
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

ACCEPTED = f"accepted.{ticket('invitation')}"
REFUSES = (
    "Object.defineProperty(window, 'localStorage', { get() {"
    " throw new DOMException('refused', 'SecurityError'); } })"
)
FULL = (
    "const before = Storage.prototype.setItem; Storage.prototype.setItem = function (name, value) {"
    " if (value.length > 900) throw new DOMException('full', 'QuotaExceededError');"
    " return before.call(this, name, value); }"
)
SMALL = {"width": 320, "height": 568}


def private_link(page: Page) -> str:
    expect(page.locator("#private-link")).to_be_visible()
    return page.locator("#private-link").input_value()


def test_accepting_requests_the_credential_on_that_device_at_once(
    phone: Device, site: Site
) -> None:
    page = phone.open(site.link(ACCEPTED))
    expect(visible_step(page, "before")).to_contain_text("Vous participez à ce projet")
    expect(page.locator("#joined-status")).to_have_text(re.compile("prêt et enregistré"))
    assert site.credential_requests == 1
    assert "accepted" not in page.url, "a bookmark is the link of the message"
    assert private_link(page).startswith(page.url.partition("?")[0])
    accessible(page)
    page.close()
    # Later, by the link of the confirmation on the same device.
    page = phone.open(site.link())
    to_credential_from_welcome(page)
    page.locator("#answer-now").click()
    fill(page)
    page.locator("#questions .main").click()
    send(page)
    visible_step(page, "done")
    assert len(site.contributions) == 1
    assert site.credential_requests == 1


def to_credential_from_welcome(page: Page) -> None:
    visible_step(page, "before").locator("[data-go=credential]").click()
    visible_step(page, "credential")
    expect(page.locator("#private")).to_be_visible()


def test_opening_a_link_requests_no_credential(phone: Device, site: Site) -> None:
    """Mail scanners that run scripts open the links of messages on other devices."""
    visible_step(phone.open(site.link()), "before")
    assert site.credential_requests == 0


def test_a_link_with_a_full_stop_glued_to_it_works(phone: Device, site: Site) -> None:
    page = phone.open(site.link(ticket("invitation") + "."))
    to_credential(page)
    link = private_link(page)
    page.close()
    page = phone.open(link + ">.")
    answer(page)
    assert [*site.requests] == [ticket("invitation")]


def test_an_unreachable_server_while_accepting_loses_no_credential(
    phone: Device, site: Site
) -> None:
    site.lost = True
    page = phone.open(site.link(ACCEPTED))
    expect(page.locator("#joined [role=alert]")).to_contain_text("vous ne perdez rien")
    site.lost = False
    page.get_by_role("button", name="Réessayer maintenant").click()
    expect(page.locator("#joined-status")).to_have_text(re.compile("prêt et enregistré"))
    private_link(page)


def test_a_device_that_may_delete_its_storage_warns_before_and_after(
    chrome: Browser, site: Site
) -> None:
    with device(chrome) as phone:
        page = phone.open(site.link(ACCEPTED))
        expect(visible_step(page, "before")).to_contain_text("après sept jours sans visite")
        link = private_link(page)
        to_credential_from_welcome(page)
        page.locator("#answer-now").click()
        page.locator("#q-say").fill("La moitié d'une réponse")
        phone.clean()
        # The link of the invitation, or of the confirmation: the seed is gone.
        page = phone.open(site.link(ticket("invitation")))
        to_credential(page)
        refused = page.locator("#credential [role=alert]")
        expect(refused).to_contain_text("ou à celui-ci, qui l'a oublié depuis")
        expect(refused).to_contain_text("Ouvrez le lien privé que la page vous avait donné")
        page.close()
        page = phone.open(link)
        answer(page)
    assert len(site.contributions) == 1


def test_a_browser_without_storage_requests_no_credential_by_itself(
    chrome: Browser, site: Site
) -> None:
    """The credential would be lost with the page, and there is no second one."""
    with device(chrome) as phone:
        phone.context.add_init_script(REFUSES)
        page = phone.open(site.link(ACCEPTED))
        expect(page.locator("#kept-nowhere")).to_be_visible()
        expect(page.locator("#joined-status")).to_contain_text("n'enregistrera pas votre jeton")
        assert site.credential_requests == 0
        to_credential_from_welcome(page)
        expect(page.locator("#credential-status")).to_contain_text("ne l'enregistre pas")
        link = private_link(page)
    with device(chrome) as other:
        answer(other.open(link))
    assert len(site.contributions) == 1


def test_a_full_storage_is_reported_and_the_response_can_be_submitted(
    chrome: Browser, site: Site
) -> None:
    with device(chrome) as phone:
        phone.context.add_init_script(FULL)
        page = phone.open(site.link())
        expect(page.locator("#kept-nowhere")).to_be_hidden()
        to_questions(page)
        page.locator("#q-received-option-no").check()
        page.locator("#q-say").fill(WORDS * 50)
        expect(page.locator("#kept-nowhere")).to_be_visible()
        page.locator("#q-say").fill(WORDS)  # there is space again
        page.locator("#questions .main").click()
        send(page)
        visible_step(page, "done")
    assert len(site.contributions) == 1


def test_a_refused_response_is_announced_and_its_button_does_not_move(
    chrome: Browser, site: Site
) -> None:
    with device(chrome, viewport=SMALL) as phone:
        page = phone.open(site.link())
        to_review(page)
        floor = page.locator("#floor")
        expect(floor).not_to_have_attribute("aria-invalid", "true")
        page.locator("#send").click()
        expect(floor).to_have_attribute("aria-invalid", "true")
        expect(floor).to_have_accessible_description(re.compile("Répondez à cette question"))
        expect(page.locator("#floor input").first).to_be_focused()
        assert page.title().startswith("Erreur")
        site.broken = True
        send(page)
        expect(page.locator("#review [role=alert]")).to_be_visible()
        expect(page.locator("#send")).to_be_focused()
        accessible(page)
        site.broken = False
        site.sheet = site.sheet.model_copy(update={"questionnaire_version": 4})
        site.refuses = True
        page.get_by_role("button", name="Réessayer maintenant").click()
        refused = page.locator("#review [role=alert]")
        expect(refused).to_be_focused()
        expect(refused).to_contain_text("trop longue")
        assert page.title().startswith("Erreur")
        accessible(page)


def test_each_kind_of_field_reports_its_error(chrome: Browser, site: Site) -> None:
    with device(chrome, viewport=SMALL) as phone:
        page = phone.open(site.link())
        to_questions(page)
        page.locator("#q-received-option-yes").check()
        page.locator("#q-felt-other").check()
        page.locator("#questions .main").click()
        expect(page.locator("#errors")).to_be_focused()
        text_field = page.locator("#q-felt-words")
        expect(text_field).to_have_attribute("aria-invalid", "true")
        expect(text_field).to_have_accessible_description(re.compile("Écrivez votre autre réponse"))
        expect(page.locator("[aria-invalid]")).to_have_count(2)
        accessible(page)
        page.locator("#errors").get_by_role("link").first.click()
        expect(text_field).to_be_focused()
        text_field.fill("De la lassitude")
        expect(page.locator("[aria-invalid]")).to_have_count(1)
        expect(text_field).not_to_have_attribute("aria-describedby", re.compile("error"))


def test_an_empty_response_moves_the_focus_to_the_first_question(phone: Device, site: Site) -> None:
    questions = site.sheet.questionnaire.model_dump()
    for question in questions["questions"]:
        question["required"] = False
    optional = Questionnaire.model_validate(questions)
    site.sheet = site.sheet.model_copy(update={"questionnaire": optional})
    page = phone.open(site.link())
    to_questions(page)
    page.locator("#questions .main").click()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors")).to_contain_text("Répondez à une question au moins")
    page.locator("#errors").get_by_role("link").click()
    expect(page.locator("#q-received-option-yes")).to_be_focused()
