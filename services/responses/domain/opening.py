"""When sealed answers may be opened: together, shuffled, and never below the floor.

At least ten at once, or all that is left when the project is over; and at most once a day for each
project. Rows opened in one transaction can be told from those of another (PostgreSQL keeps the
transaction's number): two openings on one day would divide that day into earlier and later answers,
which the day's date alone does not.

Below the floor nothing is opened unless everybody who answered agreed. As long as the number of
credentials issued is not known, the number spent is proof enough: it is never the larger one.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from services.responses.domain.collections import Collection

AT_LEAST = 10


class Verdict(Enum):
    WAIT = "wait"
    OPEN = "open"
    OPEN_IF_ALL_AGREED = "open if all agreed"


@dataclass(frozen=True)
class Waiting:
    """Answers received so far, and how many of them are still sealed."""

    received: int
    sealed: int


def verdict(collection: Collection, waiting: Waiting, today: date) -> Verdict:
    over = collection.project_is_over
    enough = waiting.sealed >= AT_LEAST or (over and waiting.sealed > 0)
    if not enough or opened_today(collection, today):
        return Verdict.WAIT
    if max(waiting.received, collection.credentials_issued or 0) >= collection.anonymity_floor:
        return Verdict.OPEN
    return Verdict.OPEN_IF_ALL_AGREED if over else Verdict.WAIT


def opened_today(collection: Collection, today: date) -> bool:
    return collection.opened_on is not None and collection.opened_on >= today
