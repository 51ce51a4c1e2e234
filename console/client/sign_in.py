"""Signing in: OAuth 2.0 device authorization grant (RFC 8628) against an OpenID Connect issuer.

Tokens are read here for display only (name, areas to show); every service checks them itself.
A local issuer also lists its people and lets the console approve for one: a real issuer has neither
endpoint, so the code and its address are shown instead.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from console.client.problems import Refused, SignedOut, Unreachable
from console.client.transport import open_client
from services.contracts.accounts import account_code
from services.contracts.http.common import Role

CLIENT_ID = "panel-console"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_SECONDS = 5  # RFC 8628 §3.5
_DEFAULT_INTERVAL_SECONDS = 5
_DEFAULT_LIFE_SECONDS = 600
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
_SERVER_ERROR = 500
# Refusals that asking again cannot change (RFC 6749 §5.2, RFC 8628 §3.5).
_DEFINITE = frozenset(
    [
        "access_denied",
        "expired_token",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    ]
)


@dataclass(frozen=True)
class Person:
    """Someone the local issuer knows."""

    id: str
    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class DeviceCode:
    device_code: str
    user_code: str
    verification_uri: str
    interval: float
    expires_in: float = _DEFAULT_LIFE_SECONDS


@dataclass(frozen=True)
class SignedIn:
    token: str = field(repr=False)
    name: str
    roles: frozenset[str]
    # Subject claim, which stays when the name changes; empty if the token has none.
    subject: str = ""
    # The code by which a mandate cites this account; empty if the token does not say.
    account: str = ""
    # Present where the issuer renews tokens without asking the person again (RFC 6749 §6).
    refresh_token: str | None = field(default=None, repr=False)
    # Seconds that the token lives, as the issuer says; none: it did not say.
    expires_in: float | None = None


class _Pending(Exception):
    """Nobody has approved the code yet."""

    def __init__(self, slow_down: bool) -> None:
        super().__init__()
        self.slow_down = slow_down


class Issuer:
    """Raises Unreachable("issuer") when it does not answer as an issuer would."""

    def __init__(
        self,
        url: str,
        resource: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        authority: str | None = None,
    ) -> None:
        """`resource` is for an issuer that must be asked by name for tokens that services read."""
        self._now = clock
        self._sleep = sleep
        self._url = url
        # RFC 8707: said when the grant begins and when its token is fetched.
        self._asked_for = {"resource": resource} if resource else {}
        self._http = open_client(url, authority=authority)
        self._about: dict[str, Any] | None = None

    async def close(self) -> None:
        await self._http.aclose()

    async def people(self) -> list[Person]:
        """People of a local issuer, who sign in without a password; empty for a real issuer."""
        address = (await self._configuration()).get("panel_local_people_endpoint")
        if not address:
            return []
        people = await self._json("GET", address)
        return [Person(p["id"], p["name"], tuple(p.get("roles", ()))) for p in people]

    async def begin(self) -> DeviceCode:
        configuration = await self._configuration()
        if "device_authorization_endpoint" not in configuration:
            raise Unreachable("issuer")
        answer = await self._json(
            "POST",
            configuration["device_authorization_endpoint"],
            data={"client_id": CLIENT_ID, "scope": "openid profile"} | self._asked_for,
        )
        return DeviceCode(
            answer["device_code"],
            answer["user_code"],
            answer["verification_uri"],
            float(answer.get("interval", _DEFAULT_INTERVAL_SECONDS)),
            float(answer.get("expires_in", _DEFAULT_LIFE_SECONDS)),
        )

    async def approve(self, code: DeviceCode, person: str) -> None:
        """Local issuer only: approve the code as one of its people."""
        configuration = await self._configuration()
        await self._json(
            "POST",
            configuration["panel_local_approve_endpoint"],
            json={"user_code": code.user_code, "person": person},
        )

    async def wait(self, code: DeviceCode, first_wait: bool = True) -> SignedIn:
        """Poll until somebody approved the code.

        An issuer that cannot be reached, or a gateway in front of it that answers in its place, is
        asked again about the same code, less often (RFC 8628 §3.5): the person may be typing it at
        this moment. Raises SignedOut when the code is over or was denied.
        """
        configuration = await self._configuration()
        deadline = self._now() + code.expires_in
        interval, pause = code.interval, _FIRST_PAUSE_SECONDS
        if first_wait:
            await self._sleep(interval)
        while True:
            form = {"grant_type": _GRANT, "device_code": code.device_code} | self._asked_for
            try:
                return await self._token(configuration, form)
            except _Pending as pending:
                interval += _SLOWER_SECONDS if pending.slow_down else 0
                pause = _FIRST_PAUSE_SECONDS
                wait = interval
            except Unreachable:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                wait = interval + pause
            if self._now() + wait > deadline:
                raise SignedOut
            await self._sleep(wait)

    async def renew(self, person: SignedIn) -> SignedIn:
        """A new token for somebody signed in, without asking them.

        Raises SignedOut when the issuer refuses or gave nothing to renew with, and Unreachable
        while it does not answer: then the session is to be kept and this tried again.
        """
        if person.refresh_token is None:
            raise SignedOut
        configuration = await self._configuration()
        form = {"grant_type": "refresh_token", "refresh_token": person.refresh_token}
        try:
            renewed = await self._token(configuration, form | self._asked_for)
        except _Pending as error:
            raise Unreachable("issuer") from error
        # An issuer may keep the same refresh token in force and say nothing of it.
        return replace(renewed, refresh_token=renewed.refresh_token or person.refresh_token)

    async def _token(self, configuration: dict[str, Any], form: dict[str, str]) -> SignedIn:
        """Ask the token endpoint once. Raises _Pending, SignedOut, Unreachable."""
        response = await self._send(
            "POST", configuration["token_endpoint"], data=form | {"client_id": CLIENT_ID}
        )
        body = _body(response)
        if not isinstance(body, dict):
            raise Unreachable("issuer")
        token = body.get("access_token")
        if response.is_success and isinstance(token, str):
            return replace(
                signed_in(token),
                refresh_token=body.get("refresh_token"),
                expires_in=body.get("expires_in"),
            )
        error = body.get("error")
        if error in ("authorization_pending", "slow_down"):
            raise _Pending(slow_down=error == "slow_down")
        if error not in _DEFINITE:
            # Something in between answered, or the issuer asks for patience in words of its own.
            raise Unreachable("issuer")
        raise SignedOut

    async def sign_in_as(self, person: str) -> SignedIn:
        """Local issuer only: the whole grant at once, for scripts and the list of people."""
        code = await self.begin()
        await self.approve(code, person)
        return await self.wait(code, first_wait=False)

    async def _configuration(self) -> dict[str, Any]:
        if self._about is None:
            configuration = await self._json("GET", f"{self._url}/.well-known/openid-configuration")
            self._about = dict(configuration)
        return self._about

    async def _json(self, method: str, url: str, **send: Any) -> Any:
        response = await self._send(method, url, **send)
        if not response.is_success:
            body = _body(response)
            reason = body.get("detail") or body.get("error_description") or body.get("error")
            raise Refused(str(reason or response.reason_phrase), status=response.status_code)
        return _body(response)

    async def _send(self, method: str, url: str, **send: Any) -> httpx.Response:
        try:
            response = await self._http.request(method, url, **send)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable("issuer") from error
        if response.status_code >= _SERVER_ERROR:
            raise Unreachable("issuer")
        return response


def _body(response: httpx.Response) -> Any:
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError as error:
        raise Unreachable("issuer") from error


def signed_in(token: str) -> SignedIn:
    """Name and roles in a token's claims; for an opaque token every role, as services decide
    alone."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        name = str(claims.get("name") or claims["sub"])
        claimed_roles = claims.get("roles")
    except (IndexError, ValueError, KeyError):
        return SignedIn(token, "", frozenset(Role))
    # An issuer may use words and claims of its own, which only the services know: show everything.
    role_names = claimed_roles if isinstance(claimed_roles, list) else ()
    roles = frozenset(str(word) for word in role_names if word in list(Role))
    subject = str(claims.get("sub") or "")
    issuer = claims.get("iss")
    account = account_code(str(issuer), subject) if issuer and subject else ""
    return SignedIn(token, name, roles or frozenset(Role), subject, account)
