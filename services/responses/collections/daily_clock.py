"""Timestamps rounded down to the day, for every event and hint that leaves this service.

The hour of an event could be matched with the hour at which somebody was seen to respond.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from services.runtime.clock import Clock


@dataclass(frozen=True)
class DailyClock:
    """A clock that shows the start of the current day, in UTC."""

    clock: Clock

    def now(self) -> datetime:
        return datetime.combine(self.clock.now().date(), time(), UTC)

    def today(self, zone: str = "Europe/Paris") -> date:
        return self.clock.today(zone)
