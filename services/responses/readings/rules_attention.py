"""Whether each word got equal attention (charter: equal attention to each one's word).

Attention is seconds on the reading screen, over all readings of a contribution; nobody's reading is
zero seconds. The Lorenz curve and the Gini coefficient tell how equal it was: 0 when every
contribution got as much as any other, towards 1 when one got all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from statistics import median
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Characters: a line or two, a paragraph, a page, and beyond.
BANDS = (0, 200, 1_000, 4_000)
# A short answer takes a moment to open as well: below so many words, length counts as these.
_SHORTEST_WORDS = 20
_CHARACTERS_PER_WORD = 6
_CURVE_POINTS = 100
_LATEST = 10


class NotMeasuredYet(Refusal):
    sentence = Text(
        fr="L'attention portée à chaque mot est publiée une fois le recueil terminé.",
        en="The attention each word got is published once the collection has ended.",
    )


class TooFewToShow(Refusal):
    status = 404
    sentence = Text(
        fr="Moins de {minimum} contributions : trop peu pour en montrer quoi que ce soit.",
        en="Fewer than {minimum} contributions: too few to show anything of them.",
    )


@dataclass(frozen=True)
class Heard:
    """How one contribution was read; `length` in characters, `seconds` over all readings."""

    id: UUID
    length: int
    opened_on: date
    first_read_on: date | None
    readings: int
    seconds: float

    def waited(self, today: date) -> int:
        """Days from its opening to its first reading, or until now."""
        return ((self.first_read_on or today) - self.opened_on).days


@dataclass(frozen=True)
class Band:
    """Contributions of like length; `to` is excluded, None for the longest."""

    low: int
    to: int | None
    contributions: int
    read: int
    median_seconds: float | None


@dataclass(frozen=True)
class Figures:
    coverage: float
    median_seconds: float | None
    gini: float | None
    median_delay_days: float | None
    longest_delay_days: int | None


def figures(heard: Sequence[Heard], readings_wanted: int) -> Figures:
    """`coverage` is the share that has all its readings, and 1 where there is nothing to read."""
    complete = sum(one.readings >= readings_wanted for one in heard)
    read = [one for one in heard if one.first_read_on]
    delays = [(one.first_read_on - one.opened_on).days for one in read if one.first_read_on]
    return Figures(
        coverage=complete / len(heard) if heard else 1.0,
        median_seconds=median(one.seconds for one in read) if read else None,
        gini=gini([one.seconds for one in heard]),
        median_delay_days=median(delays) if delays else None,
        longest_delay_days=max(delays, default=None),
    )


def gini(amounts: Sequence[float]) -> float | None:
    """Of amounts that are not negative; None where there is nothing to share."""
    total = sum(amounts)
    if total <= 0:
        return None
    weighted = sum(place * amount for place, amount in enumerate(sorted(amounts), 1))
    return max(0.0, 2 * weighted / (len(amounts) * total) - (len(amounts) + 1) / len(amounts))


def lorenz(amounts: Sequence[float]) -> list[tuple[float, float]]:
    """Shares (of those who got least, of all that was given), from (0, 0) to (1, 1); about a
    hundred points, empty where there is nothing to share."""
    total = sum(amounts)
    if total <= 0:
        return []
    number = len(amounts)
    running = [0.0, *accumulate(sorted(amounts))]
    places = sorted({round(step * number / _CURVE_POINTS) for step in range(_CURVE_POINTS + 1)})
    return [(place / number, min(1.0, running[place] / running[-1])) for place in places]


def for_length(heard: Sequence[Heard]) -> list[float]:
    """Seconds for each word, of each contribution."""
    return [one.seconds / max(_SHORTEST_WORDS, one.length / _CHARACTERS_PER_WORD) for one in heard]


def bands(heard: Sequence[Heard]) -> list[Band]:
    found = []
    for low, to in pairwise((*BANDS, None)):
        assert low is not None
        alike = [one for one in heard if low <= one.length and (to is None or one.length < to)]
        times = [one.seconds for one in alike if one.first_read_on]
        found.append(Band(low, to, len(alike), len(times), median(times) if times else None))
    return found


def readings_each(heard: Sequence[Heard]) -> dict[int, int]:
    return dict(sorted(Counter(one.readings for one in heard).items()))


def late(heard: Sequence[Heard], today: date) -> list[Heard]:
    """Those that wait or waited longest for their first reading; not who was read on the day."""
    waiting = sorted(heard, key=lambda one: (-one.waited(today), one.id))
    return [one for one in waiting[:_LATEST] if one.waited(today) > 0]


def oldest_unread_days(heard: Sequence[Heard], today: date) -> int:
    return max((one.waited(today) for one in heard if one.first_read_on is None), default=0)
