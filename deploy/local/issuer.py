"""Small OpenID Connect issuer for one machine: the person who signs in is chosen from a list.

It implements discovery, keys and the device grant (RFC 8628) like a real issuer, so services and
console have no local mode. Only `panel_local_…` of its discovery document is specific to it.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from services.contracts.http.common import Role
from services.runtime.text import Text, preferred

AUDIENCE = "panel"
TOKEN_SECONDS = 8 * 3600
CODE_SECONDS = 600
POLL_SECONDS = 1
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
# Letters that cannot be taken for one another, nor make words (RFC 8628 §6.1).
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"

_CHOOSE = Text(fr="Qui se connecte avec le code {code} ?", en="Who signs in with the code {code}?")
_SIGNED_IN = Text(fr="Vous pouvez revenir à la console.", en="You can go back to the console.")
_UNKNOWN = Text(
    fr="Ce code est inconnu ou a expiré. Demandez-en un autre dans la console.",
    en="This code is unknown or has expired. Ask for another one in the console.",
)


@dataclass(frozen=True)
class Person:
    """One of the demonstration's staff."""

    id: str
    name: str
    roles: tuple[Role, ...]


PEOPLE = (
    Person("claire", "Claire D.", (Role.CAMPAIGNS, Role.OPERATIONS)),
    Person("hugo", "Hugo L.", (Role.REGISTRY,)),
    Person("bernard", "M. Bernard", (Role.DECISION,)),
    Person("lenoir", "Mme Lenoir", (Role.DECISION,)),
    Person("ines", "Inès B.", (Role.ANALYSIS,)),
    Person("marc", "Marc T.", (Role.ANALYSIS,)),
    Person("olga", "Olga M.", (Role.OPERATIONS,)),
    Person("aude", "Aude R.", (Role.AUDIT,)),
)


def person(id: str) -> Person | None:
    return next((person for person in PEOPLE if person.id == id), None)


def mint(key: OKPKey, issuer: str, person: Person, instant: float | None = None) -> str:
    """A staff access token; `now` in seconds since the epoch, real time as services check it."""
    issued = int(time.time() if instant is None else instant)
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": person.id,
        "name": person.name,
        "roles": list(person.roles),
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    return jwt.encode(
        {"alg": "Ed25519", "kid": key.thumbprint()}, claims, key, algorithms=["Ed25519"]
    )


@dataclass
class _Grant:
    user_code: str
    expires_at: float
    approved_by: Person | None = None


class LocalIssuer:
    """The issuer's web application; its pending sign-ins live in memory."""

    def __init__(self, key: OKPKey, url: str, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._url = url
        self._clock = clock
        self._grants: dict[str, _Grant] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._keys),
                Route("/device_authorization", self._start, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/device", self._choose),
                Route("/device", self._chosen, methods=["POST"]),
                Route("/people", self._people),
                Route("/approve", self._approve, methods=["POST"]),
            ]
        )

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self._url,
                "jwks_uri": f"{self._url}/jwks",
                "device_authorization_endpoint": f"{self._url}/device_authorization",
                "token_endpoint": f"{self._url}/token",
                "grant_types_supported": [DEVICE_GRANT],
                "response_types_supported": [],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["Ed25519"],
                "panel_local_people_endpoint": f"{self._url}/people",
                "panel_local_approve_endpoint": f"{self._url}/approve",
            }
        )

    async def _keys(self, _: Request) -> Response:
        public = self._key.as_dict(private=False) | {"kid": self._key.thumbprint()}
        return JSONResponse({"keys": [public]})

    async def _start(self, _: Request) -> Response:
        self._forget_expired()
        device_code = secrets.token_urlsafe(32)
        letters = [secrets.choice(_LETTERS) for _ in range(8)]
        code = f"{''.join(letters[:4])}-{''.join(letters[4:])}"
        self._grants[device_code] = _Grant(code, self._clock() + CODE_SECONDS)
        return _private(
            {
                "device_code": device_code,
                "user_code": code,
                "verification_uri": f"{self._url}/device",
                "verification_uri_complete": f"{self._url}/device?user_code={code}",
                "expires_in": CODE_SECONDS,
                "interval": POLL_SECONDS,
            }
        )

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        if form.get("grant_type") != DEVICE_GRANT:
            return _private({"error": "unsupported_grant_type"}, 400)
        self._forget_expired()
        device_code = str(form.get("device_code", ""))
        grant = self._grants.get(device_code)
        if grant is None:
            return _private({"error": "expired_token"}, 400)
        if grant.approved_by is None:
            return _private({"error": "authorization_pending"}, 400)
        del self._grants[device_code]
        return _private(
            {
                "access_token": mint(self._key, self._url, grant.approved_by, self._clock()),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
            }
        )

    async def _people(self, _: Request) -> Response:
        return JSONResponse(
            [
                {"id": person.id, "name": person.name, "roles": list(person.roles)}
                for person in PEOPLE
            ]
        )

    async def _approve(self, request: Request) -> Response:
        try:
            body = await request.json()
            code, chosen = str(body["user_code"]), person(str(body["person"]))
        except (ValueError, KeyError, TypeError):
            return _private({"error": "invalid_request"}, 400)
        if chosen is None or not self._approved(code, chosen):
            return _private({"error": "unknown_code_or_person"}, 404)
        return _private({"approved": True})

    async def _choose(self, request: Request) -> Response:
        code = request.query_params.get("user_code", "")
        if self._waiting(code) is None:
            return _page(request, _UNKNOWN, status=404)
        buttons = "".join(
            f'<p><button name="person" value="{person.id}">{escape(person.name)} · '
            f"{', '.join(person.roles)}</button></p>"
            for person in PEOPLE
        )
        form = (
            f'<form method="post"><input type="hidden" name="user_code" value="{escape(code)}">'
            f"{buttons}</form>"
        )
        return _page(request, _CHOOSE, form, code=escape(code))

    async def _chosen(self, request: Request) -> Response:
        form = await request.form()
        chosen = person(str(form.get("person", "")))
        if chosen is None or not self._approved(str(form.get("user_code", "")), chosen):
            return _page(request, _UNKNOWN, status=404)
        return _page(request, _SIGNED_IN)

    def _approved(self, user_code: str, person: Person) -> bool:
        grant = self._waiting(user_code)
        if grant is None:
            return False
        grant.approved_by = person
        return True

    def _waiting(self, user_code: str) -> _Grant | None:
        self._forget_expired()
        code = user_code.strip().upper()
        return next(
            (
                grant
                for grant in self._grants.values()
                if grant.user_code == code and grant.approved_by is None
            ),
            None,
        )

    def _forget_expired(self) -> None:
        instant = self._clock()
        self._grants = {
            code: grant for code, grant in self._grants.items() if grant.expires_at > instant
        }


def _private(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})


def _page(
    request: Request, sentence: Text, form: str = "", status: int = 200, **data: str
) -> Response:
    language = preferred(request.headers.get("accept-language"))
    html = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Panel</title>'
        f"<h1>{sentence.in_(language, **data)}</h1>{form}"
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
