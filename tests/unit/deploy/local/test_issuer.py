"""Sign-in with the local issuer by the device grant (RFC 8628), as the console does."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.issuer import CODE_SECONDS, DEVICE_GRANT, PEOPLE, LocalIssuer, mint, person
from deploy.local.keys import keys_in
from services.contracts.http.common import Role
from services.runtime.http.staff_tokens import NotSignedIn, StaffTokens
from tests.support.running import free_port, listening


class Now:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Now:
    return Now()


@pytest.fixture
async def browser(tmp_path: Path, clock: Now) -> AsyncIterator[httpx.AsyncClient]:
    issuer = LocalIssuer(keys_in(tmp_path).issuer, "http://issuer", clock)
    transport = httpx.ASGITransport(issuer.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer") as client:
        yield client


async def begin(browser: httpx.AsyncClient) -> dict[str, Any]:
    answer = await browser.post("/device_authorization", data={"client_id": "panel-console"})
    started: dict[str, Any] = answer.json()
    return started


async def poll(browser: httpx.AsyncClient, device_code: str) -> dict[str, Any]:
    form = {"grant_type": DEVICE_GRANT, "device_code": device_code, "client_id": "panel-console"}
    answer: dict[str, Any] = (await browser.post("/token", data=form)).json()
    return answer


async def test_a_code_is_pending_until_approved_and_then_good_once(
    browser: httpx.AsyncClient,
) -> None:
    started = await begin(browser)
    assert await poll(browser, started["device_code"]) == {"error": "authorization_pending"}
    body = {"user_code": started["user_code"].lower(), "person": "claire"}
    assert (await browser.post("/approve", json=body)).is_success
    assert (await poll(browser, started["device_code"]))["token_type"] == "Bearer"
    assert await poll(browser, started["device_code"]) == {"error": "expired_token"}


async def test_a_code_expires(browser: httpx.AsyncClient, clock: Now) -> None:
    started = await begin(browser)
    clock.seconds += CODE_SECONDS
    assert await poll(browser, started["device_code"]) == {"error": "expired_token"}
    page = await browser.get("/device", params={"user_code": started["user_code"]})
    assert page.status_code == 404


async def test_the_page_lets_one_choose_who_signs_in(browser: httpx.AsyncClient) -> None:
    started = await begin(browser)
    page = await browser.get(started["verification_uri_complete"])
    assert all(person.name in page.text for person in PEOPLE)
    chosen = {"user_code": started["user_code"], "person": "hugo"}
    assert (await browser.post("/device", data=chosen)).is_success
    assert "access_token" in await poll(browser, started["device_code"])


@pytest.mark.parametrize("body", [{}, {"user_code": "NONE-SUCH", "person": "claire"}, []])
async def test_nothing_is_approved_by_a_wrong_request(
    browser: httpx.AsyncClient, body: object
) -> None:
    assert (await browser.post("/approve", json=body)).is_client_error


async def test_services_know_whom_the_issuer_signed_in(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    key = keys_in(tmp_path).issuer
    claire = person("claire")
    assert claire
    async with listening(LocalIssuer(key, url).app, url):
        tokens = StaffTokens(url, "panel")
        staff = await tokens.verify(mint(key, url, claire))
        assert (staff.name, staff.roles) == (
            "Claire D.",
            frozenset({Role.CAMPAIGNS, Role.OPERATIONS}),
        )
        with pytest.raises(NotSignedIn):
            await tokens.verify(mint(key, url, claire, instant=1_000))
        with pytest.raises(NotSignedIn):
            await tokens.verify(mint(keys_in(tmp_path / "other").issuer, url, claire))


def test_nobody_of_the_demonstration_holds_people_and_their_opinions() -> None:
    assert not any({Role.REGISTRY, Role.ANALYSIS} <= set(person.roles) for person in PEOPLE)
    assert {role for person in PEOPLE for role in person.roles} == set(Role)


def test_keys_are_made_once_and_are_nobody_elses_business(tmp_path: Path) -> None:
    first, second = keys_in(tmp_path), keys_in(tmp_path)
    assert (first.contact, first.lookup) == (second.contact, second.lookup)
    assert first.link_private == second.link_private
    assert '"d"' not in first.link_public
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
