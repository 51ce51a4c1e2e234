"""Texts that act on a reader's terminal, page, feed or mail, for tests to put wherever text stands.

`HOSTILE` has one text per kind, each with words of its own around it; `ALL` has every one of them
in a single text. `acting` finds what must not leave a programme.
"""

import json
import re
from pathlib import Path

CASES = Path(__file__).parents[1] / "cases"
ANSWERS: list[str] = json.loads(
    (CASES / "39-escape-sequences-in-answers/answers.json").read_text(encoding="utf-8")
)
STAFF_TEXTS: dict[str, str] = json.loads(
    (CASES / "34-control-characters-in-the-feed/texts.json").read_text(encoding="utf-8")
)
TITLES = (
    "Avis sur la lettre [/]",
    "Budget [2027] et [suite",
    "[00] Accueil",
    "[bold]Gras",
    "Réponses [true, false]",
    "[@click=app.bell]Sonnette[/]",
    "Lien [link=https://exemple.invalid]ici[/link] :warning: \\[b]",
    "{accolades} %s {{ 7 * 7 }} {% raw %}",
)
HOSTILE: tuple[str, ...] = (
    *ANSWERS,
    *STAFF_TEXTS.values(),
    *TITLES,
    "renommer \x1bP+q544e\x1b\\ et \x1b_G;QQ==\x1b\\",
    "souris \x1b[?1003h écran \x1b[?1049l police \x1b(0",
    "couleur \x1b[31;1mrouge\x1b[0m \x1b]10;red\x1b\\",
    "nul \0 efface \x7f retour \x08\x08\x08 cloche \x07",
    "sens \u202efr.exe\u202c et \u2066isolé\u2069 \u200fmarque",
    "invisible \u200b\u2060\ufeff blanc \u3164\u2800 étiquettes \U000e0041\U000e0042",
    "lignes \u2028 et \u2029 et \x85 et \x0b et \x0c fin",
    "marques e" + "\u0301" * 60 + " fin",
    "hors texte \ufdd0 \uffff \U0001fffe fin",
    "<script>alert(1)</script> & ]]> <!-- \"'",
    '=HYPERLINK("https://exemple.invalid")',
)
ALL = " ¦ ".join(HOSTILE)

# C0 but tab and line breaks, DEL, C1, overrides of direction, line separators, halves.
_ACTING = re.compile(
    "[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]"
)


def acting(text: str) -> list[str]:
    """The characters that act on a terminal, in the order in which they stand."""
    return _ACTING.findall(text)


# Control characters and markup, and how the console shows them.
MARKED = "[/]\x1b]52;c;\x07\x9b\u202e[b"
SIGNS = "[/]␛]52;c;␇<U+009B><U+202E>[b"


def hostile(text: str) -> str:
    return f"{MARKED}{text} {ALL}"


def hostile_title(text: str) -> str:
    """Of a length that is stored."""
    return f"{MARKED}{text}"
