"""Text is shown, never obeyed; what is stored holds no control character."""

import json
import sys
import unicodedata

import pytest

from services.contracts.characters import (
    MOST_MARKS,
    clean,
    clean_line,
    escaped,
    shown,
    shown_in_width,
    shown_line,
)
from tests.support.hostile_texts import ALL, ANSWERS, HOSTILE, STAFF_TEXTS, TITLES, acting

EVERY = [chr(code) for code in range(sys.maxunicode + 1)]
# Words in scripts that need joiners, marks or both.
SPELLINGS = (
    "famille 👨\u200d👩\u200d👧 et cœur ❤\ufe0f\u200d🔥",
    "می\u200cخواهم",
    "क्\u200dष",
    "Tiếng Việt e\u0302\u0301",
    "שָׁלוֹם",
    "« Où ? » 1\u202f204 €, l’été\u00a0: ça — déjà…",
    "日本語 ภาษาไทย 한국어",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_acts_on_a_terminal(text: str) -> None:
    assert acting(shown(text)) == []
    assert acting(shown_line(text)) == []
    assert "\n" not in shown_line(text)


def test_every_control_and_format_character_becomes_a_sign_or_nothing() -> None:
    for character in EVERY:
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in "\n\t\xad":
            sign = shown(f"a{character}b")
            assert character not in sign, hex(ord(character))
            assert len(sign) > len("ab"), hex(ord(character))


@pytest.mark.parametrize("text", [*SPELLINGS, *TITLES])
def test_what_is_only_a_spelling_is_shown_and_stored_as_written(text: str) -> None:
    assert shown(text) == text
    assert clean(text) == text
    assert clean_line(text) == text


def test_what_acts_is_seen_where_it_stood() -> None:
    assert shown("efface \x1b[2J\x9b tout\x7f") == "efface ␛[2J<U+009B> tout␡"
    assert shown("sens \u202eesrever\u202c") == "sens <U+202E>esrever<U+202C>"
    assert shown("tab\tet retour\rdebut\r\nfin") == "tab    et retour␍debut\nfin"
    assert shown("nom\u3164") == "nom<U+3164>"


def test_a_joiner_that_joins_no_letters_is_seen() -> None:
    assert shown("pa\u200dnel") == "pa<U+200D>nel"
    assert shown("👨\u200d\u202e") == "👨<U+200D><U+202E>"


def test_a_stack_of_marks_stays_on_its_line() -> None:
    tall = "e" + "\u0301" * 60
    assert shown(tall) == "e" + "\u0301" * MOST_MARKS + f"<+{60 - MOST_MARKS}>"


@pytest.mark.parametrize(
    "stack",
    [
        chr(0x94D),  # Devanagari
        chr(0xF39),  # Tibetan
        chr(0x302A),  # tones of ideographs
        chr(0x3099),  # voicing of kana
        chr(0xA9B3),  # Javanese
        chr(0x1161),  # a vowel of Hangul in pieces
        chr(0x64B) + chr(0x200C),  # an Arabic mark and a joiner, which spellings have
    ],
    ids=ascii,
)
def test_a_stack_stays_on_its_line_in_every_script(stack: str) -> None:
    cut = shown(f"a{stack * 60}b")
    assert len(cut) < 30
    assert cut.startswith(f"a{stack[0]}")
    assert "<+" in cut
    assert cut.endswith("b")
    laid_out = shown_in_width(f"a{stack * 60}b", lambda c: int(c.isascii()))
    assert len(laid_out) < 30
    assert laid_out.endswith("b")
    few = "a" + (stack * 60)[:3] + "b"
    assert shown(few) == few


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_stored_holds_no_control_character_and_is_stored_the_same_again(text: str) -> None:
    stored = clean(text)
    assert not [c for c in stored if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert clean(stored) == stored
    assert clean_line(clean_line(text)) == clean_line(text)


def test_line_breaks_of_every_kind_are_kept_as_one_kind() -> None:
    assert clean("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h") == "a\nb\nc\nd\ne\nf\ng\nh"
    assert clean_line("  La lettre \r\n de\trappel ") == "La lettre de rappel"


def test_words_around_control_characters_are_kept() -> None:
    assert clean(STAFF_TEXTS["title"]) == "Simplifier\n la lettre  de rappel"
    assert clean_line(STAFF_TEXTS["title"]) == "Simplifier la lettre  de rappel"
    assert clean(ANSWERS[0]) == "efface [2J[H tout"
    assert clean("coup\ud83d") == "coup\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("only_ascii", [False, True])
def test_json_says_the_same_in_characters_that_act_on_nothing(only_ascii: bool) -> None:
    data = {"one": ALL, "\x9b": [ALL, 1, None], "half": "\ud83d"}
    json_text = escaped(json.dumps(data, ensure_ascii=False, indent=2), only_ascii)
    assert json.loads(json_text) == data
    assert acting(json_text) == []
    assert json_text.isascii() == only_ascii
