"""Rate limits: token buckets per client address, and per person of the staff.

Buckets are stored under a keyed hash, whose key is drawn anew every ten minutes and never leaves
this process: no address can be had from memory, logs or dumps, and buckets of two periods cannot be
matched.
"""

import hashlib
import ipaddress
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.runtime.refusal import Refusal
from services.runtime.text import Text

_PERIOD_SECONDS = 600.0
_MAX_BUCKETS = 100_000


class TooOften(Refusal):
    status = 429
    sentence = Text(
        fr="Trop de demandes sont parties de votre connexion en peu de temps.",
        en="Too many requests came from your connection in a short time.",
    )
    way_out = Text(
        fr="Attendez {seconds} s, puis recommencez.", en="Wait {seconds} s, then try again."
    )

    @property
    def retry_after(self) -> int:
        return int(self.data["seconds"])


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimiter:
    """`burst` requests per key at once, then `per_second`, in real time."""

    def __init__(
        self, per_second: float, burst: float, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._elapsed = elapsed
        self._forget()

    def take(self, key: str | None) -> None:
        """Take one token. Raises TooOften, which costs no token.

        None is not limited: such clients cannot be told apart.
        """
        if key is None:
            return
        bucket = self._bucket(key)
        if bucket.tokens < 1:
            raise TooOften(seconds=math.ceil((1 - bucket.tokens) / self._per_second))
        bucket.tokens -= 1

    def _bucket(self, key: str) -> _Bucket:
        moment = self._elapsed()
        if moment - self._since > _PERIOD_SECONDS or len(self._buckets) >= _MAX_BUCKETS:
            self._forget()
        hashed = hashlib.blake2b(key.encode(), key=self._key, digest_size=16).digest()
        bucket = self._buckets.setdefault(hashed, _Bucket(self._burst, moment))
        gained = (moment - bucket.filled_at) * self._per_second
        bucket.tokens, bucket.filled_at = min(self._burst, bucket.tokens + gained), moment
        return bucket

    def _forget(self) -> None:
        self._key = secrets.token_bytes(32)
        self._buckets: dict[bytes, _Bucket] = {}
        self._since = self._elapsed()


def rate_limit_key(client: tuple[str, int] | None) -> str | None:
    """The IPv4 address, or the IPv6 /64 network, which is one household's.

    None when a trusted proxy withholds the address, and limits in our place.
    """
    if client is None:
        return None
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
