"""Staff tokens: one strange key locks nobody out, and a refusal names the part that was wrong."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey
from structlog.testing import capture_logs

from services.contracts.http.common import Role
from services.runtime.http.hints import HintHub
from services.runtime.http.issuer_keys import IssuerUnreachable
from services.runtime.http.staff_tokens import (
    LEEWAY_SECONDS,
    NotSignedIn,
    StaffTokens,
    display_name,
)
from tests.support.running import Issuer, listening

CASES = Path(__file__).parents[3] / "cases"
STRANGE: list[Any] = json.loads(
    (CASES / "43-one-strange-key-among-good-ones/strange-keys.json").read_text()
)
KEYCLOAK: list[dict[str, Any]] = json.loads(
    (CASES / "44-what-keycloak-puts-into-tokens/claims.json").read_text()
)
AUDIENCE = "panel"
KEY = OKPKey.generate_key("Ed25519", {"kid": "good"})
OTHER = ECKey.generate_key("P-256", {"kid": "good too"})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer(KEY)
    issuer.published = [KEY.as_dict(private=False), OTHER.as_dict(private=False)]
    async with listening(issuer.app(), issuer.url):
        yield issuer


def token(issuer: Issuer, key: Any = KEY, **changes: Any) -> str:
    """A token of Claire, with claims changed or, by None, left out."""
    moment = int(time.time())
    claims = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "claire",
        "name": "Claire D.",
        "roles": ["campaigns"],
        "iat": moment,
        "exp": moment + 300,
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    algorithm = "Ed25519" if key.key_type == "OKP" else "ES256"
    header = {"alg": algorithm, "kid": key.kid}
    return jwt.encode(header, claims, key, algorithms=[algorithm])


@pytest.mark.parametrize(
    "strange", STRANGE, ids=[str(k["kid"]) if isinstance(k, dict) else "text" for k in STRANGE]
)
async def test_one_strange_key_among_good_ones_locks_nobody_out(
    issuer: Issuer, strange: Any
) -> None:
    issuer.published = [strange, *issuer.published, strange]
    tokens = StaffTokens(issuer.url, AUDIENCE)
    assert (await tokens.verify(token(issuer))).roles == {Role.CAMPAIGNS}
    assert (await tokens.verify(token(issuer, OTHER))).subject == "claire"


@pytest.mark.parametrize(
    "strange",
    [
        {"kty": "EC", "crv": []},
        {"kty": "EC", "crv": {}, "kid": "good"},
        {"kty": {}, "kid": []},
        {"kty": "OKP", "crv": "Ed25519", "x": ["x"]},
    ],
    ids=str,
)
async def test_members_of_a_key_in_any_form_lock_nobody_out(issuer: Issuer, strange: Any) -> None:
    issuer.published = [strange, *issuer.published]
    assert (await StaffTokens(issuer.url, AUDIENCE).verify(token(issuer))).subject == "claire"


@pytest.mark.parametrize(
    "more",
    [{"x5c": "?"}, {"x5t": 7}, {"key_ops": ["verify"], "use": "sig"}, {"alg": None}],
    ids=str,
)
async def test_a_good_key_serves_whatever_else_its_entry_says(
    issuer: Issuer, more: dict[str, Any]
) -> None:
    issuer.published = [KEY.as_dict(private=False) | more]
    assert (await StaffTokens(issuer.url, AUDIENCE).verify(token(issuer))).subject == "claire"


async def test_strange_keys_alone_are_an_issuer_that_cannot_be_used(issuer: Issuer) -> None:
    issuer.published = STRANGE
    with pytest.raises(IssuerUnreachable):
        await StaffTokens(issuer.url, AUDIENCE).verify(token(issuer))


@pytest.mark.parametrize(
    "nonsense", [None, "keys", 7, {"kty": "OKP"}, [None], [[]], [{"kty": ["OKP"]}]]
)
async def test_a_key_set_that_is_none_leaves_the_former_keys_in_force(
    issuer: Issuer, nonsense: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runtime.http.staff_tokens._KEYS_LIVE_SECONDS", -1)
    tokens = StaffTokens(issuer.url, AUDIENCE)
    await tokens.verify(token(issuer))
    issuer.published = nonsense
    assert (await tokens.verify(token(issuer))).subject == "claire"


WRONG: dict[str, dict[str, Any]] = {
    "aud (invalid_claim)": {"aud": "account"},
    "aud (missing_claim)": {"aud": None},
    "iss (invalid_claim)": {"iss": "https://elsewhere.example"},
    "sub (missing_claim)": {"sub": None},
    "exp (missing_claim)": {"exp": None},
    "exp (expired_token)": {"exp": int(time.time()) - LEEWAY_SECONDS - 60},
    "iat (invalid_token)": {"iat": int(time.time()) + LEEWAY_SECONDS + 3600},
}


@pytest.mark.parametrize("part", WRONG)
async def test_the_log_names_the_claim_that_was_refused_and_nothing_personal(
    issuer: Issuer, part: str
) -> None:
    tokens = StaffTokens(issuer.url, AUDIENCE)
    with capture_logs() as logs, pytest.raises(NotSignedIn):
        await tokens.verify(token(issuer, **WRONG[part]))
    refusals = [entry for entry in logs if entry["event"] == "token_refused"]
    claim = part.partition(" ")[0]
    assert [entry["because"].partition(" ")[0] for entry in refusals] == [claim]
    assert "claire" not in str(logs).lower()


async def test_a_signature_of_another_key_is_named_in_the_log(issuer: Issuer) -> None:
    stranger = OKPKey.generate_key("Ed25519", {"kid": "good"})
    with capture_logs() as logs, pytest.raises(NotSignedIn):
        await StaffTokens(issuer.url, AUDIENCE).verify(token(issuer, stranger))
    assert "bad_signature" in [entry.get("because") for entry in logs]


@pytest.mark.parametrize("claims", KEYCLOAK, ids=[claims["why"][:40] for claims in KEYCLOAK])
async def test_tokens_as_keycloak_writes_them_are_accepted_or_refused_by_name(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    claims_of_token = {name: value for name, value in claims.items() if name not in ("why", "iss")}
    if claims_of_token.get("iat") == "now+45":
        claims_of_token["iat"] = int(time.time()) + 45
    without = dict.fromkeys(("aud", "name", "roles", "iat", "sub"), None)
    signed = token(issuer, **without | claims_of_token)
    with capture_logs() as logs:
        try:
            staff = await StaffTokens(issuer.url, AUDIENCE).verify(signed)
        except NotSignedIn:
            assert [entry["because"] for entry in logs if entry["event"] == "token_refused"]
            assert claims_of_token.get("aud") in ("account", None) or "iat" in claims_of_token
        else:
            assert AUDIENCE in claims_of_token["aud"]
            assert staff.subject == claims_of_token["sub"]


def test_a_name_is_composed_and_has_single_spaces() -> None:
    assert display_name("Mme  LENOIR-Be\u0301rard ") == "Mme LENOIR-Bérard"
    # Stored with decisions, and shown in terminals.
    assert display_name("Mme\tLE\x1b]0;x\x07NOIR\x9b") == "Mme LE]0;xNOIR"
    assert display_name(None) == display_name(7) == ""


async def test_an_event_stream_ends_with_the_token_that_opened_it() -> None:
    moments: Iterator[float] = iter([0.0, 1.0, 1.0])
    hub = HintHub(None)  # type: ignore[arg-type]  # only its fan-out is used
    stream = hub.stream("claire", until=1.0, now=lambda: next(moments))
    hub._broadcast([])
    events = []
    while (event := await anext(stream, None)) is not None:
        events.append(event)
        hub._broadcast([])
    assert len(events) == 2
    assert not hub._streams
