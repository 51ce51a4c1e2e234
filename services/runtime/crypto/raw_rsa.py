"""The bare RSA operations x^d and x^e mod n, which `cryptography` does not offer.

A blind signature signs a number that is no padded message (RFC 9474, section 4.3). OpenSSL does
that in constant time, with base blinding and a check against faults, without holding the
interpreter lock, and about ten times as fast as Python's `pow`: so this asks the libcrypto that
CPython's own ssl module has loaded. Where none answers (OpenSSL linked into the interpreter and
no libcrypto on the system), `pow` does the work: same results, about 25 ms a signature.
"""

import _ssl
import ctypes
import secrets
import weakref
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_LIBRARIES = (getattr(_ssl, "__file__", None), "libcrypto.so.3", "libcrypto.so.1.1")
_POINTER, _INT, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
_RAW = (_POINTER, ctypes.c_char_p, ctypes.POINTER(_SIZE), ctypes.c_char_p, _SIZE)
_FUNCTIONS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "d2i_AutoPrivateKey": (_POINTER, (_POINTER, ctypes.POINTER(ctypes.c_char_p), ctypes.c_long)),
    "EVP_PKEY_free": (None, (_POINTER,)),
    "EVP_PKEY_CTX_new": (_POINTER, (_POINTER, _POINTER)),
    "EVP_PKEY_CTX_free": (None, (_POINTER,)),
    "EVP_PKEY_CTX_ctrl": (_INT, (_POINTER, _INT, _INT, _INT, _INT, _POINTER)),
    "EVP_PKEY_decrypt_init": (_INT, (_POINTER,)),
    "EVP_PKEY_decrypt": (_INT, _RAW),
    "EVP_PKEY_encrypt_init": (_INT, (_POINTER,)),
    "EVP_PKEY_encrypt": (_INT, _RAW),
    "ERR_clear_error": (None, ()),
}
# From openssl/evp.h and openssl/rsa.h; the same in 1.1 and 3.
_EVP_PKEY_RSA, _ANY_OPERATION, _SET_PADDING, _NO_PADDING = 6, -1, 0x1001, 3


class RawOperationFailed(RuntimeError):
    """OpenSSL refused an operation on a number that was in range: a fault, never bad input."""


class RawKey(Protocol):
    """Both take and give numbers below the modulus."""

    def private(self, number: int) -> int: ...
    def public(self, number: int) -> int: ...


def raw_key(key: RSAPrivateKey) -> RawKey:
    """OpenSSL's operations where its library can be reached, Python's elsewhere."""
    library = _libcrypto()
    return OpenSSLKey(library, key) if library else PythonKey(key)


@cache
def _libcrypto() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            library = ctypes.CDLL(name)
            for function, (result, arguments) in _FUNCTIONS.items():
                getattr(library, function).restype = result
                getattr(library, function).argtypes = arguments
        except (OSError, AttributeError):  # not there, or built without these symbols: the next
            continue
        return library
    return None


class OpenSSLKey:
    """A key held by OpenSSL; may be used by several threads at once."""

    def __init__(self, library: ctypes.CDLL, key: RSAPrivateKey) -> None:
        self._library = library
        self._size = (key.key_size + 7) // 8
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        self._key = library.d2i_AutoPrivateKey(None, ctypes.c_char_p(der), len(der))
        if not self._key:
            library.ERR_clear_error()
            raise RawOperationFailed("OpenSSL does not read this key")
        weakref.finalize(self, library.EVP_PKEY_free, self._key)

    def private(self, number: int) -> int:
        return self._run(
            self._library.EVP_PKEY_decrypt_init, self._library.EVP_PKEY_decrypt, number
        )

    def public(self, number: int) -> int:
        return self._run(
            self._library.EVP_PKEY_encrypt_init, self._library.EVP_PKEY_encrypt, number
        )

    def _run(self, init: Callable[..., int], operate: Callable[..., int], number: int) -> int:
        library = self._library
        answer = ctypes.create_string_buffer(self._size)
        length = _SIZE(self._size)
        given = number.to_bytes(self._size, "big")
        context = library.EVP_PKEY_CTX_new(self._key, None)
        try:
            done = (
                init(context) == 1
                and library.EVP_PKEY_CTX_ctrl(
                    context, _EVP_PKEY_RSA, _ANY_OPERATION, _SET_PADDING, _NO_PADDING, None
                )
                == 1
                and operate(context, answer, ctypes.byref(length), given, len(given)) == 1
            )
        finally:
            library.EVP_PKEY_CTX_free(context)
        if not done or length.value != self._size:
            library.ERR_clear_error()  # or this thread's next TLS call would report it as its own
            raise RawOperationFailed("OpenSSL refused a bare RSA operation")
        return int.from_bytes(answer.raw, "big")


class PythonKey:
    """The same with `pow`, whose time depends on its operands.

    Each number is multiplied by a fresh r^e first, so that what a requester chooses never meets
    the private exponent. Somebody who measures inside this process could still learn from it.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        self._numbers = key.private_numbers()

    def private(self, number: int) -> int:
        own = self._numbers
        modulus = own.public_numbers.n
        r = secrets.randbelow(modulus - 2) + 2
        hidden = number * self.public(r) % modulus
        by_p = pow(hidden % own.p, own.dmp1, own.p)
        by_q = pow(hidden % own.q, own.dmq1, own.q)
        signed = by_q + own.q * ((by_p - by_q) * own.iqmp % own.p)
        return signed * pow(r, -1, modulus) % modulus

    def public(self, number: int) -> int:
        return pow(number, self._numbers.public_numbers.e, self._numbers.public_numbers.n)
