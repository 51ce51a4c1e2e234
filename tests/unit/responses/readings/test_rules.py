"""The seconds credited to a reading never exceed the time that passed."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.responses.readings.rules import credited_seconds

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = st.floats(0, 86_400)


@given(SECONDS, SECONDS)
def test_a_reading_is_credited_the_reported_seconds_up_to_the_time_that_passed(
    reported: float, by: float
) -> None:
    passed = timedelta(seconds=by)
    credited = credited_seconds(reported, NOON, NOON + passed)
    assert credited == min(reported, passed.total_seconds())


@given(SECONDS)
def test_no_time_is_credited_where_nothing_was_shown_or_clocks_differ(reported: float) -> None:
    assert credited_seconds(reported, None, NOON) == 0
    assert credited_seconds(reported, NOON + timedelta(seconds=3), NOON) == 0


@given(st.lists(st.tuples(SECONDS, st.floats(0, 600)), max_size=12))
def test_successive_readings_are_never_credited_more_than_the_time_that_passed(
    readings: list[tuple[float, float]],
) -> None:
    end, credited = NOON, 0.0
    for reported, passed in readings:
        since, end = end, end + timedelta(seconds=passed)
        credited += credited_seconds(reported, since, end)
    assert credited <= (end - NOON).total_seconds() + 1e-6
