"""Waiting: a slow machine gets more time; a stuck panel is reported with its state."""

from collections.abc import Awaitable, Callable
from itertools import count

import pytest

from deploy.demo import waiting
from deploy.demo.waiting import TookTooLong, until
from services.runtime.text import Text

NOT_YET = Text(fr="pas encore.", en="not yet.")
WITHIN = 0.2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "EVERY_SECONDS", 0.01)


def true_after(attempts: int) -> Callable[[], Awaitable[bool]]:
    numbers = count()

    async def condition() -> bool:
        return next(numbers) >= attempts

    return condition


async def never() -> bool:
    return False


async def still() -> str:
    return "orders: unanswered 3"


async def test_a_panel_that_stands_still_is_reported_with_its_state() -> None:
    with pytest.raises(TookTooLong) as caught:
        await until(never, NOT_YET, WITHIN, still)
    assert caught.value.message("en").endswith("seconds: not yet. [orders: unanswered 3]")


async def test_a_slow_panel_is_waited_for_as_long_as_something_changes() -> None:
    numbers = count()

    async def moving() -> str:
        return f"orders: unanswered {next(numbers)}"

    # Some 60 looks of 10 ms: three times as long as a panel that stands still would be given.
    await until(true_after(60), NOT_YET, WITHIN, moving)


async def test_change_without_an_end_is_not_waited_for_for_ever() -> None:
    numbers = count()

    async def moving() -> str:
        return str(next(numbers))

    with pytest.raises(TookTooLong):
        await until(never, NOT_YET, WITHIN / 4, moving)


async def test_without_a_state_the_time_is_all_there_is() -> None:
    with pytest.raises(TookTooLong) as caught:
        await until(never, NOT_YET, WITHIN)
    assert caught.value.message("fr").endswith("secondes : pas encore.")
