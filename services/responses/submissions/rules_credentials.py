"""What proves that an answer comes from a participant, and the receipt that is made from it."""

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Sequence

from services.runtime.refusal import Refusal
from services.runtime.text import Text

PREPARED_BYTES = 64
ECHO_BYTES = 16
_ECHO_LENGTH = 22  # in base64url, without padding
RECEIPT_LENGTH = 10
_BITS_PER_CHARACTER = 5
_HASH_BITS = 256
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


class CredentialMalformed(Refusal):
    status = 422
    sentence = Text(
        fr="Le jeton anonyme est abîmé ou incomplet.",
        en="The anonymous credential is damaged or incomplete.",
    )
    way_out = Text(
        fr="Rechargez la page : elle refait le jeton, et ce que vous avez écrit est toujours sur"
        " votre appareil.",
        en="Reload the page: it makes the credential anew, and what you wrote is still on your"
        " device.",
    )


class ReceiptMalformed(Refusal):
    status = 404
    sentence = Text(
        fr="Un reçu a dix lettres ou chiffres.", en="A receipt has ten letters or digits."
    )


def decoded(text: str) -> bytes:
    """From base64url without padding. Raises CredentialMalformed."""
    plain = text.encode(errors="replace").translate(_TO_STANDARD, b"+/=")
    try:
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except binascii.Error:
        raise CredentialMalformed from None


def checked_echo(echo: str | None) -> str | None:
    """Raises CredentialMalformed."""
    if echo is not None and (len(echo) != _ECHO_LENGTH or len(decoded(echo)) != ECHO_BYTES):
        raise CredentialMalformed
    return echo


def echo_marks(echoes: Sequence[str | None]) -> list[bytes | None]:
    """The hash of each echo, which is stored and published.

    Whoever copies one from the public list has nothing to show, as only the author's device has
    what was hashed. An echo that came with several answers is nobody's, and marks none of them."""
    times = Counter(echoes)
    return [
        hashlib.sha256(decoded(echo)).digest() if echo and times[echo] == 1 else None
        for echo in echoes
    ]


def token_hash(prepared: bytes) -> bytes:
    return hashlib.sha256(prepared).digest()


def receipt(hash: bytes) -> str:
    """The first 50 bits, so that the page can tell it before it is answered."""
    return base64.b32encode(hash[:10]).decode().lower()[:RECEIPT_LENGTH]


def hashes_of(receipt: str) -> tuple[bytes, bytes]:
    """The smallest and the largest hash that have this receipt.

    Raises ReceiptMalformed.
    """
    plain = receipt.replace("-", "").replace(" ", "").upper()
    try:
        if len(plain) != RECEIPT_LENGTH:
            raise ReceiptMalformed
        bits = int.from_bytes(base64.b32decode(plain + "A" * 6), "big") >> 30
    except ValueError:
        raise ReceiptMalformed from None
    free = _HASH_BITS - RECEIPT_LENGTH * _BITS_PER_CHARACTER
    last = (((bits + 1) << free) - 1).to_bytes(_HASH_BITS // 8, "big")
    return (bits << free).to_bytes(_HASH_BITS // 8, "big"), last
