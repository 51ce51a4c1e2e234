"""Staff sign in with a certified OpenID Connect provider, and nobody gets in by a forged token."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import RSAKey

from console.client.endpoints import SERVICES, Endpoints
from console.client.problems import SignedOut
from console.client.sign_in import Issuer, SignedIn
from deploy.generate.describe import build
from services.contracts.http.common import Role
from services.feedback import app as feedback
from services.runtime.http.dependencies import NotAllowed
from services.runtime.http.issuer_keys import IssuerUnreachable
from services.runtime.http.staff_tokens import (
    LEEWAY_SECONDS,
    NotSignedIn,
    RoleClaim,
    RolesApart,
    StaffTokens,
)
from services.runtime.refusal import Refusal
from tests.integration.oidc.provider import Provider, approve, provider, signing_key
from tests.support import databases
from tests.support.feedback import settings
from tests.support.running import free_port, listening
from tests.support.servers import PostgresServer

AUDIENCE = "panel"
FIRST = signing_key("RS256", "first")


@pytest.fixture
async def issuer(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider(free_port(), tmp_path, FIRST) as running:
        yield running


class Time:
    """Real time, moved by hand."""

    def __init__(self, tokens_of: Provider) -> None:
        self.seconds = 0.0
        self.tokens = StaffTokens(tokens_of.url, AUDIENCE, now=lambda: self.seconds)


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    return _decoded(header), _decoded(payload), signature


def _decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def _encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


async def refused(tokens: StaffTokens, token: str) -> type[Refusal]:
    with pytest.raises(Refusal) as caught:
        await tokens.verify(token)
    return caught.type


async def test_somebody_signs_in_by_the_device_grant_and_a_service_lets_them_in(
    tmp_path: Path,
) -> None:
    service = build("campaigns")
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(provider(free_port(), tmp_path, FIRST))
        console = Issuer(issuer.url)
        stack.push_async_callback(console.close)
        assert await console.people() == []
        code = await console.begin()
        page = await approve(code.verification_uri, code.user_code, "claire")
        assert "Sign-in Success" in page
        signed_in = await console.wait(code, first_wait=False)
        assert signed_in.name == "Claire D."
        assert signed_in.roles == {"campaigns", "operations"}

        service.api.state.tokens = StaffTokens(issuer.url, AUDIENCE)
        url = await stack.enter_async_context(
            listening(service.api, f"http://127.0.0.1:{free_port()}")
        )
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        headers = {"Authorization": f"Bearer {signed_in.token}"}
        # Past the door, the command is looked at: nothing of it is there.
        assert (await client.post("/api/projects", json={}, headers=headers)).status_code == 422
        assert (await client.post("/api/projects", json={})).status_code == 401


async def signed_in(issuer: Provider, person: str, resource: str | None = None) -> SignedIn:
    console = Issuer(issuer.url, resource)
    try:
        code = await console.begin()
        await approve(code.verification_uri, code.user_code, person)
        return await console.wait(code, first_wait=False)
    finally:
        await console.close()


async def test_a_token_is_renewed_without_the_person_and_services_accept_the_new_one(
    issuer: Provider,
) -> None:
    console = Issuer(issuer.url)
    try:
        code = await console.begin()
        await approve(code.verification_uri, code.user_code, "claire")
        person = await console.wait(code, first_wait=False)
        renewed = await console.renew(person)
    finally:
        await console.close()
    assert renewed.token != person.token
    assert renewed.expires_in
    staff = await StaffTokens(issuer.url, AUDIENCE).verify(renewed.token)
    assert (staff.subject, staff.name) == ("claire", "Claire D.")


@pytest.mark.servers
async def test_roles_open_what_they_should_and_nothing_else(
    issuer: Provider, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    claire = (await signed_in(issuer, "claire")).token
    zoe = (await signed_in(issuer, "zoe")).token
    token_of_both = await issuer.token("both")
    project = f"/api/projects/{uuid4()}"
    signature = f"/api/proposals/{uuid4()}/decision/signature"
    async with databases.clone(postgres_server, "feedback") as (dsn, _), AsyncExitStack() as stack:
        service = feedback.build(settings(dsn, tmp_path / "clock.json", issuer.url))
        await service.database.start()
        stack.push_async_callback(service.database.stop)
        url = await stack.enter_async_context(
            listening(service.api, f"http://127.0.0.1:{service.settings.http_port}")
        )
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url))

        async def request(method: str, path: str, token: str, **send: Any) -> tuple[int, str]:
            headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
            answer = await client.request(method, path, headers=headers, **send)
            return answer.status_code, answer.text

        # Past the door, there is no such project; the decision is for others to sign.
        assert (await request("GET", project, claire))[0] == 404
        assert (await request("POST", signature, claire, json={"version": 1}))[
            0
        ] == NotAllowed.status
        assert (await request("GET", project, zoe))[0] == NotAllowed.status
        # Analysis alone would open the project: it is the two together that are refused.
        status, title = await request("GET", project, token_of_both)
        assert status == RolesApart.status
        assert RolesApart.sentence.en in title
        assert (await request("GET", project, claire[:-8]))[0] == NotSignedIn.status


async def test_an_issuer_that_wants_to_be_asked_for_the_services_is_asked(tmp_path: Path) -> None:
    async with provider(free_port(), tmp_path, FIRST, literal=True) as issuer:
        tokens = StaffTokens(issuer.url, AUDIENCE)
        session = await signed_in(issuer, "claire", "urn:panel")
        assert session.name == "Claire D."
        assert (await tokens.verify(session.token)).roles == {Role.CAMPAIGNS, Role.OPERATIONS}
        # Without it the token is for the issuer itself, and says nothing to anybody else.
        unasked = await signed_in(issuer, "claire")
        assert "." not in unasked.token
        assert await refused(tokens, unasked.token) is NotSignedIn


def test_what_to_ask_an_issuer_for_is_said_with_its_address(tmp_path: Path) -> None:
    services = {name: {"url": f"https://{name}.example/"} for name in SERVICES}
    file = tmp_path / "stack.json"
    for more, resource in (({}, None), ({"resource": "urn:panel"}, "urn:panel")):
        configuration = {"url": "https://issuer.example/"} | more
        file.write_text(json.dumps({"services": services, "issuer": configuration}))
        endpoints = Endpoints.from_stack(file)
        assert (endpoints.issuer, endpoints.resource) == ("https://issuer.example", resource)


async def test_a_sign_in_that_is_denied_is_over(issuer: Provider) -> None:
    console = Issuer(issuer.url)
    try:
        code = await console.begin()
        await approve(code.verification_uri, code.user_code, "claire", denied=True)
        with pytest.raises(SignedOut):
            await console.wait(code, first_wait=False)
    finally:
        await console.close()


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"])
async def test_an_issuer_may_sign_with_any_algorithm_of_public_keys(
    algorithm: str, tmp_path: Path
) -> None:
    async with provider(free_port(), tmp_path, signing_key(algorithm, "key")) as issuer:
        token = await issuer.token("campaigns")
        assert parts(token)[0]["alg"] == algorithm
        assert (await StaffTokens(issuer.url, AUDIENCE).verify(token)).roles == {Role.CAMPAIGNS}


async def test_roles_come_from_the_claim_and_by_the_words_that_an_issuer_uses(
    issuer: Provider,
) -> None:
    async def roles(machine: str, claim: RoleClaim) -> frozenset[Role]:
        tokens = StaffTokens(issuer.url, AUDIENCE, claim)
        return (await tokens.verify(await issuer.token(machine))).roles

    usual = RoleClaim()
    assert await roles("campaigns", usual) == {Role.CAMPAIGNS}
    assert await roles("text", usual) == {Role.AUDIT, Role.OPERATIONS}
    assert await roles("nobody", usual) == set()
    assert await roles("strangers", usual) == set()
    assert await roles("nested", usual) == set()
    assert await roles("nested", RoleClaim("realm_access.roles")) == {Role.DECISION}
    role_claim = RoleClaim(
        "https://panel.example/groups", {"panel-officers": [Role.CAMPAIGNS, Role.OPERATIONS]}
    )
    assert await roles("groups", role_claim) == {Role.CAMPAIGNS, Role.OPERATIONS}
    # With a list of meanings, our own words mean nothing: an issuer's `audit` may be another's.
    assert await roles("text", RoleClaim("roles", {"audit": [Role.DECISION]})) == {Role.DECISION}
    with pytest.raises(RolesApart):
        await roles("both", usual)
    with pytest.raises(RolesApart):
        await roles(
            "groups", RoleClaim(role_claim.name, {"cn=all": [Role.REGISTRY, Role.ANALYSIS]})
        )


async def test_keys_rotate_while_people_are_signed_in(issuer: Provider) -> None:
    tokens = StaffTokens(issuer.url, AUDIENCE)
    old = await issuer.token()
    assert (await tokens.verify(old)).roles
    tokens._keys._fetched_at -= 60

    second = signing_key("ES256", "second")
    await issuer.stop()
    await issuer.start([second, FIRST])
    assert {key["kid"] for key in await issuer.published()} == {"first", "second"}
    new = await issuer.token()
    assert parts(new)[0]["kid"] == "second"
    assert (await tokens.verify(new)).roles
    assert (await tokens.verify(old)).roles, "the old key is still published"

    await issuer.stop()
    await issuer.start([second])
    tokens._keys._fetched_at -= 600
    assert (await tokens.verify(new)).roles
    assert await refused(tokens, old) is NotSignedIn, "the old key is not published any more"


async def test_a_token_ends_when_it_says_so_give_or_take_thirty_seconds(issuer: Provider) -> None:
    assert LEEWAY_SECONDS == 30
    time = Time(issuer)
    token = await issuer.token()
    claims = parts(token)[1]
    for seconds in (claims["iat"] - 30, claims["iat"], claims["exp"], claims["exp"] + 29):
        time.seconds = seconds
        assert (await time.tokens.verify(token)).roles
    for seconds in (claims["iat"] - 31, claims["exp"] + 30, claims["exp"] + 3600):
        time.seconds = seconds
        assert await refused(time.tokens, token) is NotSignedIn


async def test_a_token_for_somebody_else_is_refused(issuer: Provider) -> None:
    tokens = StaffTokens(issuer.url, AUDIENCE)
    elsewhere = await issuer.token(resource="urn:elsewhere")
    assert parts(elsewhere)[1]["aud"] == "elsewhere"
    assert await refused(tokens, elsewhere) is NotSignedIn


async def test_a_token_of_another_issuer_is_refused_even_signed_with_the_same_key(
    issuer: Provider, tmp_path: Path
) -> None:
    async with provider(free_port(), tmp_path, FIRST) as other:
        foreign = await other.token()
        # Its signature is valid: only the issuer is wrong.
        assert (await StaffTokens(other.url, AUDIENCE).verify(foreign)).roles
        assert await refused(StaffTokens(issuer.url, AUDIENCE), foreign) is NotSignedIn


async def test_who_answers_as_another_issuer_is_none(issuer: Provider) -> None:
    token = await issuer.token()
    by_name = issuer.url.replace("127.0.0.1", "localhost")
    assert await refused(StaffTokens(by_name, AUDIENCE), token) is IssuerUnreachable


async def test_an_id_token_is_no_access_token(issuer: Provider) -> None:
    """It is for the console, not for the services, and holds no roles."""
    async with httpx.AsyncClient(base_url=issuer.url) as client:
        parameters = {"client_id": "panel-console", "scope": "openid profile"}
        code = (await client.post("/device/auth", data=parameters)).json()
        await approve(code["verification_uri"], code["user_code"], "claire")
        grant = {
            "client_id": "panel-console",
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": code["device_code"],
        }
        given = (await client.post("/token", data=grant)).json()
    tokens = StaffTokens(issuer.url, AUDIENCE)
    assert (await tokens.verify(given["access_token"])).subject == "claire"
    assert await refused(tokens, given["id_token"]) is NotSignedIn


async def test_no_token_is_believed_without_the_issuers_signature(issuer: Provider) -> None:
    tokens = StaffTokens(issuer.url, AUDIENCE)
    good = await issuer.token()
    header, claims, signature = parts(good)
    assert (await tokens.verify(good)).roles

    published = (await issuer.published())[0]
    public = RSAKey.import_key({name: published[name] for name in ("kty", "n", "e")})
    pem = public.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    jwk = json.dumps(published).encode()
    forged: dict[str, str] = {}
    for name in ("none", "None", "NONE", "nOnE"):
        forged[name] = f"{_encoded({'alg': name})}.{_encoded(claims)}."
        forged[f"{name}, signature kept"] = (
            f"{_encoded(header | {'alg': name})}.{_encoded(claims)}.{signature}"
        )
    for name, secret in (("pem", pem), ("pem stripped", pem.strip()), ("jwk", jwk), ("", b"")):
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
            signed = f"{_encoded(header | {'alg': algorithm})}.{_encoded(claims)}"
            mac = hmac.new(secret, signed.encode(), digest).digest()
            forged[f"{algorithm} with the public key as {name}"] = f"{signed}.{_encoded(mac)}"
    more = claims | {"roles": ["campaigns", "decision"]}
    forged["roles added"] = f"{_encoded(header)}.{_encoded(more)}.{signature}"
    forged["another algorithm of the same key"] = (
        f"{_encoded(header | {'alg': 'PS256'})}.{_encoded(claims)}.{signature}"
    )
    mine = signing_key("RS256", "first")
    embedded = header | {"jwk": {name: mine[name] for name in ("kty", "n", "e")}}
    elsewhere = header | {"jku": "http://127.0.0.1:9/jwks"}
    for name, said in (("own key in the header", embedded), ("keys elsewhere", elsewhere)):
        signed = f"{_encoded(said)}.{_encoded(claims)}"
        forged[name] = f"{signed}.{_encoded(_rs256(mine, signed.encode()))}"
    forged["no signature"] = good.rpartition(".")[0] + "."
    forged["two parts"] = good.rpartition(".")[0]
    forged["nothing"] = ""
    forged["five parts"] = good + ".a.b"
    for name, token in forged.items():
        assert await refused(tokens, token) is NotSignedIn, name


def _rs256(key: dict[str, Any], message: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    private = RSAKey.import_key(key).private_key
    assert private is not None
    return private.sign(message, PKCS1v15(), SHA256())


async def test_the_last_keys_serve_while_the_issuer_is_away(issuer: Provider) -> None:
    tokens = StaffTokens(issuer.url, AUDIENCE)
    good = await issuer.token()
    assert (await tokens.verify(good)).roles
    await issuer.stop()
    tokens._keys._fetched_at -= 3600
    assert (await tokens.verify(good)).roles
    assert await refused(tokens, "nonsense") is NotSignedIn
    assert await refused(StaffTokens(issuer.url, AUDIENCE), good) is IssuerUnreachable
    await issuer.start([signing_key("RS256", "third")])
    tokens._keys._fetched_at -= 60
    assert (await tokens.verify(await issuer.token())).roles, "and it is looked for again"
