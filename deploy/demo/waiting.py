"""Waiting for what another process will do, and saying what did not happen when it does not."""

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

    def __init__(self, what: Text, seconds: float, state: str = "") -> None:
        super().__init__(seconds=seconds, state=f" [{state}]" if state else "")
        self._what = what

    def say(self, language: Language) -> str:
        what = self._what.in_(language)
        return self.sentence.in_(language, what=what, **self.data)


async def until(
    condition: Callable[[], Awaitable[bool]],
    still_not: Text,
    within: float = 30,
    progress: Callable[[], Awaitable[str]] | None = None,
) -> None:
    """Wait for `condition`, for `within` seconds.

    With `progress`, which describes the state of things, the time counts from the last change of
    that description: a slow machine is waited for, a panel that stands still is not. Ten times
    `within` is the end in any case.

    Raises TookTooLong, with `still_not` and the last description.
    """
    now = asyncio.get_running_loop().time
    began = looked = changed = now()
    state = ""
    while not await condition():
        if progress and now() - looked > within / _LOOKS:
            latest, looked = await progress(), now()
            if latest != state:
                state, changed = latest, now()
        if now() - changed > within or now() - began > _LONGEST * within:
            raise TookTooLong(still_not, now() - began, state)
        await asyncio.sleep(EVERY_SECONDS)
