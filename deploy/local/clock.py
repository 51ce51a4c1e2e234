"""Ways to set the shared clock of a local stack, for `SharedClock.change`.

Moving keeps a stopped clock stopped and a moving one moving.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.runtime.clock import ClockSetting

Change = Callable[[ClockSetting], ClockSetting]


def at(moment: datetime, *, stopped: bool = False) -> ClockSetting:
    return ClockSetting(moment - datetime.now(UTC), moment if stopped else None)


def advanced(by: timedelta) -> Change:
    return lambda last: at(last.now() + by, stopped=last.stopped_at is not None)


def set_to(moment: datetime) -> Change:
    return lambda last: at(moment, stopped=last.stopped_at is not None)


def stopped(last: ClockSetting) -> ClockSetting:
    return at(last.now(), stopped=True)


def going(last: ClockSetting) -> ClockSetting:
    """Let time pass again from the instant at which it was stopped."""
    return at(last.now()) if last.stopped_at else replace(last)
