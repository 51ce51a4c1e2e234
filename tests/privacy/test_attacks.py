"""Each attack finds the authors when a service stores what the anonymity promise forbids."""

from random import Random
from typing import Any

import pytest

from tests.support.prober import Evidence, Hits, expected_hits

RUNS = 100
PEOPLE = 21
LANGUAGES = ["en" if arrival == 7 else "fr" for arrival in range(PEOPLE)]
DAYS = [arrival // 7 for arrival in range(PEOPLE)]


def evidence(seed: int, **columns: Any) -> tuple[Evidence, list[str]]:
    """Shuffled contributions with columns stored per author, in order of arrival."""
    source = Random(seed)
    members = [f"member-{source.getrandbits(32):08x}" for _ in range(PEOPLE)]
    order = source.sample(range(PEOPLE), PEOPLE)
    rows = [
        {"id": source.getrandbits(64), "words": "mot"}
        | {name: values[arrival] for name, values in columns.items()}
        for arrival in order
    ]
    attributes: dict[str, Any] = {"language": LANGUAGES, "day": DAYS}
    stored_evidence = Evidence(members, rows, [0] * PEOPLE, [], attributes)
    return stored_evidence, [members[arrival] for arrival in order]


def successful_attacks(**columns: Any) -> dict[str, int]:
    hits = Hits()
    for seed in range(RUNS):
        hits.judge(*evidence(seed, **columns))
    return hits.better_than_chance


TENS = [0] * 10 + [1] * 10 + [2]


@pytest.mark.parametrize(
    ("stored", "attack"),
    [
        ({"xmin": TENS}, "xmin, upwards"),
        ({"on_day": TENS}, "on_day, upwards"),
        ({"xmin": [0] * (PEOPLE - 1) + [1]}, "xmin, upwards"),
        ({"language": LANGUAGES}, "language, upwards, by language"),
        ({"opened_on": DAYS}, "opened_on, upwards, by day"),
        ({"written_at": list(range(PEOPLE))}, "written_at, upwards"),
    ],
    ids=["openings", "days of opening", "a late joiner", "language", "join dates", "instants"],
)
def test_a_stored_order_or_attribute_reveals_authors(stored: dict[str, Any], attack: str) -> None:
    assert attack in successful_attacks(**stored)


def test_one_opening_without_language_reveals_no_author() -> None:
    successful = successful_attacks(
        xmin=[5] * PEOPLE, on_day=[3] * PEOPLE, language=["fr"] * PEOPLE
    )
    assert not [
        attack for attack in successful if attack.startswith(("xmin", "on_day", "language"))
    ]


def test_each_distinguishable_opening_adds_an_expected_hit() -> None:
    apart, authors = evidence(1, xmin=TENS)
    assert expected_hits(apart, authors, "xmin") == pytest.approx(3)
    with_language, authors = evidence(1, language=LANGUAGES)
    assert expected_hits(with_language, authors, "language", "language") == pytest.approx(2)
    together, authors = evidence(1, xmin=[5] * PEOPLE)
    assert expected_hits(together, authors, "xmin") == pytest.approx(1)
    assert expected_hits(together, authors, "xmin", "language") == pytest.approx(1)
