"""Sending windows of messages."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.campaigns.orders.rules import PARIS, first_sendable_day, sending_window

TODAY = date(2026, 11, 24)


@given(
    st.dates(TODAY, TODAY + timedelta(days=40)),
    st.one_of(st.none(), st.dates(TODAY, TODAY + timedelta(days=40))),
    st.integers(1, 14),
    st.dates(TODAY, TODAY + timedelta(days=40)),
)
def test_a_window_never_starts_too_early_nor_ends_after_recruitment(
    sendable: date, first_day: date | None, days: int, until: date
) -> None:
    window = sending_window(sendable, first_day, days, until)
    if window is None:
        assert max(sendable, first_day or sendable) > until
    else:
        assert window.first_day >= sendable
        assert first_day is None or window.first_day >= first_day
        assert window.first_day <= window.last_day <= until
        assert (window.last_day - window.first_day).days < days


@pytest.mark.parametrize(("hour", "days"), [(0, 0), (18, 0), (19, 1), (23, 1)])
def test_late_in_the_day_sending_starts_tomorrow(hour: int, days: int) -> None:
    instant = datetime(2026, 11, 24, hour, 30, tzinfo=PARIS)
    assert first_sendable_day(instant) == TODAY + timedelta(days=days)
