"""The mail catcher's journal: every message that was handed over to the mail server."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

PARIS = "Europe/Paris"
APART_DAYS = 31
OPENS, CLOSES = time(8), time(20)

_LINK = re.compile(r"https?://[^\s<>\"]+")
# Kinds of order that ask something of a member.
SOLICITATIONS = frozenset({"invitation", "reminder"})


@dataclass(frozen=True)
class Message:
    """One accepted message, with times in UTC; order and kind are None if it has no such header."""

    panel_time: datetime
    real_time: datetime
    recipient: str
    subject: str
    kind: str | None
    order_id: UUID | None
    text: str

    @property
    def solicits(self) -> bool:
        return self.kind in SOLICITATIONS

    def day(self, zone: str = PARIS) -> date:
        return self.panel_time.astimezone(ZoneInfo(zone)).date()

    def hour(self, zone: str = PARIS) -> time:
        return self.panel_time.astimezone(ZoneInfo(zone)).time()

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.text)


class Journal:
    """Reader of a journal that is still being written."""

    def __init__(self, path: Path, offset: int = 0) -> None:
        """`offset`: position of an earlier reader, in bytes."""
        self._path = path
        self.offset = offset

    def new(self) -> Iterator[Message]:
        """Messages since the last call, without an incomplete last line."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self.offset += len(line)
                yield read_line(line)


def read_line(line: bytes | str) -> Message:
    raw = json.loads(line)
    headers = {name.lower(): value for name, value in raw["headers"].items()}
    order = headers.get("x-panel-order")
    return Message(
        panel_time=datetime.fromisoformat(raw["panel_time"]),
        real_time=datetime.fromisoformat(raw["real_time"]),
        recipient=raw["recipient"],
        subject=headers.get("subject", ""),
        kind=headers.get("x-panel-kind"),
        order_id=UUID(order) if order else None,
        text=raw["text"],
    )


def too_close(solicited: Iterable[tuple[str, date]]) -> list[tuple[str, date, date]]:
    """List solicitations less than 31 days apart: (recipient, earlier day, later day).

    Neighbouring days suffice: if any two are too close, so are two neighbours.
    """
    days: dict[str, list[date]] = defaultdict(list)
    for recipient, day in solicited:
        days[recipient].append(day)
    return [
        (recipient, earlier, later)
        for recipient, of_one in sorted(days.items())
        for earlier, later in pairwise(sorted(of_one))
        if (later - earlier).days < APART_DAYS
    ]


def may_be_too_close(
    solicited: Iterable[tuple[str, datetime, date, date]],
) -> list[tuple[str, date, date]]:
    """List solicitations that may be less than 31 days apart, where the zone is uncertain.

    Each has its instant and the first and last civil day that it may have been; the result is
    (mailbox, latest earlier day, earliest later day)."""
    of_all: dict[str, list[tuple[datetime, date, date]]] = defaultdict(list)
    for recipient, instant, first, last in solicited:
        of_all[recipient].append((instant, first, last))
    return [
        (recipient, earlier, later)
        for recipient, of_one in sorted(of_all.items())
        for (_, _, earlier), (_, later, _) in pairwise(sorted(of_one))
        if (later - earlier).days < APART_DAYS
    ]


def twice(ids: Iterable[UUID]) -> set[UUID]:
    once: set[UUID] = set()
    repeated: set[UUID] = set()
    for id in ids:
        (repeated if id in once else once).add(id)
    return repeated
