"""`python -m tests.benchmarks.raw_rsa`: bare RSA signatures by gmpy2 and by pow (decision 0032)."""

import secrets
import time
from collections.abc import Callable
from statistics import median

from cryptography.hazmat.primitives.asymmetric import rsa

from services.runtime.crypto.blind_rsa import KEY_BITS
from services.runtime.crypto.raw_rsa import RawKey

_ROUNDS = 7
_SIGNATURES = 30


def main() -> None:
    private = rsa.generate_private_key(65537, KEY_BITS)
    numbers, key = private.private_numbers(), RawKey(private)
    modulus = numbers.public_numbers.n

    def by_gmp(number: int) -> None:
        assert key.public(key.private(number)) == number

    def by_pow(number: int) -> None:
        signed = pow(number, numbers.d, modulus)
        assert pow(signed, numbers.public_numbers.e, modulus) == number

    rates: dict[str, list[float]] = {"gmpy2": [], "pow": []}
    for _ in range(_ROUNDS):
        for name, sign in (("gmpy2", by_gmp), ("pow", by_pow)):
            rates[name].append(_rate(sign, modulus))
    for name, measured in rates.items():
        print(f"{name:6} {median(measured):6.0f} signatures per second of CPU")


def _rate(sign: Callable[[int], None], modulus: int) -> float:
    started = time.process_time()
    for _ in range(_SIGNATURES):
        sign(secrets.randbelow(modulus - 1) + 1)
    return _SIGNATURES / (time.process_time() - started)


if __name__ == "__main__":
    main()
