"""Clocks, passed in wherever time matters; settable in local mode only, for demonstrations."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The current instant, in UTC."""

    def today(self, zone: str = "Europe/Paris") -> date:
        """The civil day in a zone (IANA name)."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self, zone: str = "Europe/Paris") -> date:
        return self.now().astimezone(ZoneInfo(zone)).date()


class FixedClock(SystemClock):
    """A clock that stands still until it is moved: for tests and simulations in one process."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


@dataclass(frozen=True)
class ClockSetting:
    """Content of the shared file: real time plus an offset, or an instant at which time stands."""

    offset: timedelta = timedelta()
    stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self.stopped_at or datetime.now(UTC) + self.offset


class SharedClock(SystemClock):
    """A clock that all processes of a local stack share through one small file.

    A file rather than a message, so that all processes see a change at the same instant and no
    service keeps an old day because its consumer is behind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loaded: tuple[int, int] | None = None
        self._setting = ClockSetting()

    def now(self) -> datetime:
        return self.setting().now()

    def setting(self) -> ClockSetting:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return ClockSetting()
        # The inode changes with every atomic replacement, whatever the file system's time grain.
        current = (stat.st_ino, stat.st_mtime_ns)
        if current != self._loaded:
            raw = json.loads(self._path.read_text())
            stopped = raw.get("stopped_at")
            self._setting = ClockSetting(
                offset=timedelta(seconds=raw["offset_seconds"]),
                stopped_at=datetime.fromisoformat(stopped) if stopped else None,
            )
            self._loaded = current
        return self._setting

    def change(self, to: Callable[[ClockSetting], ClockSetting]) -> datetime:
        """Replace the setting for every process at once; return the new instant."""
        setting = to(self.setting())
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(
            json.dumps(
                {
                    "offset_seconds": setting.offset.total_seconds(),
                    "stopped_at": setting.stopped_at and setting.stopped_at.isoformat(),
                }
            )
        )
        draft.replace(self._path)
        return setting.now()
