"""Blind signatures: RFC 9474, variant RSABSSA-SHA384-PSS-Randomized.

The signer signs a blinded message, which cannot be matched with the message presented later. The
requester prepares a message, blinds it, has it signed, and unblinds the signature, which is then a
plain RSASSA-PSS one (RFC 8017, section 8.1.2) that anybody with the public key can verify.

All random values of the requester come from one 32-byte seed (`request_from_seed`), so the same
seed gives the same request, hence the same signature. `credential.js` of the answer page computes
the same bytes: the two change together or not at all.

Time: the signer's private operation is in `raw_rsa`. `blind` and `finalize` use `pow`, whose time
depends on the blinding factor; it is used once, on the requester's own device, and never repeated
with other data.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from services.runtime.crypto.raw_rsa import RawKey
from services.runtime.refusal import Refusal
from services.runtime.text import Text

KEY_BITS = 3072
_LARGEST_KEY_BITS = 4096
_EXPONENT = 65537
ECHO_BYTES = 16
SEED_BYTES = 32
MESSAGE_BYTES = 32
PREFIX_BYTES = 32  # RFC 9474, section 4.1
SALT_BYTES = 48  # RFC 9474, section 5: as long as the hash
_WIDE_BYTES = 16  # more than the modulus has: the blinding factor's bias is below 2^-128
_PSS = padding.PSS(padding.MGF1(hashes.SHA384()), SALT_BYTES)
_LABEL = "citizen-panel blind-rsa v1 "


class KeyUnusable(ValueError):
    """Not an RSA key of 3072 to 4096 bits, whole bytes, with exponent 65537."""


class SigningFault(RuntimeError):
    """A computed signature does not verify; handing it out could reveal the key (section 4.3)."""


class RequestDamaged(Refusal):
    status = 422
    sentence = Text(
        fr="La demande de jeton anonyme est abîmée.",
        en="The request for an anonymous credential is damaged.",
    )
    way_out = Text(
        fr="Rechargez la page et recommencez : la même demande sera refaite.",
        en="Reload the page and start again: the same request will be made anew.",
    )


class SignatureRefused(Refusal):
    status = 403
    sentence = Text(
        fr="Ce jeton anonyme n'est pas valable pour ce projet.",
        en="This anonymous credential is not valid for this project.",
    )


@dataclass(frozen=True)
class PublicKey:
    """A public key. Raises KeyUnusable."""

    modulus: int
    exponent: int = _EXPONENT

    def __post_init__(self) -> None:
        bits = self.modulus.bit_length()
        sound = KEY_BITS <= bits <= _LARGEST_KEY_BITS and bits % 8 == 0 and self.modulus % 2 == 1
        if not sound or self.exponent != _EXPONENT:
            raise KeyUnusable("an RSA key of 3072 to 4096 bits with exponent 65537 is needed")

    @classmethod
    def from_jwk(cls, jwk: dict[str, str]) -> Self:
        """Reads kty, n and e (RFC 7518, section 6.3.1). Raises KeyUnusable."""
        try:
            key = cls(_integer(jwk["n"]), _integer(jwk["e"]))
        except (KeyError, TypeError, ValueError) as error:
            raise KeyUnusable(str(error)) from error
        if {name: jwk.get(name) for name in key.jwk} != key.jwk:  # one key, one way to write it
            raise KeyUnusable("kty must be RSA, n and e written in the shortest way")
        return key

    @property
    def jwk(self) -> dict[str, str]:
        exponent = self.exponent.to_bytes(3, "big")
        return {
            "e": base64url(exponent),
            "kty": "RSA",
            "n": base64url(self.modulus.to_bytes(self.size, "big")),
        }

    @property
    def size(self) -> int:
        """Bytes of the modulus, hence of each blinded message and signature."""
        return self.modulus.bit_length() // 8

    @cached_property
    def thumbprint(self) -> bytes:
        """RFC 7638: SHA-256 over the members e, kty, n."""
        return hashlib.sha256(json.dumps(self.jwk, separators=(",", ":")).encode()).digest()

    @property
    def fingerprint(self) -> str:
        return base64url(self.thumbprint)

    def verify(self, prepared: bytes, signature: bytes) -> None:
        """Section 4.5. Raises SignatureRefused."""
        try:
            self._verifier.verify(signature, prepared, _PSS, hashes.SHA384())
        except InvalidSignature:
            raise SignatureRefused from None

    @cached_property
    def _verifier(self) -> rsa.RSAPublicKey:
        return rsa.RSAPublicNumbers(self.exponent, self.modulus).public_key()


class PrivateKey:
    """The signer's key. Its serialisation is not encrypted: the store must do that."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        numbers = key.public_key().public_numbers()
        self.public = PublicKey(numbers.n, numbers.e)
        self._key = key
        self._raw = RawKey(key)

    @classmethod
    def generate(cls) -> Self:
        return cls(rsa.generate_private_key(_EXPONENT, KEY_BITS))

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Load a key. Raises KeyUnusable. Checking the primes takes 0.15 s: keep the object."""
        try:
            key = load_der_private_key(der, password=None)
        except (ValueError, TypeError) as error:
            raise KeyUnusable("not an unencrypted PKCS #8 private key") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise KeyUnusable("not an RSA key")
        return cls(key)

    def der(self) -> bytes:
        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def blind_sign(self, blinded: bytes) -> bytes:
        """Section 4.3; about 3 ms in which other threads run. Deterministic.

        Raises RequestDamaged (not a number below the modulus, of its length), SigningFault.
        """
        number = int.from_bytes(blinded, "big")
        if len(blinded) != self.public.size or not 1 < number < self.public.modulus - 1:
            raise RequestDamaged
        signature = self._raw.private(number)
        if self._raw.public(signature) != number:
            raise SigningFault
        return signature.to_bytes(self.public.size, "big")


@dataclass(frozen=True)
class Request:
    """`blinded` goes to the signer; the rest stays with the requester until the signature comes."""

    prepared: bytes
    blinded: bytes
    inverse: int


def prepare(message: bytes, prefix: bytes) -> bytes:
    """Section 4.1, PrepareRandomize."""
    if len(prefix) != PREFIX_BYTES:
        raise ValueError(f"the prefix has {PREFIX_BYTES} bytes")
    return prefix + message


def blind(key: PublicKey, prepared: bytes, salt: bytes, factor: int) -> Request:
    """Section 4.2, with its two random values. `factor` is 0 < r < n, never used twice."""
    if len(salt) != SALT_BYTES or not 0 < factor < key.modulus:
        raise ValueError("salt or blinding factor out of range")
    encoded = int.from_bytes(_encode(prepared, salt, key.size), "big")
    hidden = encoded * pow(factor, key.exponent, key.modulus) % key.modulus
    # No inverse (pow raises ValueError), or a message that is not coprime, would factor the key.
    inverse = pow(factor, -1, key.modulus)
    return Request(prepared, hidden.to_bytes(key.size, "big"), inverse)


def finalize(key: PublicKey, request: Request, blind_signature: bytes) -> bytes:
    """Section 4.4: the signature, verified. Raises SignatureRefused."""
    if len(blind_signature) != key.size:
        raise SignatureRefused
    number = int.from_bytes(blind_signature, "big")
    signature = (number * request.inverse % key.modulus).to_bytes(key.size, "big")
    key.verify(request.prepared, signature)
    return signature


def request_from_seed(seed: bytes, key: PublicKey) -> Request:
    """Derive the request of a seed and a key.

    HKDF-SHA-384 (RFC 5869) of the seed, salted with the key's thumbprint, so that one seed used
    with two keys gives two unrelated messages; one label for each value. The factor is a number
    16 bytes longer than the modulus, reduced to 1..n-1: its distance to uniform is below 2^-128.
    """

    def derive(label: str, length: int) -> bytes:
        return _derive(seed, key, label, length)

    wide = int.from_bytes(derive("factor", key.size + _WIDE_BYTES), "big")
    return blind(
        key,
        prepare(derive("message", MESSAGE_BYTES), derive("prefix", PREFIX_BYTES)),
        derive("salt", SALT_BYTES),
        wide % (key.modulus - 1) + 1,
    )


def echo_from_seed(seed: bytes, key: PublicKey) -> bytes:
    """A value by which the seed's owner, and nobody else, finds their contribution among all.

    It looks random even to somebody who knows everything else that is derived from the seed.
    """
    return _derive(seed, key, "echo", ECHO_BYTES)


def _derive(seed: bytes, key: PublicKey, label: str, length: int) -> bytes:
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes")
    info = (_LABEL + label).encode()
    return HKDF(hashes.SHA384(), length, salt=key.thumbprint, info=info).derive(seed)


def _encode(message: bytes, salt: bytes, size: int) -> bytes:
    """EMSA-PSS-ENCODE (RFC 8017, section 9.1.1) for a modulus of `size` whole bytes."""
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = (b"\x01" + salt).rjust(size - len(digest) - 1, b"\0")
    stream = b"".join(  # MGF1, appendix B.2.1
        hashlib.sha384(digest + counter.to_bytes(4, "big")).digest()
        for counter in range(-(-len(block) // len(digest)))
    )
    masked = bytearray(a ^ b for a, b in zip(block, stream, strict=False))
    masked[0] &= 0x7F  # one bit less than the modulus, so that the number is below it
    return bytes(masked) + digest + b"\xbc"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode. Raises ValueError, also for text that is not in its one shortest spelling."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if base64url(data) != text:
        raise ValueError("not base64url in its shortest spelling")
    return data


def _integer(text: str) -> int:
    return int.from_bytes(from_base64url(text), "big")
