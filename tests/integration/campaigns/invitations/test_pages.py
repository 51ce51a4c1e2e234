"""The members' pages over HTTP: GET shows the whole mandate and changes nothing, POST acts."""

from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey

from services.contracts.http.campaigns import CompensationSheet
from tests.support.campaigns import MANDATE
from tests.support.campaigns_site import ANSWERS, HTML, Site, invited


async def test_the_page_shows_the_whole_mandate_in_both_languages(site: Site) -> None:
    (row,) = await invited(site, places=12)
    french = await site.get(site.link(row))
    assert french.status_code == 200
    for sentence in (
        MANDATE.nature,
        MANDATE.why,
        MANDATE.stakes.replace("'", "&#39;"),
        MANDATE.objectives,
        MANDATE.purpose,
        MANDATE.decision_maker.name,
        MANDATE.decision_maker.role,
        MANDATE.who,
        MANDATE.how,
        "23 janvier 2027",
        "22 février 2027",
        "n&#39;est pas rémunérée",
        "anonyme",
        "situation personnelle",
        "Je participe",
        "Je ne participe pas",
    ):
        assert sentence in french.text, sentence
    assert '<html lang="fr">' in french.text
    english = await site.get(site.link(row), lang="en")
    assert "I take part" in english.text
    assert "23 January 2027" in english.text
    assert '<html lang="en">' in english.text


async def test_a_compensation_is_shown_with_its_reference(site: Site) -> None:
    paid = MANDATE.model_copy(
        update={"compensation": CompensationSheet(terms="30 euros", reference="Arrêté 12")}
    )
    (row,) = await invited(site, mandate=paid)
    page = await site.get(site.link(row))
    assert "30 euros" in page.text
    assert "Arrêté 12" in page.text
    assert "rémunérée" not in page.text


async def test_get_changes_nothing(site: Site) -> None:
    (row,) = await invited(site)
    rows = await site.all_rows()
    for _ in range(3):
        assert (await site.get(site.link(row))).status_code == 200
    for act in ("accept", "decline", "leave", "answer", "nonsense"):
        for request in (site.client.get, site.client.head):
            address = f"/invitations/{site.link(row)}/{act}"
            response = await request(address, headers=HTML, follow_redirects=True)
            assert response.status_code == 200, act
    assert await site.all_rows() == rows


async def test_accept_then_leave_by_the_buttons(site: Site) -> None:
    (row,) = await invited(site)
    token = site.link(row)
    page = await site.post(token, "accept")
    assert "Vous participez à ce projet" in page.text
    assert "Ne plus participer" in page.text
    assert "/accept" not in page.text
    rows = await site.all_rows()
    repeated = await site.post(token, "accept")
    assert "Vous participez à ce projet" in repeated.text, "sent twice, as by a double click"
    refused = await site.post(token, "decline")
    assert refused.status_code == 409
    assert "déjà accepté" in refused.text
    assert f"/invitations/{token}?lang=fr" in refused.text, "the way back"
    assert await site.all_rows() == rows
    page = await site.post(token, "leave")
    assert "Vous ne participez plus" in page.text
    assert "<button" not in page.text


@pytest.mark.parametrize(("act", "accepted"), [("decline", False), ("leave", True)])
async def test_the_page_warns_that_declining_and_leaving_are_final(
    site: Site, act: str, accepted: bool
) -> None:
    (row,) = await invited(site)
    token = site.link(row)
    if accepted:
        await site.post(token, "accept")
    rows = await site.all_rows()
    page = await site.get(token)
    assert f'href="/invitations/{token}/{act}?lang=fr"' in page.text
    assert "définitif" in page.text
    confirmation = await site.client.get(f"/invitations/{token}/{act}?lang=fr", headers=HTML)
    assert "C&#39;est définitif" in confirmation.text
    assert f'action="/invitations/{token}/{act}?lang=fr"' in confirmation.text
    assert f'href="/invitations/{token}?lang=fr"' in confirmation.text, "the way back"
    english = await site.client.get(f"/invitations/{token}/{act}?lang=en", headers=HTML)
    assert "This is final" in english.text
    assert await site.all_rows() == rows
    result = await site.post(token, act)
    assert result.status_code == 200
    assert "/accept" not in result.text
    refused = await site.post(token, "accept")
    assert refused.status_code == 409, "final, as was said"


async def test_accepting_redirects_to_the_response_page_with_the_ticket(
    site: Site,
) -> None:
    (row,) = await invited(site)
    token = site.link(row)
    page = await site.get(token)
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action 'self' {ANSWERS};" in policy, "browsers follow the redirect"
    for glued in ("", ".", "%3E"):
        led = await site.client.post(f"/invitations/{token}{glued}/accept?lang=en", headers=HTML)
        assert led.status_code == 303
        assert led.headers["location"] == (
            f"{ANSWERS}/answer/{row['project_id']}?lang=en#accepted.{token}"
        )


async def test_declining_confirms_that_later_odds_do_not_change(site: Site) -> None:
    (row,) = await invited(site)
    page = await site.post(site.link(row), "decline")
    assert "vos chances" in page.text
    assert "<button" not in page.text


async def test_a_full_project_shows_the_waiting_list(site: Site) -> None:
    first, second = await invited(site, 2, places=1)
    await site.post(site.link(first), "accept")
    page = await site.post(site.link(second), "accept")
    assert "liste d" in page.text
    assert "Vous participez" not in page.text


async def test_an_invalid_link_gets_an_error_page_and_changes_nothing(site: Site) -> None:
    mine, other = await invited(site, 2)
    good = site.link(mine)
    bad = {
        "expired": site.link(mine, days=-1),
        "tampered": good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB"),
        "cut off": good[: len(good) // 2],
        "signed by another key": site.link(mine, key=OKPKey.generate_key("Ed25519")),
        "meant for leaving": site.link(mine, purpose="leave"),
        "of another member": site.link(mine, member_id=other["member_id"]),
        "of nobody": site.link({"id": uuid4(), "member_id": uuid4()}),
        "nonsense": "x",
    }
    rows = await site.all_rows()
    for defect, token in bad.items():
        page = await site.get(token)
        assert page.status_code in (403, 404), defect
        assert "<html" in page.text, defect
        for act in ("accept", "decline", "leave"):
            refused = await site.post(token, act)
            assert refused.status_code in (403, 404), defect
            assert "Rien n&#39;a été changé" in refused.text, defect
    assert await site.all_rows() == rows


async def test_pages_work_by_keyboard_and_screen_reader_and_carry_no_script(site: Site) -> None:
    (row,) = await invited(site)
    page = await site.get(site.link(row))
    assert "<script" not in page.text
    assert page.text.count("<h1>") == 1
    assert page.text.count('<button class="main" type="submit">') == 1
    assert page.text.count('<form method="post"') == 1
    assert 'role="status"' in page.text
    assert "script" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_staff_routes_need_a_signed_in_person(site: Site) -> None:
    for method, path in (
        ("GET", "/api/projects"),
        ("POST", "/api/launches"),
        ("GET", "/api/today"),
    ):
        assert (await site.client.request(method, path)).status_code == 401
