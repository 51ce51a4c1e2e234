"""Waiting until one service has learnt what another one told it."""

import asyncio
from collections.abc import Awaitable, Callable

from console.commands.refusals import Refusal
from console.words import Language, Text

_BETWEEN_LOOKS_SECONDS = 0.15


class TookTooLong(Refusal):
    sentence = Text(
        fr="Après {seconds:.0f} secondes : {what}", en="After {seconds:.0f} seconds: {what}"
    )
    way_out = Text(
        fr="Les journaux des services (répertoire logs) disent pourquoi.",
        en="The services' logs (directory logs) say why.",
    )

    def __init__(self, expectation: Text, seconds: float) -> None:
        super().__init__(seconds=seconds)
        self._what = expectation

    def say(self, language: Language) -> str:
        return self.sentence.in_(language, what=self._what.in_(language), **self.data)


async def until(
    condition: Callable[[], Awaitable[bool]], still_not: Text, within: float = 30
) -> None:
    """Wait for `condition`, `within` seconds at most. Raises TookTooLong with `still_not`."""
    clock = asyncio.get_running_loop().time
    began = clock()
    while not await condition():
        if clock() - began > within:
            raise TookTooLong(still_not, within)
        await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
