"""Terminals without UTF-8 get the nearest characters, and no error is a reason for another."""

import os
import subprocess
import sys

import pytest
from rich.cells import cell_len

from console.keyboard import _Lenient
from services.contracts.terminals import _ERRORS, _ERRORS_IN_COLUMNS, prepare_streams
from tests.support.hostile_texts import ALL, acting

FRENCH = "« Œuvre » : l’été, 12 €… ✓ ● → ─ ┌ ▁█ cœur"


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    prepare_streams()


def test_words_stay_readable_in_ascii() -> None:
    encoded = FRENCH.encode("ascii", _ERRORS).decode()
    assert encoded == '" OEuvre " : l\'ete, 12 EUR... + * -> - + _# coeur'


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp850", "iso8859-15"])
def test_every_text_can_be_written_in_every_encoding(encoding: str) -> None:
    for errors in (_ERRORS, _ERRORS_IN_COLUMNS):
        assert (FRENCH + ALL).encode(encoding, errors)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_character_takes_as_many_columns_as_it_was_laid_out_with(encoding: str) -> None:
    for character in FRENCH + "日本語한국👨│┃╭╯▸◌":
        encoded = character.encode(encoding, _ERRORS_IN_COLUMNS).decode(encoding)
        assert cell_len(encoded) == cell_len(character), character


@pytest.mark.parametrize(
    ("encoding", "typed", "expected"),
    [
        ("utf-8", b"\xc3\xa9 \xe9", "é �"),
        ("ascii", "é@".encode(), "é@"),
        ("iso8859-1", b"\xe9@", "é@"),
    ],
)
def test_no_byte_from_a_keyboard_is_an_error(encoding: str, typed: bytes, expected: str) -> None:
    decoder = _Lenient(encoding)()
    assert (
        "".join(decoder.decode(bytes([byte])) for byte in typed) + decoder.decode(b"", True)
        == expected
    )


def test_an_unexpected_error_quotes_texts_without_acting() -> None:
    failing = (
        "from services.contracts.terminals import prepare_streams\n"
        "from tests.support.hostile_texts import ALL\n"
        "prepare_streams()\n"
        "raise ValueError(ALL)\n"
    )
    for encoding in ("utf-8", "ascii"):
        result = subprocess.run(
            [sys.executable, "-c", failing],
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
        )
        message = result.stderr.decode(encoding)
        assert result.returncode == 1
        assert "ValueError: efface" in message
        assert acting(message) == []
