"""What both readers share: questions in our form, names that our form accepts, and a list of what
was left out."""

import html
import re
from typing import Any

from services.contracts.http.questionnaires import Words
from services.runtime.text import Text

_LONGEST_ID = 40

UNKNOWN_KIND = Text(
    fr="Le type de question « {kind} » n'existe pas ici.",
    en="The question type “{kind}” does not exist here.",
)
NO_TEXT = Text(fr="La question n'a pas de texte.", en="The question has no text.")
NO_OPTIONS = Text(
    fr="Il faut au moins deux choix.", en="There must be at least two options to choose from."
)
CONDITION = Text(
    fr="La question est reprise, mais pas sa condition « {condition} » : elle sera posée à tous.",
    en="The question was taken over, but not its condition “{condition}”: everybody is asked.",
)
JUMP = Text(
    fr="Les sauts d'une question à l'autre ne sont pas repris : écrivez des conditions.",
    en="Jumps from one question to another are not taken over: write conditions.",
)


class Draft:
    def __init__(self) -> None:
        self.questions: list[dict[str, Any]] = []
        self.left_out: list[tuple[str, Words]] = []
        self._names: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}  # of our questions: their options to ours

    def leave_out(self, place: str, why: Text, **data: Any) -> None:
        self.left_out.append((place, Words(fr=why.in_("fr", **data), en=why.in_("en", **data))))

    def name(self, theirs: str) -> str:
        """Our identifier for a question of theirs, always the same, never that of another."""
        if theirs not in self._names:
            self._names[theirs] = unused(identifier(theirs, "q"), set(self._names.values()))
        return self._names[theirs]


def identifier(text: str, prefix: str) -> str:
    """Small letters, digits and underscores, starting with a letter."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return (plain if plain[:1].isalpha() else f"{prefix}_{plain}".rstrip("_"))[:_LONGEST_ID]


def unused(name: str, used: set[str]) -> str:
    found, number = name, 2
    while found in used:
        suffix = f"_{number}"
        found, number = name[: _LONGEST_ID - len(suffix)] + suffix, number + 1
    return found


def options(given: list[tuple[str, Words]]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Our options, and which of our identifiers each of their codes became."""
    names: dict[str, str] = {}
    for code, _ in given:
        names[code] = unused(identifier(code, "o"), set(names.values()))
    return [{"id": names[code], "label": label} for code, label in given], names


def plain(markup: str | None) -> str:
    """The text of a little HTML, which both tools allow in questions."""
    text = re.sub(r"<(br|/p|/div|/li)\b[^>]*>", "\n", markup or "", flags=re.IGNORECASE)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
