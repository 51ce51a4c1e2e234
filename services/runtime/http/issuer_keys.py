"""Signing keys that the OpenID Connect issuer publishes, fetched and cached.

Staff tokens are verified with them; no secret is shared with the issuer.
"""

import asyncio
import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpx
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet, OKPKey, RSAKey

from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Never "none", never a symmetric algorithm: a public key must not be usable as a secret.
STAFF_ALGORITHMS = ["Ed25519", "EdDSA", "ES256", "ES384", "PS256", "RS256"]
# Curves and key types with which these algorithms verify.
_CURVES: dict[str, set[str | None]] = {
    OKPKey.key_type: {"Ed25519"},
    ECKey.key_type: {"P-256", "P-384"},
    RSAKey.key_type: {None},
}
# Parameters of a published key that are used, each a text.
_KEY_PARAMETERS = ("kty", "kid", "alg", "crv", "x", "y", "n", "e")
_REQUEST_SECONDS = 5
_MALFORMED = (JoseError, KeyError, TypeError, ValueError)

log = structlog.get_logger()


class IssuerUnreachable(Refusal):
    status = 503
    sentence = Text(
        fr="Le service de connexion ne répond pas.", en="The sign-in service does not reply."
    )
    way_out = Text(fr="Réessayez dans un instant.", en="Try again in a moment.")


class ForeignIssuer(ValueError):
    """The issuer's address is answered by one of another name (OpenID Discovery, 4.3)."""


class IssuerKeys:
    """Cache of an issuer's signing keys."""

    def __init__(self, issuer: str, authority: str | None = None) -> None:
        """`authority`: certificates (PEM) of the issuer's own authority, beside the system's."""
        self._issuer = issuer
        self._authority = authority
        self._keys: KeySet | None = None
        self._fetched_at = 0.0

    @property
    def age(self) -> float:
        """Seconds since the last attempt to fetch, on the monotonic clock."""
        return time.monotonic() - self._fetched_at

    async def no_older_than(self, seconds: float) -> KeySet:
        """The keys, fetched again when older.

        While the issuer is unreachable or answers nonsense, the last keys serve: a bad token must
        not shut out those who are signed in. Raises IssuerUnreachable when there are none yet.
        """
        if self._keys is None or self.age > seconds:
            self._fetched_at = time.monotonic()
            try:
                self._keys = await fetch_keys(self._issuer, self._authority)
            except (httpx.HTTPError, TimeoutError, *_MALFORMED) as error:
                log.warning("issuer_unusable", error=type(error).__name__)
                if self._keys is None:
                    raise IssuerUnreachable from error
        return self._keys


def tls_context(authority: str | None) -> ssl.SSLContext:
    """TLS that trusts the system's authorities and these certificates (PEM), if any."""
    context = ssl.create_default_context()
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


async def fetch_keys(issuer: str, authority: str | None = None) -> KeySet:
    """Fetch the issuer's signing keys.

    Keys of other uses and unreadable ones are left out (RFC 7517 §5): one strange key among good
    ones must lock nobody out.

    Raises httpx.HTTPError or TimeoutError when the issuer does not answer; ForeignIssuer, KeyError,
    TypeError, ValueError or JoseError when the answer is not an issuer's.
    """
    async with (
        # The client's limit is for each wait; an issuer may also answer letter by letter.
        asyncio.timeout(2 * _REQUEST_SECONDS),
        httpx.AsyncClient(timeout=_REQUEST_SECONDS, verify=tls_context(authority)) as client,
    ):
        configuration = await client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        configuration.raise_for_status()
        if configuration.json()["issuer"] != issuer:
            raise ForeignIssuer
        key_set = await client.get(configuration.json()["jwks_uri"])
        key_set.raise_for_status()
    keys = [key for entry in key_set.json()["keys"] if (key := _signing_key(entry)) is not None]
    if not keys:
        raise KeyError("keys")
    return KeySet(keys)


def _signing_key(entry: Any) -> Key | None:
    """Import an entry of a key set, if it is a key that may have signed a staff token."""
    if not isinstance(entry, Mapping) or entry.get("use", "sig") != "sig":
        return None
    operations = entry.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    # Unknown parameters, and known ones in another form, are ignored (RFC 7517 §4).
    parameters: dict[str, str | list[str]] = {
        name: value for name in _KEY_PARAMETERS if isinstance(value := entry.get(name), str)
    }
    if parameters.get("crv") not in _CURVES.get(str(parameters.get("kty")), ()):
        return None
    try:
        key = JWKRegistry.import_key(parameters)
        # A point off its curve or an invalid modulus shows only when the key is built.
        _ = key.public_key
    except (*_MALFORMED, UnsupportedAlgorithm) as error:
        log.warning("issuer_key_left_out", key_type=parameters["kty"], error=type(error).__name__)
        return None
    return key
