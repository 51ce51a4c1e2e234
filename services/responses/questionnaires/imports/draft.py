"""The draft that both readers fill: questions in our form, valid ids, and remarks on losses."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from services.contracts.http.questionnaires import Words
from services.responses.questionnaires.imports import reasons
from services.responses.questionnaires.imports.markup import Loss
from services.responses.questionnaires.imports.markup import plain as plain_text
from services.runtime.text import LANGUAGES, Text

_LONGEST_ID = 40
_LONGEST_QUOTE = 200
MOST_REMARKS = 1_000
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\ud800-\udfff]+")
_LOSSES: dict[Loss, Text] = {
    "script": reasons.SCRIPT,
    "picture": reasons.PICTURE,
    "link": reasons.LINK,
    "embedded": reasons.EMBEDDED,
}
# Applied to short answers only: a question with a long answer may be about a letter.
_ASKS_WHO = re.compile(
    r"\b(?:votre|vos|your)\b[^.?!\n]{0,40}?(?:\b(?:adresse\s+(?:[ée]lectronique|e-?mail|mail|postale)"
    r"|courriel|e-?mail|mail|nom|pr[ée]nom|t[ée]l[ée]phone|portable|mobile|phone|coordonn[ée]es"
    r"|num[ée]ro\s+(?:de\s+)?(?:t[ée]l\w*|s[ée]curit[ée]\s+sociale|allocataire|fiscal)"
    r"|(?:first|last|full)?\s?name|surname|postal\s+address|e-?mail\s+address)\b)",
    re.IGNORECASE,
)


class Draft:
    def __init__(self) -> None:
        self.questions: list[dict[str, Any]] = []
        self.places: dict[str, str] = {}  # our question id -> their name
        self.conditions: dict[str, str] = {}  # our question id -> its original condition
        self._remarks: dict[tuple[str, str], Words] = {}
        self._unshown = 0
        self._names = Names("q")
        self._theirs: set[str] = set()

    def leave_out(self, source_name: str, why: Text, **data: Any) -> None:
        source_name, data = quoted(source_name), {key: quoted(value) for key, value in data.items()}
        reason = Words(fr=why.in_("fr", **data), en=why.in_("en", **data))
        if (source_name, reason.fr) in self._remarks:
            return
        if len(self._remarks) >= MOST_REMARKS:
            self._unshown += 1
        else:
            self._remarks[source_name, reason.fr] = reason

    @property
    def left_out(self) -> list[tuple[str, Words]]:
        remarks = [(source_name, reason) for (source_name, _), reason in self._remarks.items()]
        if self._unshown:
            fr, en = (reasons.MORE.in_(each, number=self._unshown) for each in LANGUAGES)
            remarks.append(("…", Words(fr=fr, en=en)))
        return remarks

    def add(self, source_name: str, question: dict[str, Any]) -> str:
        """Add a question; returns its id, which is unique."""
        name = self._names.new(source_name)
        self.questions.append({"id": name} | question)
        self.places[name] = source_name
        if source_name in self._theirs:
            self.leave_out(source_name, reasons.DUPLICATE, name=name)
        self._theirs.add(source_name)
        return name

    def plain(self, markup: str, source_name: str) -> str:
        """The text of HTML; reports the parts that are lost."""
        plain = plain_text(markup)
        for loss in sorted(plain.losses):
            self.leave_out(source_name, _LOSSES[loss])
        return plain.text

    def options(
        self, source_name: str, labelled: list[tuple[str, Words]]
    ) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """Our options, and the option id for each code that occurs once."""
        names, times = Names("o"), Counter(code for code, _ in labelled)
        options, by_code = [], {}
        for code, label in labelled:
            name = names.new(code)
            options.append({"id": name, "label": label})
            if times[code] == 1:
                by_code[code] = name
            else:
                self.leave_out(source_name, reasons.DUPLICATE_OPTION, code=code)
        return options, by_code


class Names:
    """Generates unique identifiers."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._used: set[str] = set()
        self._next: dict[str, int] = {}

    def new(self, source_name: str) -> str:
        base = name = identifier(source_name, self._prefix)
        while name in self._used:
            number = self._next[base] = self._next.get(base, 1) + 1
            suffix = f"_{number}"
            name = base[: _LONGEST_ID - len(suffix)] + suffix
        self._used.add(name)
        return name


def identifier(text: str, prefix: str) -> str:
    """Lower-case letters, digits and underscores, starting with a letter."""
    plain = re.sub(r"[^a-z0-9]+", "_", text[:1_000].lower()).strip("_")
    return (plain if plain[:1].isalpha() else f"{prefix}_{plain}".rstrip("_"))[:_LONGEST_ID]


def quoted(value: Any) -> str:
    """Part of a file as a remark quotes it: one line of limited length."""
    text = _CONTROL.sub(" ", str(value)).strip()
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"


def asks_who(texts: Iterable[str | None]) -> bool:
    """Whether a question with a short answer asks for a name or contact details."""
    return any(text and _ASKS_WHO.search(text[:2_000]) for text in texts)
