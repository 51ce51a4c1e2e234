"""The answer page keeps its security policy, and a badly timed close loses nothing."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.contracts.http.responses import AnswerPhase
from services.responses.submissions.response_page import ResponsePage
from tests.browser.answer_site import PROJECT, Site, signer, ticket
from tests.browser.device import (
    WORDS,
    Device,
    accessible,
    answer,
    device,
    fill,
    send,
    to_credential,
    to_review,
    visible_step,
)

MOST_BYTES = 60_000
INTERACTIVE_MS = 1000


def warned(page: Page, sentence: str) -> None:
    expect(page.locator(".warning[role=alert]:visible")).to_contain_text(sentence)


def ready_after(page: Page) -> float:
    """Milliseconds until the page's own mark, polled from outside: a wait inside the page would
    evaluate text as code, which the page's policy refuses."""
    mark: float | None = None
    while mark is None:
        page.wait_for_timeout(5)
        mark = page.evaluate("performance.getEntriesByName('ready')[0]?.startTime ?? null")
    return mark


def test_the_page_is_small_and_quickly_ready(chrome: Browser, site: Site) -> None:
    """First visits with an empty cache; the fastest of three counts, as the machine is shared."""
    times = []
    for _ in range(3):
        with device(chrome) as phone:
            page = phone.open(site.link())
            times.append(ready_after(page))
            sizes = page.evaluate(
                "['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))"
                ".map(({ name, transferSize }) => [name, transferSize])"
            )
        if min(times) < INTERACTIVE_MS:
            break
    weight = sum(size for _, size in sizes)
    print(f"{weight} bytes in {len(sizes)} files, ready after {min(times):.0f} ms")
    assert len(sizes) >= len(ResponsePage.load().static)
    assert weight < MOST_BYTES
    assert min(times) < INTERACTIVE_MS


def test_every_visitor_receives_the_same_bytes(site: Site) -> None:
    url = f"{site.responses}/answer/{PROJECT}"
    english = {"Accept-Language": "en"}
    first, second, other = (
        httpx.get(url, headers=headers)
        for headers in (english, {**english, "User-Agent": "another", "Cookie": "me=1"}, {})
    )
    assert first.content == second.content
    assert httpx.get(
        f"{site.responses}/answer/{signer().public.size}", headers=english
    ).content == (first.content)
    assert other.headers["content-language"] == "fr"
    for answered in (first, other):
        assert "set-cookie" not in answered.headers
        assert "Accept-Language" in answered.headers["vary"]


def test_no_code_is_inline_and_every_file_has_its_digest(site: Site) -> None:
    answered = httpx.get(f"{site.responses}/answer/{PROJECT}")
    policy = answered.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {site.campaigns};" in policy
    assert "unsafe" not in policy
    tags = re.findall(r"<(?:script|link)\b[^>]*>", answered.text)
    loaded = [tag for tag in tags if 'rel="icon"' not in tag]
    assert len(loaded) == len([name for name in ResponsePage.load().static if "svg" not in name])
    assert all('integrity="sha384-' in tag for tag in loaded)
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://|<script[^>]*>[^<]", answered.text)


@pytest.mark.parametrize("name", ["answer.js", "credential.js", "dom.js"])
def test_a_changed_script_does_not_run(chrome: Browser, site: Site, name: str) -> None:
    """Including a module that only another module imports."""
    original = ResponsePage.load().static[name].content
    site.changed[name] = original + b"\ndocument.title = 'changed';\n"
    with device(chrome) as phone:
        page = phone.open(site.link())
        page.wait_for_load_state("networkidle")
        assert "changed" not in page.title()
        expect(page.locator("#loading")).to_contain_text("rechargez la page")
        assert any("integrity" in error for error in phone.errors)
        phone.errors.clear()


def test_a_module_without_a_digest_does_not_run(chrome: Browser, site: Site) -> None:
    """Integrity-Policy enforces it in browsers that know it; the page lists every module."""
    with device(chrome) as phone:

        def forget(route: Any) -> None:
            fetched = route.fetch()
            html = re.sub(r"<link[^>]*device\.js[^>]*>", "", fetched.text())
            route.fulfill(response=fetched, body=html)

        phone.context.route("**/answer/*?lang=fr", forget)
        page = phone.open(site.link())
        page.wait_for_load_state("networkidle")
        expect(page.locator("#loading")).to_be_visible()
        [(url, why)] = phone.failed
        assert url.endswith("/device.js")
        assert why == "integrity"


def test_a_changed_style_is_not_applied(chrome: Browser, site: Site) -> None:
    site.changed["answer.css"] = b"body { display: none }"
    with device(chrome) as phone:
        visible_step(phone.open(site.link()), "before")
        assert any("integrity" in error for error in phone.errors)
        phone.errors.clear()


def test_responses_receives_nothing_that_identifies_the_member(phone: Device, site: Site) -> None:
    """Responses receives no ticket, seed, cookie or referrer; no other server receives anything."""
    mine = ticket("secret-invitation")
    page = phone.open(site.link(mine))
    answer(page)
    [stored] = page.evaluate("Object.values(localStorage).map((text) => JSON.parse(text))")
    assert phone.context.cookies() == []
    requests = phone.requests
    assert all(url.startswith((site.responses, site.campaigns)) for url in requests)
    exchanges = "\n".join(site.exchanges)
    assert stored["seed"]
    for private in (mine, mine.split(".")[1], stored["seed"], "cookie", "referer"):
        assert private not in exchanges
    assert [*site.requests] == [mine]


def test_a_lost_credential_is_requested_again_automatically(phone: Device, site: Site) -> None:
    site.lost = True
    page = phone.open(site.link())
    to_credential(page)
    warned(page, "Le serveur ne répond pas. La page continue d'essayer")
    site.lost = False
    page.get_by_role("button", name="Réessayer maintenant").click()
    expect(page.locator("#private")).to_be_visible()
    assert site.credential_requests >= 2
    assert len(site.requests) == 1


def test_a_browser_closed_too_early_sends_the_same_request_again(phone: Device, site: Site) -> None:
    """With another seed, the second request would be refused."""
    site.lost = True
    page = phone.open(site.link(ticket("closed", mail=1)))
    to_credential(page)
    warned(page, "Le serveur ne répond pas")
    page.close()
    site.lost = False
    # The link of the reminder differs, for the same invitation.
    site.requests[ticket("closed", mail=2)] = site.requests[ticket("closed", mail=1)]
    answer(phone.open(site.link(ticket("closed", mail=2))))


def test_the_private_link_continues_on_another_device_and_shows_the_receipt(
    chrome: Browser, site: Site
) -> None:
    with device(chrome) as phone, device(chrome) as desk:
        page = phone.open(site.link())
        to_credential(page)
        expect(page.locator("#private")).to_be_visible()
        link = page.locator("#private-link").input_value()
        assert link.startswith(f"{site.responses}/answer/{PROJECT}#{ticket('invitation')}.")
        receipt = answer(desk.open(link))
        page.reload()
        visible_step(page, "before")  # this device has no record; the private link has
        page = phone.open(link)
        to_review(page)
        send(page)
        expect(page.locator("#already")).to_be_visible()
        expect(page.locator("#receipt")).to_have_text(receipt)
        with device(chrome) as third:
            page = third.open(link)
            expect(visible_step(page, "done").locator("output")).to_have_text(receipt)
    assert len(site.contributions) == 1


def test_the_author_sees_that_the_contribution_was_read_and_where_a_personal_case_goes(
    phone: Device, chrome: Browser, site: Site
) -> None:
    page = phone.open(site.link())
    to_credential(page)
    expect(page.locator("#private")).to_be_visible()
    link = page.locator("#private-link").input_value()
    page.locator("#answer-now").click()
    fill(page)
    page.locator("#questions .main").click()
    send(page)
    final_step = visible_step(page, "done")
    expect(final_step.locator("#became-read")).to_be_hidden()
    site.fate = "read"
    final_step.locator("#check").click()
    expect(final_step.locator("#became-read")).to_be_visible()
    expect(final_step.locator("#became-personal")).to_be_hidden()
    site.fate = "personal_cases"
    with device(chrome) as another:  # by the private link alone
        page = another.open(link)
        expect(visible_step(page, "done").locator("#became-personal")).to_contain_text("3646")
        accessible(page)
    (sent,) = site.contributions.values()
    requests = [line for line in site.exchanges if "echoes.json" in line]
    assert requests
    assert sent.echo
    assert not any(sent.echo in line for line in requests), "asking tells nothing about who asks"


def test_another_device_without_the_private_link_lists_the_ways_out(
    chrome: Browser, site: Site
) -> None:
    with device(chrome) as phone, device(chrome) as desk:
        first = phone.open(site.link())
        to_credential(first)
        expect(first.locator("#private")).to_be_visible()
        link = first.locator("#private-link").input_value()
        page = desk.open(site.link())
        to_credential(page)
        warned(page, "Votre jeton anonyme a déjà été remis")
        warned(page, "Ouvrez le lien privé que la page vous avait donné")
        page.goto(link)  # the suggested way out, in the same tab: only the fragment changes
        visible_step(page, "before")
        answer(page)


def test_a_refused_link_displays_the_reason_of_campaigns(phone: Device, site: Site) -> None:
    page = phone.open(site.link("old"))
    to_credential(page)
    warned(page, "Ce lien n'est pas valable.")
    warned(page, "Ouvrez le lien du message.")


def test_a_key_for_one_member_alone_stops_the_page(phone: Device, site: Site) -> None:
    """A signer that gave one member another key could recognise the response."""
    site.key = signer(1)
    page = phone.open(site.link())
    to_credential(page)
    warned(page, "n'a pas été faite avec la clé commune à tous")
    expect(page.locator("#answer-now")).to_be_hidden()


def test_a_response_is_submitted_when_the_network_returns(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    phone.context.set_offline(True)
    send(page)
    warned(page, "La page continue d'essayer ; vous ne perdez rien.")
    phone.context.set_offline(False)  # the browser signals it, and the page retries at once
    visible_step(page, "done")
    expect(page.locator("#already")).to_be_hidden()
    assert len(site.contributions) == 1


def test_a_submitted_response_with_a_lost_receipt_is_recognised(phone: Device, site: Site) -> None:
    """Even after the end of collection, because it arrived in time."""
    page = phone.open(site.link())
    to_review(page)
    site.lost = True
    send(page)
    warned(page, "Si votre réponse est déjà arrivée, elle compte")
    page.close()
    site.lost = False
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.OVER})
    page = phone.open(site.link())
    expect(visible_step(page, "done").locator("output")).to_have_text([*site.contributions])
    assert len(site.contributions) == 1


def test_a_late_response_is_refused_and_its_text_stays(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.OVER})
    send(page)
    warned(page, "La participation est terminée.")
    page.reload()
    expect(visible_step(page, "closed")).to_contain_text("Elle s'est terminée le 18 décembre 2026")
    expect(page.locator("#closed-draft .own-words")).to_have_text(WORDS)
    assert site.contributions == {}


def test_a_page_before_the_start_asks_to_come_back(phone: Device, site: Site) -> None:
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.NOT_YET})
    expect(visible_step(phone.open(site.link()), "closed")).to_contain_text(
        "Revenez avec le même lien"
    )


def test_a_link_cut_off_by_a_mail_program_is_recognised(phone: Device, site: Site) -> None:
    page = phone.open(site.link().partition("#")[0])
    expect(visible_step(page, "closed")).to_contain_text("Ouvrez le lien directement")


def test_a_browser_without_storage_warns_and_still_works(chrome: Browser, site: Site) -> None:
    with device(chrome) as phone:
        phone.context.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() {"
            " throw new DOMException('refused', 'SecurityError'); } })"
        )
        page = phone.open(site.link())
        expect(page.locator("#kept-nowhere")).to_be_visible()
        answer(page)


def test_two_people_on_one_device_submit_one_response_each(phone: Device, site: Site) -> None:
    receipts = {answer(phone.open(site.link(ticket(name)))) for name in ("one", "two")}
    assert receipts == {*site.contributions}
    assert len(receipts) == 2


def test_a_shared_device_deletes_its_data_on_demand(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    page.locator("#forgetting summary").click()
    page.locator("#forget").click()
    visible_step(page, "closed")
    assert page.evaluate("localStorage.length") == 0


def test_submitted_text_never_runs_as_code(phone: Device, site: Site) -> None:
    attack = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    site.sheet = site.sheet.model_copy(update={"title": attack})
    page = phone.open(site.link())
    to_review(page)
    page.go_back()
    page.locator("#q-say").fill(attack)
    page.locator("#questions .main").click()
    expect(page.locator("#answers")).to_contain_text(attack)
    send(page)
    visible_step(page, "done")
    assert "taken" not in page.title().replace(attack, "")
    [sent] = site.contributions.values()
    assert sent.answers["say"] == attack
