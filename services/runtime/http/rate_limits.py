"""How much anybody may ask: small bodies where all may post, and so many requests in so long.

Who asks is known to a limit by a hash under a key that is drawn anew every ten minutes and never
leaves this process: from memory, logs or dumps no address can be had, and buckets of two periods
cannot be matched.
"""

import hashlib
import ipaddress
import math
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class BodyTooLarge(Refusal):
    status = 413
    sentence = Text(
        fr="La demande est trop grande : {most} octets au plus, annoncés d'avance.",
        en="The request is too large: {most} bytes at most, announced beforehand.",
    )


class BodyTooSlow(Refusal):
    status = 408
    sentence = Text(
        fr="La demande n'est pas arrivée entière en {seconds} s.",
        en="The request did not arrive whole within {seconds} s.",
    )
    way_out = Text(fr="Réessayez.", en="Try again.")


def body_limit(most: int) -> type[APIRoute]:
    """A route class for bodies of at most so many bytes; a longer one is not read.

    The announced length decides, as the server reads no further than that.
    """

    class SmallBodies(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def limited(request: Request) -> Response:
                length = request.headers.get("content-length", "")
                if not (length.isascii() and length.isdigit()) or int(length) > most:
                    raise BodyTooLarge(most=most)
                return await handle(request)

            return limited

    return SmallBodies


_PERIOD_SECONDS = 600.0
_MOST_SOURCES = 100_000


class TooOften(Refusal):
    status = 429
    sentence = Text(
        fr="Trop de demandes viennent d'ici en peu de temps.",
        en="Too many requests come from here in a short time.",
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
    at: float


class Limit:
    """`burst` requests of one source at once, then `per_second`. Time is real, whatever the
    service's clock."""

    def __init__(
        self, per_second: float, burst: float, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._elapsed = elapsed
        self._forget()

    def take(self, source: str | None) -> None:
        """One request. Raises TooOften, which costs nothing: who waits is let in again. Without a
        source there is nobody to tell apart from others, and no limit."""
        if source is None:
            return
        bucket = self._bucket(source)
        if bucket.tokens < 1:
            raise TooOften(seconds=math.ceil((1 - bucket.tokens) / self._per_second))
        bucket.tokens -= 1

    def _bucket(self, source: str) -> _Bucket:
        now = self._elapsed()
        if now - self._since > _PERIOD_SECONDS or len(self._buckets) >= _MOST_SOURCES:
            self._forget()
        hashed = hashlib.blake2b(source.encode(), key=self._key, digest_size=16).digest()
        bucket = self._buckets.setdefault(hashed, _Bucket(self._burst, now))
        gained = (now - bucket.at) * self._per_second
        bucket.tokens, bucket.at = min(self._burst, bucket.tokens + gained), now
        return bucket

    def _forget(self) -> None:
        self._key = secrets.token_bytes(32)
        self._buckets: dict[bytes, _Bucket] = {}
        self._since = self._elapsed()


def rate_limit_key(client: tuple[str, int] | None) -> str | None:
    """Who is one for a limit: an IPv4 address, or a whole IPv6 network of 64 bits, as that is what
    one household has. None when a trusted proxy keeps it to itself, and limits in our place."""
    if client is None:
        return None
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)
