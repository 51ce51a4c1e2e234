"""The bare RSA operations x^d and x^e mod n, which `cryptography` does not offer.

A blind signature signs a number that is no padded message (RFC 9474, section 4.3). GMP computes it
with an exponentiation whose time and memory accesses do not depend on the secret exponent, without
holding the interpreter lock (docs/decisions/0032).
"""

import secrets

import gmpy2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


class RawKey:
    """Both operations take and give numbers from 1 to the modulus, exclusive.

    They raise ValueError for other numbers. Several threads may use one key at once.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        numbers = key.private_numbers()
        self._modulus = gmpy2.mpz(numbers.public_numbers.n)
        self._public_exponent = gmpy2.mpz(numbers.public_numbers.e)
        self._p, self._q = gmpy2.mpz(numbers.p), gmpy2.mpz(numbers.q)
        self._exponent_p, self._exponent_q = gmpy2.mpz(numbers.dmp1), gmpy2.mpz(numbers.dmq1)
        self._q_inverse = gmpy2.mpz(numbers.iqmp)

    def private(self, number: int) -> int:
        """x^d mod n.

        The number is multiplied by a fresh r^e first (base blinding), so that no number that a
        requester chooses meets the secret exponent.
        """
        self._check(number)
        r = gmpy2.mpz(secrets.randbelow(int(self._modulus) - 2) + 2)
        with gmpy2.context(allow_release_gil=True):
            blinded = number * gmpy2.powmod(r, self._public_exponent, self._modulus) % self._modulus
            # Chinese remainder theorem: two powers of half the length (RFC 8017, section 5.1.2).
            power_p = gmpy2.powmod_sec(blinded % self._p, self._exponent_p, self._p)
            power_q = gmpy2.powmod_sec(blinded % self._q, self._exponent_q, self._q)
            signed = power_q + self._q * ((power_p - power_q) * self._q_inverse % self._p)
            return int(signed * gmpy2.invert(r, self._modulus) % self._modulus)

    def public(self, number: int) -> int:
        """x^e mod n."""
        self._check(number)
        return int(gmpy2.powmod(number, self._public_exponent, self._modulus))

    def _check(self, number: int) -> None:
        if not 0 < number < self._modulus:
            raise ValueError("not a number below the modulus")
