"""The day, for all that leaves this service: no event of responses says an hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from services.runtime.clock import Clock


@dataclass(frozen=True)
class Daily:
    """A clock that stands at the beginning of the day (UTC) of another."""

    clock: Clock

    def now(self) -> datetime:
        return datetime.combine(self.clock.now().date(), time(), UTC)

    def today(self, zone: str = "Europe/Paris") -> date:
        return self.clock.today(zone)
