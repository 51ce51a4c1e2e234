"""Gini coefficient, Lorenz curve and other figures of attention."""

from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.responses.readings import rules_attention as rules
from services.responses.readings.rules_attention import ReadingHistory

DAY = date(2026, 11, 24)
AMOUNTS = st.lists(st.floats(0, 10_000), min_size=1, max_size=60)


def history(
    seconds: float, waited: int | None = 0, length: int = 100, number: int = 1
) -> ReadingHistory:
    first = None if waited is None else DAY + timedelta(days=waited)
    return ReadingHistory(UUID(int=number), length, DAY, first, int(waited is not None), seconds)


@given(AMOUNTS)
def test_gini_agrees_with_its_definition(amounts: list[float]) -> None:
    coefficient = rules.gini(amounts)
    if sum(amounts) == 0:
        assert coefficient is None
        return
    differences = sum(abs(a - b) for a in amounts for b in amounts)
    assert coefficient == pytest.approx(differences / (2 * len(amounts) * sum(amounts)), abs=1e-6)
    assert coefficient is not None
    assert 0 <= coefficient < 1


@given(st.floats(0.1, 1000), st.integers(1, 50))
def test_equal_attention_is_zero(seconds: float, number: int) -> None:
    assert rules.gini([seconds] * number) == pytest.approx(0, abs=1e-9)


@given(AMOUNTS)
def test_the_lorenz_curve_rises_ever_faster_from_nothing_to_all(amounts: list[float]) -> None:
    curve = rules.lorenz(amounts)
    if not curve:
        assert sum(amounts) == 0
        return
    assert curve[0] == (0, 0)
    assert curve[-1] == pytest.approx((1, 1))
    assert len(curve) <= 101
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(curve)]
    assert all(slope <= steeper + 1e-6 for slope, steeper in pairwise(slopes))
    assert all(attention <= share + 1e-9 for share, attention in curve)


def test_an_unread_contribution_is_not_covered_and_got_no_time() -> None:
    figures = rules.figures([history(30, 0), history(0, None)], 1)
    assert (figures.coverage, figures.median_seconds, figures.gini) == (0.5, 30, 0.5)
    assert rules.figures([history(30, 0)], 2).coverage == 0
    assert rules.figures([], 1).coverage == 1


@given(st.lists(st.integers(0, 100_000), max_size=40))
def test_each_contribution_is_of_one_length_band(lengths: list[int]) -> None:
    bands = rules.bands([history(1, 0, length) for length in lengths])
    assert sum(band.contributions for band in bands) == len(lengths)
    assert sum(band.read for band in bands) == len(lengths)


def test_contributions_read_late_are_listed_longest_wait_first() -> None:
    waits = [history(1, waited, number=n) for n, waited in enumerate((0, 9, 3, None), 1)]
    late = rules.latest_read(waits, DAY + timedelta(days=5))
    assert [contribution.id.int for contribution in late] == [2, 4, 3]
    assert rules.oldest_unread_days(waits, DAY + timedelta(days=5)) == 5
