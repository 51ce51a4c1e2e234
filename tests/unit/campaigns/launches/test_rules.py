"""Quotas that cannot be met, and the smallest change that makes them feasible."""

from hypothesis import given
from hypothesis import strategies as st

from services.campaigns.launches.rules import relaxation


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 20)),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 20)),
)
def test_the_relaxation_is_feasible_and_the_smallest(
    targets: dict[str, int], possible: dict[str, int]
) -> None:
    lowered = targets | relaxation(targets, possible)
    assert relaxation(lowered, possible) == {}
    for stratum, number in lowered.items():
        assert number == min(targets[stratum], possible.get(stratum, 0))
