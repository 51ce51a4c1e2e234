"""Equality of attention between contributions (charter: equal attention to each one's word).

Attention is seconds on the reading screen, over all readings of a contribution; an unread one has
zero. The Lorenz curve and the Gini coefficient measure inequality: 0 when every contribution got
the same, close to 1 when one got everything.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise
from statistics import median
from uuid import UUID

from services.responses.collections.rules import Collection
from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Characters: a line or two, a paragraph, a page, and beyond.
BANDS = (0, 200, 1_000, 4_000)
# A short response takes a moment to open as well: shorter ones count as so many words.
_SHORTEST_WORDS = 20
_CHARACTERS_PER_WORD = 6
_CURVE_POINTS = 100
_LATEST = 10


class NotMeasuredYet(Refusal):
    sentence = Text(
        fr="L'attention portée à chaque contribution est publiée une fois le recueil terminé.",
        en="The attention that each contribution got is published once the collection has ended.",
    )


class TooFewToShow(Refusal):
    status = 404
    sentence = Text(
        fr="Moins de {minimum} contributions : trop peu pour en publier les chiffres.",
        en="Fewer than {minimum} contributions: too few to publish figures about them.",
    )


@dataclass(frozen=True)
class ReadingHistory:
    """How one contribution was read; `length` in characters, `seconds` over all readings."""

    id: UUID
    length: int
    opened_on: date
    first_read_on: date | None
    readings: int
    seconds: float

    def waited_days(self, today: date) -> int:
        """From its opening to its first reading, or until today."""
        return ((self.first_read_on or today) - self.opened_on).days


@dataclass(frozen=True)
class Attention:
    """How all contributions of a collection were read, by how many officers."""

    collection: Collection
    histories: Sequence[ReadingHistory]
    readers: int


@dataclass(frozen=True)
class Band:
    """Contributions of similar length; `high` is excluded, None for the longest."""

    low: int
    high: int | None
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


def figures(histories: Sequence[ReadingHistory], readings_wanted: int) -> Figures:
    """`coverage` is the share of contributions with all their readings; 1 if there are none."""
    complete = sum(history.readings >= readings_wanted for history in histories)
    read_histories = [history for history in histories if history.first_read_on]
    delays = [
        (history.first_read_on - history.opened_on).days
        for history in read_histories
        if history.first_read_on
    ]
    return Figures(
        coverage=complete / len(histories) if histories else 1.0,
        median_seconds=median(history.seconds for history in read_histories)
        if read_histories
        else None,
        gini=gini([history.seconds for history in histories]),
        median_delay_days=median(delays) if delays else None,
        longest_delay_days=max(delays, default=None),
    )


def gini(amounts: Sequence[float]) -> float | None:
    """Gini coefficient of non-negative amounts; None where their total is zero."""
    total = sum(amounts)
    if total <= 0:
        return None
    weighted = sum(rank * amount for rank, amount in enumerate(sorted(amounts), 1))
    return max(0.0, 2 * weighted / (len(amounts) * total) - (len(amounts) + 1) / len(amounts))


def lorenz(amounts: Sequence[float]) -> list[tuple[float, float]]:
    """Lorenz curve: (share of recipients, least first; share of the total) from (0, 0) to (1, 1).

    About a hundred points; empty where the total is zero."""
    total = sum(amounts)
    if total <= 0:
        return []
    number = len(amounts)
    running = [0.0, *accumulate(sorted(amounts))]
    indexes = sorted({round(step * number / _CURVE_POINTS) for step in range(_CURVE_POINTS + 1)})
    return [(index / number, min(1.0, running[index] / running[-1])) for index in indexes]


def seconds_per_word(histories: Sequence[ReadingHistory]) -> list[float]:
    return [
        history.seconds / max(_SHORTEST_WORDS, history.length / _CHARACTERS_PER_WORD)
        for history in histories
    ]


def bands(histories: Sequence[ReadingHistory]) -> list[Band]:
    result = []
    for low, high in pairwise((*BANDS, None)):
        assert low is not None
        members = [
            history
            for history in histories
            if low <= history.length and (high is None or history.length < high)
        ]
        times = [history.seconds for history in members if history.first_read_on]
        result.append(Band(low, high, len(members), len(times), median(times) if times else None))
    return result


def contributions_by_readings(histories: Sequence[ReadingHistory]) -> dict[int, int]:
    return dict(sorted(Counter(history.readings for history in histories).items()))


def latest_read(histories: Sequence[ReadingHistory], today: date) -> list[ReadingHistory]:
    """Contributions that waited longest for their first reading, without those read at once."""
    longest_first = sorted(histories, key=lambda history: (-history.waited_days(today), history.id))
    return [history for history in longest_first[:_LATEST] if history.waited_days(today) > 0]


def oldest_unread_days(histories: Sequence[ReadingHistory], today: date) -> int:
    return max(
        (history.waited_days(today) for history in histories if history.first_read_on is None),
        default=0,
    )
