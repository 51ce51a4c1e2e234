"""Links to members' pages: signed by registry, verified by every service with its public keys.

A link carries the member, the subject and the purpose, so that no service needs a session or a
lookup in another service's database.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from services.runtime.refusal import Refusal
from services.runtime.text import Text

_ALGORITHM = "Ed25519"
# Header, claims, and the 86 characters of an Ed25519 signature.
_WHOLE_LINK = re.compile(r"[\w-]+\.[\w-]+\.[\w-]{86}", re.ASCII)


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
    """Claims of a member's link."""

    member_id: UUID
    subject_id: UUID
    purpose: str


def sign_link(key: OKPKey, link: Link, expires_at: datetime) -> str:
    """Sign a self-contained link with registry's Ed25519 key."""
    return jwt.encode(
        {"alg": _ALGORITHM, "kid": key.thumbprint()},
        {
            "sub": str(link.member_id),
            "on": str(link.subject_id),
            "aud": link.purpose,
            "exp": int(expires_at.timestamp()),
        },
        key,
        algorithms=[_ALGORITHM],
    )


def trimmed_link(token: str) -> str:
    """The link without the characters that followed it in a text.

    Mail programs take the full stop or the bracket behind an address for a part of it. A signature
    has a fixed length, so what follows it cannot belong to the link.
    """
    whole = _WHOLE_LINK.match(token)
    return whole[0] if whole else token


def verify_link(keys: KeySet, token: str, purpose: str, now: datetime) -> Link:
    """Verify a link for one purpose.

    Raises LinkRefused when it is expired, changed, signed by a stranger or for another purpose.
    """
    try:
        claims = jwt.decode(trimmed_link(token), keys, algorithms=[_ALGORITHM]).claims
        link = Link(UUID(claims["sub"]), UUID(claims["on"]), claims["aud"])
        expires = int(claims["exp"])
    except (JoseError, ValueError, KeyError, TypeError):
        raise LinkRefused from None
    if link.purpose != purpose or now.timestamp() >= expires:
        raise LinkRefused
    return link


def link_keys(*public_keys: str) -> KeySet:
    """Public keys from JSON Web Keys (RFC 8037), one JSON text each.

    Rotated keys stay in the set while their links live. A link names its key by thumbprint
    (RFC 7638), so keys need no names of their own.
    """
    keys = [OKPKey.import_key(json.loads(key)) for key in public_keys]
    return KeySet([OKPKey.import_key(key.as_dict(kid=key.thumbprint())) for key in keys])
