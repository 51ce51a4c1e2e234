"""Who is asking: staff by signed tokens from an OpenID Connect issuer, members by signed links.

No session and no shared secret between services: tokens and links are verified with public keys.
"""

import asyncio
import base64
import json
import math
import re
import ssl
import time
import unicodedata
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet, OKPKey, RSAKey

from services.contracts.accounts import account_code
from services.contracts.characters import clean_line
from services.contracts.http.common import Role
from services.runtime.http.rate_limits import Limit, source_of
from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Never "none", never a symmetric algorithm: a public key must not be usable as a secret.
STAFF_ALGORITHMS = ["Ed25519", "EdDSA", "ES256", "ES384", "PS256", "RS256"]
# How far the issuer's clock and ours may be apart, for `exp`, `nbf` and `iat` alike.
LEEWAY_SECONDS = 30
_LINK_ALGORITHM = "Ed25519"
# Curves and key types by which the algorithms above verify.
_CURVES: dict[str, set[str | None]] = {
    OKPKey.key_type: {"Ed25519"},
    ECKey.key_type: {"P-256", "P-384"},
    RSAKey.key_type: {None},
}
# Members of a published key that are used, each a text.
_KEY_MEMBERS = ("kty", "kid", "alg", "crv", "x", "y", "n", "e")
_KEYS_LIVE_SECONDS = 300
_REFETCH_AFTER_SECONDS = 5
_ISSUER_SECONDS = 5
_NONSENSE = (JoseError, KeyError, TypeError, ValueError)

log = structlog.get_logger()


class NotSignedIn(Refusal):
    status = 401
    sentence = Text(
        fr="Votre session n'est pas valable ou a expiré.", en="Your session is not valid or over."
    )
    way_out = Text(fr="Connectez-vous de nouveau.", en="Sign in again.")


class NotAllowed(Refusal):
    status = 403
    sentence = Text(fr="Cette action demande le rôle {roles}.", en="This needs the role {roles}.")
    way_out = Text(
        fr="Demandez-le à la personne qui administre les comptes.",
        en="Ask the person who manages accounts.",
    )


class RolesApart(Refusal):
    status = 403
    sentence = Text(
        fr="Une même personne ne peut pas avoir accès aux personnes et à leurs contributions.",
        en="Nobody may hold both people (registry) and contributions (analysis).",
    )


class IssuerUnreachable(Refusal):
    status = 503
    sentence = Text(
        fr="Le service de connexion ne répond pas.", en="The sign-in service does not answer."
    )
    way_out = Text(fr="Réessayez dans un instant.", en="Try again in a moment.")


@dataclass(frozen=True)
class Staff:
    """A person of the administration, as their token says."""

    subject: str
    name: str
    roles: frozenset[Role]
    # When the token ends, in seconds since 1970: a stream that it opened ends with it.
    expires_at: float = math.inf
    # The code of `services.contracts.accounts`; without it the person decides on nothing.
    account: str = ""


@dataclass(frozen=True)
class RoleClaim:
    """Where an issuer says what a person may do, and what it calls our roles.

    `name` is a claim, or a path through objects: `roles`, `realm_access.roles`. Without `means` the
    issuer uses our words; with it, only what is named there counts.
    """

    name: str = "roles"
    means: Mapping[str, Sequence[Role]] | None = None

    def words(self, claims: Mapping[str, Any]) -> str:
        """The issuer's own words for roles, as they stand in the claim; for diagnosis."""
        value = self._said(claims)
        listed = value if isinstance(value, list) else [value]
        return ", ".join(str(word) for word in listed if word is not None)

    def roles(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        said = self._said(claims)
        words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
        known = {role.value: [role] for role in Role} if self.means is None else self.means
        return frozenset(
            role for word in words if isinstance(word, str) for role in known.get(word, ())
        )

    def _said(self, claims: Mapping[str, Any]) -> Any:
        """A claim whose very name has dots, as addresses do, comes before a path."""
        if self.name in claims:
            return claims[self.name]
        found: Any = claims
        for step in self.name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found


class StaffTokens:
    """Verifies staff tokens with the issuer's published keys, in real time as the issuer does."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        role_claim: RoleClaim | None = None,
        now: Callable[[], float] = time.time,
        authority: str | None = None,
    ) -> None:
        """`authority`: certificates (PEM) of the issuer's own authority, beside the system's."""
        self._issuer = issuer
        self._authority = authority
        self._audience = audience
        self._role_claim = role_claim or RoleClaim()
        self._now = now
        self._keys: KeySet | None = None
        self._asked = 0.0

    async def verify(self, token: str) -> Staff:
        """The person whose token this is.

        The log names the claim or the part that was refused, for whoever configures the issuer;
        never its value. Raises NotSignedIn, RolesApart, IssuerUnreachable.
        """
        try:
            return self._read(token, await self._keys_no_older_than(_KEYS_LIVE_SECONDS))
        except (JoseError, ValueError) as error:
            # Keys rotate: look once more, but do not let bad tokens hammer the issuer.
            if time.monotonic() - self._asked < _REFETCH_AFTER_SECONDS:
                raise self._refusal(error) from None
        try:
            return self._read(token, await self._keys_no_older_than(_REFETCH_AFTER_SECONDS))
        except (JoseError, ValueError) as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> NotSignedIn:
        log.warning("token_refused", because=refused_part(error))
        return NotSignedIn()

    def _read(self, token: str, keys: KeySet) -> Staff:
        claims = jwt.decode(token, keys, algorithms=STAFF_ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            now=int(self._now()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
        ).validate(claims)
        roles = self._role_claim.roles(claims)
        if {Role.REGISTRY, Role.ANALYSIS} <= roles:
            raise RolesApart
        subject = str(claims["sub"])
        name = display_name(claims.get("name")) or subject
        expires_at = float(claims["exp"]) + LEEWAY_SECONDS
        return Staff(subject, name, roles, expires_at, account_code(self._issuer, subject))

    async def _keys_no_older_than(self, seconds: float) -> KeySet:
        """The issuer's keys. While it is out of reach, or answers nonsense, the last ones serve: a
        bad token must not shut out those who are signed in."""
        if self._keys is None or time.monotonic() - self._asked > seconds:
            self._asked = time.monotonic()
            try:
                self._keys = await published_keys(self._issuer, self._authority)
            except (httpx.HTTPError, TimeoutError, *_NONSENSE) as error:
                log.warning("issuer_unusable", error=type(error).__name__)
                if self._keys is None:
                    raise IssuerUnreachable from error
        return self._keys


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a signed token, unverified. Raises ValueError when it is not one."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise ValueError("not a signed token") from None
    if not isinstance(claims, dict):
        raise ValueError("not a signed token")
    return claims


def refused_part(error: Exception) -> str:
    """The part of a token that an error is about, and how it failed: `aud (invalid_claim)`."""
    claim = getattr(error, "claim", None)
    code = getattr(error, "error", None) or type(error).__name__
    return f"{claim} ({code})" if claim else str(code)


def display_name(name: object) -> str:
    """A name as an issuer gives it, composed (NFC), without control characters and with single
    spaces; empty where none is. It is stored with decisions, and shown in terminals."""
    if not isinstance(name, str):
        return ""
    return " ".join(unicodedata.normalize("NFC", clean_line(name)).split())


class ForeignIssuer(ValueError):
    """Who answers at the issuer's address says that it is another one (OpenID Discovery, 4.3)."""


def trusting(authority: str | None) -> ssl.SSLContext:
    """TLS that trusts the system's authorities and these certificates (PEM), if any."""
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


async def published_keys(issuer: str, authority: str | None = None) -> KeySet:
    """The issuer's signing keys now.

    Keys of other uses, and those that cannot be read, are left out (RFC 7517 §5): one strange key
    among good ones must lock nobody out.

    Raises httpx.HTTPError or TimeoutError when it does not answer; ForeignIssuer, KeyError,
    TypeError, ValueError or JoseError when the answer is not an issuer's.
    """
    async with (
        # Of each wait, and of all together: an issuer may also answer letter by letter.
        asyncio.timeout(2 * _ISSUER_SECONDS),
        httpx.AsyncClient(timeout=_ISSUER_SECONDS, verify=trusting(authority)) as client,
    ):
        about = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        about.raise_for_status()
        if about.json()["issuer"] != issuer:
            raise ForeignIssuer
        published = await client.get(about.json()["jwks_uri"])
        published.raise_for_status()
    keys = [key for entry in published.json()["keys"] if (key := _signing_key(entry)) is not None]
    if not keys:
        raise KeyError("keys")
    return KeySet(keys)


def _signing_key(entry: Any) -> Key | None:
    """One entry of a key set, where it is a key that may have signed a staff token."""
    if not isinstance(entry, Mapping) or entry.get("use", "sig") != "sig":
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    # Whatever else an entry says, or says in another form, is ignored (RFC 7517 §4).
    members: dict[str, str | list[str]] = {
        name: value for name in _KEY_MEMBERS if isinstance(value := entry.get(name), str)
    }
    if members.get("crv") not in _CURVES.get(str(members.get("kty")), ()):
        return None
    try:
        key = JWKRegistry.import_key(members)
        # A point off its curve and a modulus that is none show only when the key is built.
        _ = key.public_key
    except (*_NONSENSE, UnsupportedAlgorithm) as error:
        log.warning("issuer_key_left_out", key_type=members["kty"], error=type(error).__name__)
        return None
    return key


_bearer = HTTPBearer(auto_error=False, description="Staff access token of the issuer")


def require(*roles: Role) -> Any:
    """A FastAPI dependency: the signed-in person, who must hold one of the roles."""
    return Depends(checker(*roles))


def checker(*roles: Role) -> Callable[..., Coroutine[Any, Any, Staff]]:
    async def check(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Staff:
        tokens: StaffTokens = request.app.state.tokens
        limit: Limit = request.app.state.limit
        try:
            if credentials is None:
                raise NotSignedIn
            staff = await tokens.verify(credentials.credentials)
        except NotSignedIn:
            limit.take(source_of(request.scope["client"]))
            raise
        limit.take(f"person {staff.subject}")
        if not staff.roles & set(roles):
            raise NotAllowed(roles=" / ".join(roles))
        return staff

    check.__dict__["roles"] = frozenset(roles)
    return check


class LinkRefused(Refusal):
    status = 403
    sentence = Text(
        fr="Ce lien n'est pas valable : il a expiré, a été modifié ou a été coupé.",
        en="This link is not valid: it has expired, was changed or was cut off.",
    )
    way_out = Text(
        fr="Ouvrez le lien directement depuis le message que vous avez reçu.",
        en="Open the link straight from the message you received.",
    )


@dataclass(frozen=True)
class Link:
    """What a member's link says: who, about what, for which purpose."""

    member_id: UUID
    subject_id: UUID
    purpose: str


def sign_link(key: OKPKey, link: Link, expires_at: datetime) -> str:
    """A self-contained link for one purpose; the key is registry's Ed25519 key."""
    return jwt.encode(
        {"alg": _LINK_ALGORITHM, "kid": key.thumbprint()},
        {
            "sub": str(link.member_id),
            "on": str(link.subject_id),
            "aud": link.purpose,
            "exp": int(expires_at.timestamp()),
        },
        key,
        algorithms=[_LINK_ALGORITHM],
    )


# Header, claims, and the 86 characters of an Ed25519 signature.
_WHOLE_LINK = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{86}", re.ASCII)


def trimmed_link(token: str) -> str:
    """A link without the characters that followed it in a text.

    Mail programs take the full stop or the bracket behind an address for a part of it. A signature
    has a fixed length, so what follows it cannot belong to the link.
    """
    whole = _WHOLE_LINK.match(token)
    return whole[0] if whole else token


def read_link(keys: KeySet, token: str, purpose: str, now: datetime) -> Link:
    """Raises LinkRefused when expired, changed, foreign or meant for something else."""
    try:
        claims = jwt.decode(trimmed_link(token), keys, algorithms=[_LINK_ALGORITHM]).claims
        link = Link(UUID(claims["sub"]), UUID(claims["on"]), claims["aud"])
        expires = int(claims["exp"])
    except (JoseError, ValueError, KeyError, TypeError):
        raise LinkRefused from None
    if link.purpose != purpose or now.timestamp() >= expires:
        raise LinkRefused
    return link


def link_keys(*public_keys: str) -> KeySet:
    """Public keys as JSON Web Keys (RFC 8037), one JSON text each; old ones stay while links live.

    A link names its key by thumbprint (RFC 7638), so keys need no names of their own.
    """
    keys = [OKPKey.import_key(json.loads(key)) for key in public_keys]
    return KeySet([OKPKey.import_key(key.as_dict(kid=key.thumbprint())) for key in keys])
