"""The mail catcher's journal, and the month between two solicitations."""

import json
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from deploy.charter_check.mail_journal import Journal, read_line, too_close, twice

NOVEMBER = date(2026, 11, 3)


def line(**changed: object) -> str:
    entry = {
        "panel_time": "2026-11-03T23:30:00.000000Z",
        "real_time": "2026-11-23T10:00:00.000000Z",
        "recipient": "lea@example.org",
        "headers": {"X-Panel-Kind": "invitation", "X-Panel-Order": str(uuid4()), "Subject": "Avis"},
        "text": "Voir http://127.0.0.1:1/invitations/abc?lang=fr\nou <http://127.0.0.1:2/leave/d>.",
    }
    return json.dumps(entry | changed) + "\n"


def test_a_message_is_read_with_its_kind_order_day_and_links() -> None:
    message = read_line(line())
    assert message.kind == "invitation"
    assert message.solicits
    assert isinstance(message.order_id, UUID)
    assert message.day("Europe/Paris") == date(2026, 11, 4)
    assert message.day("America/Guadeloupe") == NOVEMBER
    assert message.links == [
        "http://127.0.0.1:1/invitations/abc?lang=fr",
        "http://127.0.0.1:2/leave/d",
    ]


def test_a_line_still_being_written_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "mail.jsonl"
    journal = Journal(path)
    assert list(journal.new()) == []
    whole, half = line(), line()
    path.write_text(whole + half[:40])
    assert len(list(journal.new())) == 1
    path.write_text(whole + half)
    assert len(list(journal.new())) == 1
    assert list(journal.new()) == []


def test_thirty_days_apart_is_too_close_and_thirty_one_is_not() -> None:
    later = [("a", NOVEMBER), ("a", NOVEMBER + timedelta(days=31))]
    assert too_close(later) == []
    sooner = [("a", NOVEMBER + timedelta(days=30)), ("a", NOVEMBER)]
    assert too_close(sooner) == [("a", NOVEMBER, NOVEMBER + timedelta(days=30))]
    assert too_close([("a", NOVEMBER), ("b", NOVEMBER)]) == []
    assert len(too_close([("a", NOVEMBER), ("a", NOVEMBER)])) == 1


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 200)), max_size=12),
)
def test_somebody_is_too_close_exactly_when_any_two_of_their_days_are(
    solicitations: list[tuple[str, int]],
) -> None:
    days = [(member, NOVEMBER + timedelta(days=offset)) for member, offset in solicitations]
    pairwise = {
        member
        for index, (member, first) in enumerate(days)
        for other, second in days[index + 1 :]
        if member == other and abs((second - first).days) < 31
    }
    assert {member for member, _, _ in too_close(days)} == pairwise


def test_an_order_seen_again_is_found() -> None:
    once, twice_used = uuid4(), uuid4()
    assert twice([once, twice_used, twice_used]) == {twice_used}
