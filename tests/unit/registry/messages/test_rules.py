"""Texts of messages: summaries are shortened where a reader would, links keep their parameters."""

import pytest

from services.registry.messages.rules import SUMMARY_LENGTH, in_language, shortened

LONG = "Une phrase qui dit une chose. " * 60


@pytest.mark.parametrize(
    ("summary", "ends"),
    [
        ("Court.", "Court."),
        (LONG, "chose. […]"),
        ("mot " * 400, "mot […]"),
        ("x" * 2_000, "x […]"),
    ],
)
def test_a_summary_is_shortened_where_a_reader_would(summary: str, ends: str) -> None:
    excerpt = shortened(summary)
    assert len(excerpt) <= SUMMARY_LENGTH + len(" […]")
    assert excerpt.endswith(ends)
    assert excerpt.removesuffix(" […]").strip() in summary


def test_a_summary_keeps_its_paragraphs_and_a_link_whatever_else_it_carries() -> None:
    assert shortened("Un\nseul.\n\n \nDeux.  ") == "Un seul.\n\nDeux."
    assert in_language("https://x.test/a", "en") == "https://x.test/a?lang=en"
    assert in_language("https://x.test/a?b=&lang=fr", "fr") == "https://x.test/a?b=&lang=fr"
