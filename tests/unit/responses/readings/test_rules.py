"""No reading counts for more seconds than passed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.responses.readings.rules import credited_seconds

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = st.floats(0, 86_400)


@given(SECONDS, SECONDS)
def test_a_reading_counts_what_is_reported_up_to_what_passed(reported: float, by: float) -> None:
    passed = timedelta(seconds=by)
    counted = credited_seconds(reported, NOON, NOON + passed)
    assert counted == min(reported, passed.total_seconds())


@given(SECONDS)
def test_no_time_counts_where_nothing_was_shown_or_clocks_differ(reported: float) -> None:
    assert credited_seconds(reported, None, NOON) == 0
    assert credited_seconds(reported, NOON + timedelta(seconds=3), NOON) == 0


@given(st.lists(st.tuples(SECONDS, st.floats(0, 600)), max_size=12))
def test_readings_one_after_another_never_count_more_than_passed(
    readings: list[tuple[float, float]],
) -> None:
    now, counted = NOON, 0.0
    for reported, passed in readings:
        since, now = now, now + timedelta(seconds=passed)
        counted += credited_seconds(reported, since, now)
    assert counted <= (now - NOON).total_seconds() + 1e-6
