"""Waiting for what another process will do, and saying what did not happen when it does not."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

EVERY_SECONDS = 0.15


class TookTooLong(Refusal):
    status = 504
    sentence = Text(
        fr="Après {seconds:.0f} secondes : {what}", en="After {seconds:.0f} seconds: {what}"
    )
    way_out = Text(
        fr="Les journaux des services (répertoire logs) disent pourquoi.",
        en="The services' logs (directory logs) say why.",
    )

    def __init__(self, what: Text, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._what = what

    def say(self, language: Language) -> str:
        what = self._what.in_(language)
        return self.sentence.in_(language, what=what, **self.data)


async def until(
    condition: Callable[[], Awaitable[bool]], still_not: Text, within: float = 30
) -> None:
    """Raises TookTooLong, with the sentence that says what has not happened."""
    deadline = asyncio.get_running_loop().time() + within
    while not await condition():
        if asyncio.get_running_loop().time() > deadline:
            raise TookTooLong(still_not, within)
        await asyncio.sleep(EVERY_SECONDS)


class WaitsItsTurn(httpx.AsyncHTTPTransport):
    """A whole panel plays behind one address: who asks too often is told for how long to wait."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        while True:
            answer = await super().handle_async_request(request)
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                return answer
            await answer.aclose()
            await asyncio.sleep(float(answer.headers["Retry-After"]))
