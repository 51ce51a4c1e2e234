"""Signing in by code (RFC 8628) survives gateways, and short-lived tokens are renewed."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from console.client import renewal
from console.client.problems import SignedOut, Unreachable
from console.client.sign_in import DeviceCode, Issuer, SignedIn

URL = "https://login.example"
CODE = DeviceCode("d1", "WDJB-MJHT", f"{URL}/activate", interval=5, expires_in=600)


def token() -> str:
    parts = ({"alg": "none"}, {"sub": "u1", "name": "Claire", "roles": ["campaigns"]})
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*(part.rstrip("=") for part in encoded), ""])


GIVEN = httpx.Response(200, json={"access_token": token(), "expires_in": 300})
PENDING = httpx.Response(400, json={"error": "authorization_pending"})
# Answers that no issuer gives: a gateway's page, an empty body, a reset.
STUMBLES: dict[str, httpx.Response | Exception] = {
    "bad gateway": httpx.Response(502, html="<html>Bad Gateway</html>"),
    "unavailable": httpx.Response(503),
    "page instead of JSON": httpx.Response(200, html="<html>Welcome</html>"),
    "empty refusal": httpx.Response(400, text=""),
    "refusal without a reason": httpx.Response(403, json={"message": "blocked"}),
    "list": httpx.Response(200, json=[]),
    "token that is none": httpx.Response(200, json={"access_token": None}),
    "reset": httpx.ReadError("connection reset"),
    "time-out": httpx.ReadTimeout("too slow"),
    "busy": httpx.Response(429, json={"status": 429, "error": "Too Many Requests"}),
    "not ready": httpx.Response(400, json={"error": "temporarily_unavailable"}),
}


class FakeTime:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Scripted:
    """An issuer whose token endpoint gives these answers, the last one again and again."""

    def __init__(self, answers: Sequence[httpx.Response | Exception]) -> None:
        self.answers = list(answers)
        self.codes: list[str] = []
        self.time = FakeTime()
        self.issuer = Issuer(URL, clock=lambda: self.time.now, sleep=self.time.sleep)
        self.issuer._http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"token_endpoint": f"{URL}/token"})
        form = httpx.QueryParams(request.content.decode())
        self.codes.append(form.get("device_code") or form.get("refresh_token", ""))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("stumble", STUMBLES)
async def test_a_gateway_that_stumbles_does_not_end_the_code_that_somebody_is_typing(
    stumble: str,
) -> None:
    script = Scripted([STUMBLES[stumble], PENDING, STUMBLES[stumble], STUMBLES[stumble], GIVEN])
    person = await script.issuer.wait(CODE)
    assert person.name == "Claire"
    assert person.roles == {"campaigns"}
    assert set(script.codes) == {CODE.device_code}


async def test_an_issuer_out_of_reach_is_asked_less_and_less_until_the_code_ends() -> None:
    script = Scripted([httpx.ConnectError("refused")])
    with pytest.raises(SignedOut):
        await script.issuer.wait(CODE)
    first, *_, last = script.time.pauses[1:]
    assert CODE.interval < first < last <= CODE.interval + 30
    assert script.time.now <= CODE.expires_in


@pytest.mark.parametrize(
    "error", ["access_denied", "expired_token", "invalid_grant", "invalid_client"]
)
async def test_a_refusal_of_the_issuer_itself_ends_the_code(error: str) -> None:
    script = Scripted([PENDING, httpx.Response(400, json={"error": error})])
    with pytest.raises(SignedOut):
        await script.issuer.wait(CODE)
    assert len(script.codes) == 2


async def test_slow_down_makes_every_later_pause_longer() -> None:
    script = Scripted([httpx.Response(400, json={"error": "slow_down"}), PENDING, GIVEN])
    await script.issuer.wait(CODE)
    assert script.time.pauses == [5, 10, 10]


SIGNED_IN = SignedIn("t1", "Claire", frozenset(), refresh_token="r1", expires_in=300)


async def test_a_token_is_renewed_before_it_ends_without_asking_the_person() -> None:
    renewals = [
        httpx.Response(
            200, json={"access_token": token(), "refresh_token": "r2", "expires_in": 30}
        ),
        httpx.Response(502),
        GIVEN,
        httpx.Response(400, json={"error": "invalid_grant"}),
    ]
    script = Scripted(renewals)
    fresh: list[SignedIn] = []
    await renewal.keep_fresh(script.issuer, SIGNED_IN, fresh.append, script.time.sleep)
    # The second answer names no refresh token: the former one stays in force.
    assert [person.refresh_token for person in fresh] == ["r2", "r2"]
    assert script.codes == ["r1", "r2", "r2", "r2"]
    assert script.time.pauses == [280, 15, renewal._AGAIN_SECONDS, 280]


async def test_nothing_is_renewed_where_the_issuer_gave_nothing_to_renew_with() -> None:
    script = Scripted([GIVEN])
    fresh: list[SignedIn] = []
    without = replace(SIGNED_IN, refresh_token=None)
    await renewal.keep_fresh(script.issuer, without, fresh.append, script.time.sleep)
    with pytest.raises(SignedOut):
        await script.issuer.renew(without)
    assert not fresh
    assert not script.codes


async def test_an_issuer_that_stumbles_while_renewing_ends_no_session() -> None:
    for stumble in STUMBLES.values():
        with pytest.raises(Unreachable):
            await Scripted([stumble]).issuer.renew(SIGNED_IN)


def test_neither_token_is_shown_when_a_session_is_printed() -> None:
    assert "r1" not in repr(SIGNED_IN)
    assert "t1" not in repr(SIGNED_IN)
