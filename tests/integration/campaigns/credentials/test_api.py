"""The endpoint that issues credentials, as a browser on the response page's origin meets it."""

import asyncio
import os
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc.jwk import OKPKey
from pydantic import SecretStr, ValidationError

from services.campaigns.settings import CampaignsSettings
from services.runtime.crypto.blind_rsa import (
    Request,
    base64url,
    finalize,
    from_base64url,
    request_from_seed,
)
from tests.support.campaigns import CREDENTIAL_KEYS
from tests.support.campaigns_site import ANSWERS, Site, advance, invited, public_key

Row = dict[str, Any]
SEED = bytes(range(32))


async def joined(site: Site, count: int = 1, **changes: Any) -> list[Row]:
    rows = await invited(site, count, **changes)
    for row in rows:
        await site.world.accept(row["id"], row["member_id"])
    return rows


async def request_of(site: Site, seed: bytes = SEED) -> Request:
    return request_from_seed(seed, await public_key(site))


async def post(
    site: Site,
    row: Row,
    blinded: bytes,
    project_id: UUID | None = None,
    ticket: str | None = None,
    language: str = "fr",
    origin: str = ANSWERS,
) -> httpx.Response:
    body = {
        "ticket": ticket or site.link(row, days=100),
        "project_id": str(project_id or row["project_id"]),
        "request": base64url(blinded),
    }
    return await site.client.post(
        "/credentials", json=body, headers={"Origin": origin, "Accept-Language": language}
    )


async def credentials(site: Site) -> int:
    return int(await site.world.value("SELECT count(*) FROM credential"))


async def test_one_seed_gives_one_request_and_one_signature_that_everybody_can_verify(
    site: Site,
) -> None:
    (row,) = await joined(site)
    first = await post(site, row, (await request_of(site)).blinded)
    # The browser was closed: only the seed remains.
    repeated = await post(site, row, (await request_of(site)).blinded)
    assert first.status_code == repeated.status_code == 200, first.text
    assert first.json() == repeated.json()
    request = await request_of(site)
    signature = finalize(await public_key(site), request, from_base64url(first.json()["signature"]))
    (await public_key(site)).verify(request.prepared, signature)
    assert await credentials(site) == 1
    # After recruitment too, as long as responses are accepted.
    await advance(site, 61)
    later = await post(site, row, request.blinded)
    assert later.json() == first.json()


async def test_twenty_concurrent_posts_leave_one_row_and_the_same_signature(
    site: Site,
) -> None:
    (row,) = await joined(site)
    blinded = (await request_of(site)).blinded
    answers = await asyncio.gather(*[post(site, row, blinded) for _ in range(20)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["signature"] for answer in answers}) == 1
    assert await credentials(site) == 1


async def test_another_device_is_refused_with_the_way_out_in_its_language(
    site: Site,
) -> None:
    (row,) = await joined(site)
    await post(site, row, (await request_of(site)).blinded)
    other = (await request_of(site, os.urandom(32))).blinded
    french = await post(site, row, other)
    assert french.status_code == 409
    assert french.headers["content-type"] == "application/problem+json"
    assert "lien privé" in french.json()["way_out"]
    english = await post(site, row, other, language="en-GB")
    assert "private link" in english.json()["way_out"]
    # A refusal can be read by the page that has to show it.
    assert english.headers["access-control-allow-origin"] == ANSWERS
    assert await credentials(site) == 1


async def test_a_refused_request_gets_its_reason_and_nothing_is_stored(site: Site) -> None:
    full, waiting = await joined(site, 2, places=1)
    (declining,) = await invited(site)
    await site.world.decline(declining["id"], declining["member_id"])
    blinded = (await request_of(site)).blinded
    good = site.link(full, days=100)
    foreign = site.link(full, key=OKPKey.generate_key("Ed25519"))
    for case, status, answer in (
        ("waiting", 409, await post(site, waiting, blinded)),
        ("declined", 409, await post(site, declining, blinded)),
        ("foreign", 403, await post(site, full, blinded, ticket=foreign)),
        ("expired", 403, await post(site, full, blinded, ticket=site.link(full, days=-1))),
        ("to leave", 403, await post(site, full, blinded, ticket=site.link(full, purpose="leave"))),
        ("cut off", 403, await post(site, full, blinded, ticket=good[:-9])),
        ("another project", 403, await post(site, full, blinded, declining["project_id"])),
        ("no project", 404, await post(site, full, blinded, full["id"])),
    ):
        assert answer.status_code == status, (case, answer.text)
        assert answer.json()["detail"], case
    await site.world.leave(full["id"], full["member_id"])
    assert (await post(site, full, blinded)).status_code == 409
    assert await credentials(site) == 0


async def test_a_first_credential_is_issued_after_recruitment_and_none_after_collection(
    site: Site,
) -> None:
    taken, late, too_late = await joined(site, 3)
    request = await request_of(site)
    assert (await post(site, taken, request.blinded)).status_code == 200
    await advance(site, 61)
    assert (await post(site, late, request.blinded)).status_code == 200
    await advance(site, 91)
    for row in (taken, too_late):
        over = await post(site, row, request.blinded)
        assert over.status_code == 409
        assert "terminé" in over.json()["detail"]
        assert "22/02/2027" in over.json()["detail"]


async def test_a_damaged_request_is_refused_and_costs_the_participant_nothing(
    site: Site,
) -> None:
    (row,) = await joined(site)
    key = await public_key(site)
    for blinded in (b"\0" * 384, b"\xff" * 384, key.modulus.to_bytes(384, "big"), b"x" * 385):
        answer = await post(site, row, blinded)
        assert answer.status_code == 422, answer.text
        assert "abîmée" in answer.json()["detail"]
    for body in (b"", b"{", b"[]", b'{"ticket": 1}'):
        answer = await site.client.post("/credentials", content=body)
        assert answer.status_code == 422
        assert answer.json()["detail"]
    fields = {"ticket": site.link(row), "project_id": str(row["project_id"])}
    for request in ("+" * 512, "é" * 512, "A" * 511, "A" * 684):
        answer = await site.client.post("/credentials", json=fields | {"request": request})
        assert answer.status_code == 422, request
    assert await credentials(site) == 0
    assert (await post(site, row, (await request_of(site)).blinded)).status_code == 200


async def test_a_large_body_is_not_read(site: Site) -> None:
    async def endless() -> Any:
        while True:
            yield b" " * 1000

    for content in (b" " * 5000, endless()):
        answer = await site.client.post("/credentials", content=content)
        assert answer.status_code == 413
        assert answer.json()["detail"]


async def test_only_the_response_page_may_request_and_nothing_but_credentials(
    site: Site,
) -> None:
    async def preflight(path: str, origin: str, method: str = "POST") -> httpx.Response:
        asking = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        }
        return await site.client.options(path, headers=asking)

    allowed = await preflight("/credentials", ANSWERS)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == ANSWERS
    assert "content-type" in allowed.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in allowed.headers
    for path, origin, method in (
        ("/credentials", "https://elsewhere.example", "POST"),
        ("/credentials", ANSWERS + ".elsewhere.example", "POST"),
        ("/credentials", "null", "POST"),
        ("/credentials", ANSWERS, "DELETE"),
        ("/api/projects", ANSWERS, "POST"),
        ("/invitations/x/accept", ANSWERS, "POST"),
    ):
        refused = await preflight(path, origin, method)
        assert refused.status_code >= 400, (path, origin)

    (row,) = await joined(site)
    blinded = (await request_of(site)).blinded
    answer = await post(site, row, blinded)
    assert answer.headers["access-control-allow-origin"] == ANSWERS
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["cache-control"] == "no-store"
    elsewhere = await post(site, row, blinded, origin="https://elsewhere.example")
    assert "access-control-allow-origin" not in elsewhere.headers
    page = await site.client.get(
        f"/invitations/{site.link(row)}", headers={"Origin": ANSWERS, "Accept": "text/html"}
    )
    assert "access-control-allow-origin" not in page.headers


async def test_the_invitation_links_to_the_response_page_each_time_it_is_opened(
    site: Site,
) -> None:
    first, second = await invited(site, 2, places=1)
    token = site.link(first, days=100)
    response_url = f"{ANSWERS}/answer/{first['project_id']}?lang=fr#{token}"
    assert response_url not in (await site.get(token)).text
    accepted = await site.post(token, "accept")
    for page in (accepted, await site.get(token)):
        assert f'<a class="main" href="{response_url}">Répondre maintenant</a>' in page.text
        assert "22 février 2027" in page.text
    assert "Respond now" in (await site.get(token, lang="en")).text
    waiting = await site.post(site.link(second), "accept")
    assert "/answer/" not in waiting.text
    await advance(site, 61)
    late = await site.get(token)
    assert response_url in late.text
    await advance(site, 91)
    assert response_url not in (await site.get(token)).text


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://answers.example/", "https://answers.example"),
        ("https://Answers.example:443", "https://answers.example"),
        ("http://127.0.0.1:8003", "http://127.0.0.1:8003"),
        ("https://panel.example/answers/", "https://panel.example"),
        ("http://[::1]:81", "http://[::1]:81"),
    ],
)
def test_the_origin_is_written_as_browsers_do(url: str, origin: str) -> None:
    assert settings(responses_url=url).responses_origin == origin


def test_invalid_settings_are_refused_at_startup() -> None:
    for wrong in (
        {"responses_url": "answers.example"},
        {"credential_keys": SecretStr("[]")},
        {"credential_keys": SecretStr('["c2hvcnQ="]')},
        {"credential_keys": SecretStr("secret")},
    ):
        with pytest.raises(ValidationError):
            settings(**wrong)


def settings(**changes: Any) -> CampaignsSettings:
    variables: dict[str, Any] = {
        "database_dsn": "postgresql://unused",
        "kafka_bootstrap": "unused:9092",
        "http_port": 1,
        "issuer": "http://unused",
        "link_public_keys": "[]",
        "credential_keys": CREDENTIAL_KEYS,
        "responses_url": ANSWERS,
    }
    return CampaignsSettings(**(variables | changes))
