"""Staff tokens: bearer tokens of the OpenID Connect issuer, verified with its public keys."""

import base64
import json
import math
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.contracts.accounts import account_code
from services.contracts.characters import clean_line
from services.contracts.http.common import Role
from services.runtime.http.issuer_keys import STAFF_ALGORITHMS, IssuerKeys
from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Tolerated difference between the issuer's clock and ours, for `exp`, `nbf` and `iat` alike.
LEEWAY_SECONDS = 30
_KEYS_LIVE_SECONDS = 300
_REFETCH_AFTER_SECONDS = 5

log = structlog.get_logger()


class NotSignedIn(Refusal):
    status = 401
    sentence = Text(
        fr="Votre session n'est pas valable ou a expiré.",
        en="Your session is invalid or has expired.",
    )
    way_out = Text(fr="Connectez-vous de nouveau.", en="Sign in again.")


class RolesApart(Refusal):
    status = 403
    sentence = Text(
        fr="Une même personne ne peut pas avoir accès à la fois à l'identité des membres et aux"
        " contributions.",
        en="Nobody may have access to both members (registry) and contributions (analysis).",
    )


@dataclass(frozen=True)
class Staff:
    """A signed-in person of the administration."""

    subject: str
    name: str
    roles: frozenset[Role]
    # End of the token, in seconds since 1970: a stream that it opened ends with it.
    expires_at: float = math.inf
    # Account code (services.contracts.accounts); without it the person decides on nothing.
    account: str = ""


@dataclass(frozen=True)
class RoleClaim:
    """The claim that lists a person's roles, and the issuer's names for them.

    `name` is a claim, or a path through objects: `roles`, `realm_access.roles`. Without `role_map`
    the issuer uses our role names; with it, only the names that it lists count.
    """

    name: str = "roles"
    role_map: Mapping[str, Sequence[Role]] | None = None

    def issuer_names(self, claims: Mapping[str, Any]) -> str:
        """The issuer's role names as they stand in the claim, for diagnosis."""
        value = self._value(claims)
        listed = value if isinstance(value, list) else [value]
        return ", ".join(str(name) for name in listed if name is not None)

    def roles(self, claims: Mapping[str, Any]) -> frozenset[Role]:
        value = self._value(claims)
        names = (
            value.split() if isinstance(value, str) else value if isinstance(value, list) else []
        )
        role_map = self.role_map
        if role_map is None:
            role_map = {role.value: [role] for role in Role}
        return frozenset(
            role for name in names if isinstance(name, str) for role in role_map.get(name, ())
        )

    def _value(self, claims: Mapping[str, Any]) -> Any:
        # A claim whose own name has dots, as addresses do, comes before a path.
        if self.name in claims:
            return claims[self.name]
        value: Any = claims
        for step in self.name.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value


class StaffTokens:
    """Verifies staff tokens in real time, as the issuer does, whatever the service's clock."""

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
        self._audience = audience
        self._role_claim = role_claim or RoleClaim()
        self._now = now
        self._keys = IssuerKeys(issuer, authority)

    async def verify(self, token: str) -> Staff:
        """Verify a token and return its person.

        The log names the claim or the part that was refused, never its value, so that the issuer
        can be configured. Raises NotSignedIn, RolesApart, IssuerUnreachable.
        """
        try:
            return self._decode(token, await self._keys.no_older_than(_KEYS_LIVE_SECONDS))
        except (JoseError, ValueError) as error:
            # Keys rotate: fetch them once more, but do not let bad tokens hammer the issuer.
            if self._keys.age < _REFETCH_AFTER_SECONDS:
                raise self._refusal(error) from None
        try:
            return self._decode(token, await self._keys.no_older_than(_REFETCH_AFTER_SECONDS))
        except (JoseError, ValueError) as error:
            raise self._refusal(error) from None

    def _refusal(self, error: Exception) -> NotSignedIn:
        log.warning("token_refused", because=refused_part(error))
        return NotSignedIn()

    def _decode(self, token: str, keys: KeySet) -> Staff:
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


def unverified_claims(token: str) -> dict[str, Any]:
    """Claims of a signed token, without verification. Raises ValueError when it is not one."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise ValueError("not a signed token") from None
    if not isinstance(claims, dict):
        raise ValueError("not a signed token")
    return claims


def refused_part(error: Exception) -> str:
    """The part of a token that failed, and how: `aud (invalid_claim)`."""
    claim = getattr(error, "claim", None)
    code = getattr(error, "error", None) or type(error).__name__
    return f"{claim} ({code})" if claim else str(code)


def display_name(name: object) -> str:
    """Composed (NFC) name, without control characters, with single spaces; empty where none is.

    It is stored with decisions and shown in terminals.
    """
    if not isinstance(name, str):
        return ""
    return " ".join(unicodedata.normalize("NFC", clean_line(name)).split())
