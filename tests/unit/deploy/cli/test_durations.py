"""Times and durations on the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.cli.durations import NoDuration, NoMoment, duration, moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31d", timedelta(days=31)),
        ("31j", timedelta(days=31)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("2w", timedelta(weeks=2)),
        (" 90 m ", timedelta(minutes=90)),
        ("45S", timedelta(seconds=45)),
    ],
)
def test_durations_as_people_write_them(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "31", "d", "-3d", "3 days", "3d4", "99999999999d"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NoDuration) as refused:
        duration(text)
    assert "31d" in (refused.value.way_out_message("fr") or "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-03", datetime(2026, 11, 3, 9, tzinfo=UTC)),
        ("2026-07-03T10:00", datetime(2026, 7, 3, 8, tzinfo=UTC)),
        ("2026-11-03T10:00+00:00", datetime(2026, 11, 3, 10, tzinfo=UTC)),
        ("2026-11-03T10:00:05Z", datetime(2026, 11, 3, 10, 0, 5, tzinfo=UTC)),
    ],
)
def test_moments_are_paris_time_unless_they_say_otherwise(text: str, expected: datetime) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize("text", ["", "demain", "2026-13-01", "03/11/2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(NoMoment):
        moment(text)
