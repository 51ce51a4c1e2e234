"""The anonymous credential that a response comes with, its receipt, and the response's echo."""

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


def decode(text: str) -> bytes:
    """Decode base64url without padding. Raises CredentialMalformed."""
    standard = text.encode(errors="replace").translate(_TO_STANDARD, b"+/=")
    try:
        return binascii.a2b_base64(standard + b"=" * (-len(standard) % 4), strict_mode=True)
    except binascii.Error:
        raise CredentialMalformed from None


def checked_echo(echo: str | None) -> str | None:
    """Raises CredentialMalformed."""
    if echo is not None and (len(echo) != _ECHO_LENGTH or len(decode(echo)) != ECHO_BYTES):
        raise CredentialMalformed
    return echo


def echo_hashes(echoes: Sequence[str | None]) -> list[bytes | None]:
    """The hash of each echo, which is stored and published.

    The author's device alone has the echo itself, so nobody can claim a contribution by copying
    from the public list. An echo that several responses share identifies none of them: None."""
    uses = Counter(echoes)
    return [
        hashlib.sha256(decode(echo)).digest() if echo and uses[echo] == 1 else None
        for echo in echoes
    ]


def token_hash(prepared: bytes) -> bytes:
    return hashlib.sha256(prepared).digest()


def receipt(token_hash: bytes) -> str:
    """The first 50 bits in base32: the page can compute it before the server replies."""
    return base64.b32encode(token_hash[:10]).decode().lower()[:RECEIPT_LENGTH]


def hash_range(receipt: str) -> tuple[bytes, bytes]:
    """The smallest and the largest hash that have this receipt.

    Raises ReceiptMalformed.
    """
    compact = receipt.replace("-", "").replace(" ", "").upper()
    try:
        if len(compact) != RECEIPT_LENGTH:
            raise ReceiptMalformed
        bits = int.from_bytes(base64.b32decode(compact + "A" * 6), "big") >> 30
    except ValueError:
        raise ReceiptMalformed from None
    free_bits = _HASH_BITS - RECEIPT_LENGTH * _BITS_PER_CHARACTER
    first, last = bits << free_bits, ((bits + 1) << free_bits) - 1
    return first.to_bytes(_HASH_BITS // 8, "big"), last.to_bytes(_HASH_BITS // 8, "big")
