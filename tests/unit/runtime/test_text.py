"""People are addressed in their language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.text import LANGUAGES, Text, preferred, unbroken


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "fr"),
        ("", "fr"),
        ("en-GB,en;q=0.9", "en"),
        ("de,en;q=0.8,fr;q=0.9", "fr"),
        ("de", "fr"),
        ("en;q=nonsense", "fr"),
    ],
)
def test_the_first_language_of_ours_that_is_asked_for(header: str | None, language: str) -> None:
    assert preferred(header) == language


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    assert preferred(header) in LANGUAGES


def test_a_sentence_carries_its_data_in_both_languages() -> None:
    sentence = Text(fr="{n} personnes", en="{n} people")
    assert [sentence.in_(language, n=3) for language in LANGUAGES] == ["3 personnes", "3 people"]


def test_french_signs_do_not_begin_or_end_a_line_alone() -> None:
    assert unbroken("Pourquoi ? « Ici » : oui ; non !") == (
        "Pourquoi\u00a0? «\u00a0Ici\u00a0»\u00a0: oui\u00a0; non\u00a0!"
    )
    assert unbroken("https://exemple.fr/?a=1") == "https://exemple.fr/?a=1"
