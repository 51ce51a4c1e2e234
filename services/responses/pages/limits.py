"""Limits on who posts how often, without keeping who posts.

One bucket of tokens for each source, found by a hash of its address under a key that is drawn anew
every ten minutes and never leaves this process: from memory, logs or dumps no address can be had,
and buckets of two periods cannot be matched. Only what stores nothing is charged (a refusal, a
credential sent again): a participant has one response to give, and whole offices share an address.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from services.runtime.refusal import Refusal
from services.runtime.text import Text

_PERIOD_SECONDS = 600.0
_MOST_SOURCES = 100_000


class TooOften(Refusal):
    status = 429
    sentence = Text(
        fr="Trop de demandes viennent d'ici en peu de temps.",
        en="Too many requests come from here in a short time.",
    )
    way_out = Text(
        fr="Attendez une minute : ce que vous avez écrit est toujours sur votre appareil.",
        en="Wait a minute: what you wrote is still on your device.",
    )


@dataclass
class _Bucket:
    tokens: float
    at: float


class Limit:
    """`burst` charges at once, then `per_second`. Time is real, whatever the service's clock."""

    def __init__(
        self, burst: int, per_second: float, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._elapsed = elapsed
        self._forget()

    def refuse_if_spent(self, address: str | None) -> None:
        """Raises TooOften."""
        if self._bucket(address).tokens < 1:
            raise TooOften

    def charge(self, address: str | None) -> None:
        self._bucket(address).tokens -= 1

    def _bucket(self, address: str | None) -> _Bucket:
        now = self._elapsed()
        if now - self._since > _PERIOD_SECONDS or len(self._buckets) >= _MOST_SOURCES:
            self._forget()
        source = hashlib.blake2b((address or "").encode(), key=self._key, digest_size=16).digest()
        bucket = self._buckets.setdefault(source, _Bucket(self._burst, now))
        gained = (now - bucket.at) * self._per_second
        bucket.tokens, bucket.at = min(self._burst, bucket.tokens + gained), now
        return bucket

    def _forget(self) -> None:
        self._key = secrets.token_bytes(32)
        self._buckets: dict[bytes, _Bucket] = {}
        self._since = self._elapsed()
