"""Figures of the charter."""

from hypothesis import given
from hypothesis import strategies as st

from services.feedback.public_account.rules import share_read
from services.feedback.reports.rules.method import MINIMUM_CELL


@given(st.integers(0, 100_000), st.data())
def test_100_percent_read_means_all(contributions: int, data: st.DataObject) -> None:
    read_count = data.draw(st.integers(0, contributions))
    share = share_read(contributions, read_count, MINIMUM_CELL)
    assert (share is None) == (contributions < MINIMUM_CELL)
    if share is not None:
        assert (f"{share:.0%}" == "100%") == (read_count == contributions)
