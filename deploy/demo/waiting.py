"""Waiting for a condition in another process, with a diagnosis when time is up."""

import asyncio
from collections.abc import Awaitable, Callable

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

EVERY_SECONDS = 0.15
# How often progress is looked at within the time allowed, and the most of these times in all.
_LOOKS, _LONGEST = 20, 10


class TookTooLong(Refusal):
    status = 504
    sentence = Text(
        fr="Après {seconds:.0f} secondes : {what}{state}",
        en="After {seconds:.0f} seconds: {what}{state}",
    )
    way_out = Text(
        fr="Les journaux des services (répertoire logs) disent pourquoi.",
        en="The services' logs (directory logs) say why.",
    )

    def __init__(self, still_not: Text, seconds: float, state: str = "") -> None:
        super().__init__(seconds=seconds, state=f" [{state}]" if state else "")
        self._what = still_not

    def message(self, language: Language) -> str:
        still_not = self._what.in_(language)
        return self.sentence.in_(language, what=still_not, **self.data)


async def until(
    condition: Callable[[], Awaitable[bool]],
    still_not: Text,
    within: float = 30,
    progress: Callable[[], Awaitable[str]] | None = None,
) -> None:
    """Wait for `condition`, for `within` seconds.

    With `progress`, which describes the panel's state, time counts from the last change of that
    description: a slow machine gets more time, a stuck panel does not. The limit is ten times
    `within` in any case.

    Raises TookTooLong, with `still_not` and the last description.
    """
    clock = asyncio.get_running_loop().time
    began = last_look = changed = clock()
    state = ""
    while not await condition():
        if progress and clock() - last_look > within / _LOOKS:
            latest, last_look = await progress(), clock()
            if latest != state:
                state, changed = latest, clock()
        if clock() - changed > within or clock() - began > _LONGEST * within:
            raise TookTooLong(still_not, clock() - began, state)
        await asyncio.sleep(EVERY_SECONDS)
