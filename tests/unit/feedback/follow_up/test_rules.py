"""Rules of the order of steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.follow_up import rules


@given(st.lists(st.sampled_from([str(step) for step in rules.PROGRESS_NAMES]), max_size=8))
def test_nothing_follows_done_and_giving_up_needs_a_reason(attempts: list[str]) -> None:
    steps: list[str] = []
    for progress in attempts:
        try:
            rules.next_note("retained", steps, progress, "parce que")
        except rules.StepOutOfOrder:
            assert steps
            continue
        assert "done" not in steps
        steps.append(progress)
    with pytest.raises(rules.GivenUpWithoutReason):
        rules.next_note("partly", [], "given_up", "  ")
    with pytest.raises(rules.NotFollowed):
        rules.next_note("not", [], "planned", None)
    with pytest.raises(rules.NotFollowed):
        rules.next_note(None, [], "planned", None)
