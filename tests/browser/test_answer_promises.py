"""What the answer page must never do, and what nobody can lose by closing it at a bad moment."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from services.contracts.http.responses import AnswerPhase
from services.responses.submissions.answer_page import AnswerPage
from tests.browser.answer_site import PROJECT, Site, signer, ticket
from tests.browser.device import (
    WORDS,
    Device,
    accessible,
    answer,
    device,
    fill,
    send,
    shown,
    to_credential,
    to_review,
)

MOST_BYTES = 60_000
INTERACTIVE_MS = 1000


def warned(page: Page, words: str) -> None:
    expect(page.locator(".warning[role=alert]:visible")).to_contain_text(words)


def ready_after(page: Page) -> float:
    """Milliseconds until the page's own mark, asked for from outside: a wait inside the page would
    evaluate text as code, which the page's policy refuses."""
    mark: float | None = None
    while mark is None:
        page.wait_for_timeout(5)
        mark = page.evaluate("performance.getEntriesByName('ready')[0]?.startTime ?? null")
    return mark


def test_the_page_is_light_and_soon_ready(chrome: Browser, site: Site) -> None:
    """First visits, nothing in the cache. The quickest of three: others use this machine too."""
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
    assert len(sizes) >= len(AnswerPage.read().static)
    assert weight < MOST_BYTES
    assert min(times) < INTERACTIVE_MS


def test_everybody_gets_the_same_bytes(site: Site) -> None:
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


def test_nothing_is_inline_and_everything_has_its_digest(site: Site) -> None:
    answered = httpx.get(f"{site.responses}/answer/{PROJECT}")
    policy = answered.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' {site.campaigns};" in policy
    assert "unsafe" not in policy
    tags = re.findall(r"<(?:script|link)\b[^>]*>", answered.text)
    loaded = [tag for tag in tags if 'rel="icon"' not in tag]
    assert len(loaded) == len([name for name in AnswerPage.read().static if "svg" not in name])
    assert all('integrity="sha384-' in tag for tag in loaded)
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://|<script[^>]*>[^<]", answered.text)


@pytest.mark.parametrize("name", ["answer.js", "credential.js", "dom.js"])
def test_a_changed_script_does_not_run(chrome: Browser, site: Site, name: str) -> None:
    """Also one that is only imported by another."""
    own = AnswerPage.read().static[name].content
    site.changed[name] = own + b"\ndocument.title = 'changed';\n"
    with device(chrome) as phone:
        page = phone.open(site.link())
        page.wait_for_load_state("networkidle")
        assert "changed" not in page.title()
        expect(page.locator("#loading")).to_contain_text("rechargez la page")
        assert any("integrity" in error for error in phone.errors)
        phone.errors.clear()


def test_a_module_whose_digest_was_forgotten_does_not_run(chrome: Browser, site: Site) -> None:
    """The header Integrity-Policy holds where a browser knows it; the page names every module."""
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
        shown(phone.open(site.link()), "before")
        assert any("integrity" in error for error in phone.errors)
        phone.errors.clear()


def test_who_reads_answers_never_sees_who_writes(phone: Device, site: Site) -> None:
    """Responses sees no ticket, no seed, no cookie and no referrer; nobody else sees anything."""
    mine = ticket("secret-invitation")
    page = phone.open(site.link(mine))
    answer(page)
    [kept] = page.evaluate("Object.values(localStorage).map((text) => JSON.parse(text))")
    assert phone.context.cookies() == []
    asked = phone.asked
    assert all(url.startswith((site.responses, site.campaigns)) for url in asked)
    seen = "\n".join(site.seen)
    assert kept["seed"]
    for private in (mine, mine.split(".")[1], kept["seed"], "cookie", "referer"):
        assert private not in seen
    assert [*site.requests] == [mine]


def test_a_lost_credential_is_asked_for_again_by_itself(phone: Device, site: Site) -> None:
    site.lost = True
    page = phone.open(site.link())
    to_credential(page)
    warned(page, "Le serveur ne répond pas. La page continue d'essayer")
    site.lost = False
    page.get_by_role("button", name="Réessayer maintenant").click()
    expect(page.locator("#private")).to_be_visible()
    assert site.asked_of_campaigns >= 2
    assert len(site.requests) == 1


def test_a_browser_closed_too_early_asks_for_the_same_again(phone: Device, site: Site) -> None:
    """Had the seed changed, the second request would have been refused."""
    site.lost = True
    page = phone.open(site.link(ticket("closed", mail=1)))
    to_credential(page)
    warned(page, "Le serveur ne répond pas")
    page.close()
    site.lost = False
    # The reminder's link is another one, about the same invitation.
    site.requests[ticket("closed", mail=2)] = site.requests[ticket("closed", mail=1)]
    answer(phone.open(site.link(ticket("closed", mail=2))))


def test_the_private_link_goes_on_elsewhere_and_shows_the_receipt_there(
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
        shown(page, "before")  # this device cannot know; its private link can
        page = phone.open(link)
        to_review(page)
        send(page)
        expect(page.locator("#already")).to_be_visible()
        expect(page.locator("#receipt")).to_have_text(receipt)
        with device(chrome) as third:
            page = third.open(link)
            expect(shown(page, "done").locator("output")).to_have_text(receipt)
    assert len(site.contributions) == 1


def test_the_author_learns_that_it_was_read_and_where_a_personal_case_goes(
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
    done = shown(page, "done")
    expect(done.locator("#became-read")).to_be_hidden()
    site.fate = "read"
    done.locator("#check").click()
    expect(done.locator("#became-read")).to_be_visible()
    expect(done.locator("#became-personal")).to_be_hidden()
    site.fate = "personal_cases"
    with device(chrome) as another:  # by the private link alone
        page = another.open(link)
        expect(shown(page, "done").locator("#became-personal")).to_contain_text("3646")
        accessible(page)
    (sent,) = site.contributions.values()
    asked = [line for line in site.seen if "echoes.json" in line]
    assert asked
    assert sent.echo
    assert not any(sent.echo in line for line in asked), "asking tells nothing about who asks"


def test_another_device_without_the_link_is_told_the_ways_out(chrome: Browser, site: Site) -> None:
    with device(chrome) as phone, device(chrome) as desk:
        first = phone.open(site.link())
        to_credential(first)
        expect(first.locator("#private")).to_be_visible()
        link = first.locator("#private-link").input_value()
        page = desk.open(site.link())
        to_credential(page)
        warned(page, "Votre jeton anonyme a déjà été remis")
        warned(page, "Ouvrez le lien privé que la page vous avait donné")
        page.goto(link)  # the very way out, in the same tab: only the fragment changes
        shown(page, "before")
        answer(page)


def test_a_refused_link_says_what_campaigns_says(phone: Device, site: Site) -> None:
    page = phone.open(site.link("old"))
    to_credential(page)
    warned(page, "Ce lien n'est pas valable.")
    warned(page, "Ouvrez le lien du message.")


def test_a_key_of_ones_own_stops_the_page(phone: Device, site: Site) -> None:
    """A signer that gave this member another key could recognise the answer."""
    site.key = signer(1)
    page = phone.open(site.link())
    to_credential(page)
    warned(page, "n'a pas été faite avec la clé que tout le monde a")
    expect(page.locator("#answer-now")).to_be_hidden()


def test_an_answer_is_sent_when_the_network_is_back(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    phone.context.set_offline(True)
    send(page)
    warned(page, "La page continue d'essayer ; vous ne perdez rien.")
    phone.context.set_offline(False)  # the browser says so, and the page tries at once
    shown(page, "done")
    expect(page.locator("#already")).to_be_hidden()
    assert len(site.contributions) == 1


def test_an_answer_whose_receipt_got_lost_is_found_again(phone: Device, site: Site) -> None:
    """Also after the end: it arrived in time."""
    page = phone.open(site.link())
    to_review(page)
    site.lost = True
    send(page)
    warned(page, "Si votre réponse est déjà arrivée, elle compte")
    page.close()
    site.lost = False
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.OVER})
    page = phone.open(site.link())
    expect(shown(page, "done").locator("output")).to_have_text([*site.contributions])
    assert len(site.contributions) == 1


def test_too_late_is_said_and_what_was_typed_stays(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.OVER})
    send(page)
    warned(page, "La participation est terminée.")
    page.reload()
    expect(shown(page, "closed")).to_contain_text("Elle s'est terminée le 18 décembre 2026")
    expect(page.locator("#closed-draft .own-words")).to_have_text(WORDS)
    assert site.contributions == {}


def test_not_yet_open_says_to_come_back(phone: Device, site: Site) -> None:
    site.sheet = site.sheet.model_copy(update={"state": AnswerPhase.NOT_YET})
    expect(shown(phone.open(site.link()), "closed")).to_contain_text("Revenez avec le même lien")


def test_a_link_cut_off_by_a_mail_program_is_recognised(phone: Device, site: Site) -> None:
    page = phone.open(site.link().partition("#")[0])
    expect(shown(page, "closed")).to_contain_text("Ouvrez le lien directement")


def test_a_browser_that_keeps_nothing_says_so_and_still_works(chrome: Browser, site: Site) -> None:
    with device(chrome) as phone:
        phone.context.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() {"
            " throw new DOMException('refused', 'SecurityError'); } })"
        )
        page = phone.open(site.link())
        expect(page.locator("#kept-nowhere")).to_be_visible()
        answer(page)


def test_two_people_on_one_device_have_one_answer_each(phone: Device, site: Site) -> None:
    receipts = {answer(phone.open(site.link(ticket(name)))) for name in ("one", "two")}
    assert receipts == {*site.contributions}
    assert len(receipts) == 2


def test_a_borrowed_device_forgets_on_demand(phone: Device, site: Site) -> None:
    page = phone.open(site.link())
    to_review(page)
    page.locator("#forgetting summary").click()
    page.locator("#forget").click()
    shown(page, "closed")
    assert page.evaluate("localStorage.length") == 0


def test_what_is_written_is_never_read_as_a_program(phone: Device, site: Site) -> None:
    attack = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    site.sheet = site.sheet.model_copy(update={"title": attack})
    page = phone.open(site.link())
    to_review(page)
    page.go_back()
    page.locator("#q-say").fill(attack)
    page.locator("#questions .main").click()
    expect(page.locator("#answers")).to_contain_text(attack)
    send(page)
    shown(page, "done")
    assert "taken" not in page.title().replace(attack, "")
    [sent] = site.contributions.values()
    assert sent.answers["say"] == attack
