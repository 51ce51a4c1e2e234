"""Renewing a token before it ends, so that short-lived tokens do not end a day's work."""

import asyncio
from collections.abc import Awaitable, Callable

from console.client.problems import SignedOut, Unreachable
from console.client.sign_in import Issuer, SignedIn

# A token is renewed this long before its end, so that no request meets the end on its way.
BEFORE_SECONDS = 20.0
# A token that lives shorter than that is renewed after this part of its life.
_PART_OF_LIFE = 0.5
_AGAIN_SECONDS = 5.0


def pause_before_renewal(expires_in: float) -> float:
    """Seconds to wait before a token of this life is to be renewed."""
    return max(expires_in - BEFORE_SECONDS, expires_in * _PART_OF_LIFE)


async def keep_fresh(
    issuer: Issuer,
    person: SignedIn,
    renewed: Callable[[SignedIn], object],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Renew as long as the issuer does; returns when it refuses or cannot, and the token then ends.

    While the issuer does not answer the session is kept and asked for again: services judge by the
    token alone.
    """
    while person.refresh_token is not None and person.expires_in:
        await sleep(pause_before_renewal(person.expires_in))
        while True:
            try:
                person = await issuer.renew(person)
            except Unreachable:
                await sleep(_AGAIN_SECONDS)
            except SignedOut:
                return
            else:
                renewed(person)
                break
