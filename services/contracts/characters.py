"""Characters of user-supplied text: those that are stored, and those that a terminal receives.

Some characters are commands to a terminal, a mail client or an XML parser; others are invisible or
reorder the words around them. `clean` makes the text that is stored and that pages, feeds and
messages carry; `shown` makes the text that a terminal receives. Both return the same object when
nothing changes, which is the usual case and costs one search.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import groupby

# Line breaks of word processors and old systems: VT and FF, NEL, the line and paragraph separators.
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_NOT_TEXT = re.compile(f"[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}]")
_HALVES = re.compile("[\ud800-\udfff]")
_AROUND_BREAK = re.compile(r" *[\t\n][\t\n ]*")

# Letters and symbols of no width or no ink, in names that read the same and are not: Hangul
# fillers, the blank Braille cell, the grapheme joiner, Khmer inherent vowels.
_BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# Format characters (Unicode's Cf): marks and overrides of direction, joiners, tags, fillers.
_FORMAT = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_TO_SHOW = re.compile(
    f"[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_NONCHARACTERS}{_BLANKS}{_FORMAT}]"
)
_NOT_ASCII = re.compile("[^\t\n\x20-\x7e]")
_JOINERS = "\u200c\u200d"
_SOFT_HYPHEN = "\xad"
# From here on are the scripts, and the pictures, whose spelling needs joiners.
_FIRST_JOINED = 0x590

_CONTROL_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = 0x7F, "\u2421"
_TAB = "    "

# The stacks of marks that a real spelling needs are lower (Hebrew with accents: 4).
MOST_MARKS = 6
# Where a stack of marks is possible: a run without letters, blanks and common symbols. Vowels and
# finals of decomposed Hangul are letters, and as narrow as marks.
_NARROW_LETTERS = "\u1160-\u11ff\ud7b0-\ud7ff"
_MAYBE_MARKS = re.compile(
    rf"(?:[^\w\s\0-\u02ff\u2000-\u200b\u200e-\u20cf\u2100-\u2bff]|[{_NARROW_LETTERS}])"
    f"{{{MOST_MARKS + 1},}}"
)
_NARROW_LETTER = re.compile(f"[{_NARROW_LETTERS}]")


def clean(text: str) -> str:
    """Text without control characters, with one kind of line break.

    Dropped: C0 but tab and line feed, DEL, C1, noncharacters. No keyboard types them; word
    processors and terminals leave them in what is pasted. Half a character is all that is left of
    one that was cut: it becomes the sign for that. Direction marks and joiners stay: spellings need
    them.
    """
    if _NOT_TEXT.search(text) is None:
        return text
    text = _HALVES.sub("\N{REPLACEMENT CHARACTER}", _LINE_BREAKS.sub("\n", text))
    return _NOT_TEXT.sub("", text)


def clean_line(text: str) -> str:
    """`clean` for a title or a name: a line break or a tab becomes a space."""
    cleaned = clean(text)
    if "\n" not in cleaned and "\t" not in cleaned:
        return cleaned
    return _AROUND_BREAK.sub(" ", cleaned).strip(" ")


def shown(text: str) -> str:
    """Text that is safe for a terminal: each control or invisible character becomes a sign.

    Line feeds stay; a tab becomes four spaces, as its width depends on its column.
    """
    if "\t" in text:
        text = text.replace("\t", _TAB)
    if _TO_SHOW.search(text) is not None:
        text = _TO_SHOW.sub(_sign, text.replace("\r\n", "\n"))
    if _MAYBE_MARKS.search(text) is not None:
        text = _MAYBE_MARKS.sub(lambda run: _with_low_stacks(run[0], _number), text)
    return text


def shown_line(text: str) -> str:
    """`shown` on one line, for a row, a title, a line of a log."""
    text = shown(text)
    return text.replace("\n", " ") if "\n" in text else text


def shown_in_width(text: str, width: Callable[[str], int]) -> str:
    """`shown` for text that is laid out already: signs keep the width of the character.

    `width`: number of columns that a character was counted with.
    """
    if _TO_SHOW.search(text) is None and _MAYBE_MARKS.search(text) is None and "\t" not in text:
        return text

    def sign(match: re.Match[str]) -> str:
        if match[0] in _JOINERS and _is_spelling(match.string, match.start()):
            return match[0]
        return "\N{REPLACEMENT CHARACTER}" * width(match[0])

    untabbed = text.replace("\t", " " * width("\t"))

    def blank(rest: str) -> str:
        return " " * sum(map(width, rest))

    return _MAYBE_MARKS.sub(
        lambda run: _with_low_stacks(run[0], blank), _TO_SHOW.sub(sign, untabbed)
    )


def escaped(json: str, only_ascii: bool = False) -> str:
    """Equivalent JSON text without characters that control a terminal.

    Outside strings JSON has none of them, and inside a string any character may be an escape.
    """
    return (_NOT_ASCII if only_ascii else _TO_SHOW).sub(_json_escape, json)


def _sign(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _JOINERS and _is_spelling(match.string, match.start()):
        return character
    if character == _SOFT_HYPHEN:
        return ""
    if code < ord(" "):
        return chr(_CONTROL_PICTURES + code)
    return _DELETE_PICTURE if code == _DELETE else f"<U+{code:04X}>"


def _is_spelling(text: str, index: int) -> bool:
    """Whether a joiner stands between characters that it joins: emoji, Arabic, Indic scripts."""
    previous = text[index - 1] if index else ""
    following = text[index + 1 : index + 2]
    return all(
        side and ord(side) >= _FIRST_JOINED and (side == "\ufe0f" or not _TO_SHOW.match(side))
        for side in (previous, following)
    )


def _with_low_stacks(run: str, in_place_of: Callable[[str], str]) -> str:
    """Replace the excess marks of a stack by `in_place_of`."""
    parts = []
    for is_stack, characters in groupby(run, _is_narrow):
        part = "".join(characters)
        if is_stack and len(part) > MOST_MARKS:
            part = part[:MOST_MARKS] + in_place_of(part[MOST_MARKS:])
        parts.append(part)
    return "".join(parts)


def _number(rest: str) -> str:
    return f"<+{len(rest)}>"


def _is_narrow(character: str) -> bool:
    """Whether it is drawn over the preceding character: marks of any script, and joiners."""
    return (
        unicodedata.category(character) in ("Mn", "Me")
        or character in _JOINERS
        or _NARROW_LETTER.match(character) is not None
    )


def _json_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code > 0xFFFF:  # JSON writes these as two
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"
