"""Rules of an audience and its quotas: only codes that exist, so that none can match nobody unseen.

What is written may be a label, as screens print it, where it means one code and no other. The rest
is refused with the codes that resemble it, before anything is stored or drawn.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

Audience = Mapping[str, Sequence[str]]

_NO_ATTRIBUTE = Text(
    fr="« {written} » n'est pas un critère ; il y a {codes}.",
    en="“{written}” is no attribute; there are {codes}.",
)
_NO_CODE = Text(
    fr="« {written} » n'est pas une valeur de {attribute} ; les plus proches : {codes}.",
    en="“{written}” is no value of {attribute}; the nearest are: {codes}.",
)
_NONE_RESEMBLES = Text(
    fr="« {written} » n'est pas une valeur de {attribute}, et aucune n'y ressemble ; par exemple :"
    " {codes}.",
    en="“{written}” is no value of {attribute}, and none resembles it; for example: {codes}.",
)
_NO_VALUES = Text(
    fr="{attribute} : aucune valeur, donc personne ; indiquez-en, ou retirez ce critère.",
    en="{attribute}: no value, hence nobody; name some, or remove this attribute.",
)
_TWICE = Text(
    fr="{attribute} : plusieurs quotas disent « {codes} » ; n'en gardez qu'un.",
    en="{attribute}: several quotas mean “{codes}”; keep one.",
)
# Of codes where none resembles: enough to see how they are written.
_EXAMPLES = 5


@dataclass(frozen=True)
class Unknown:
    sentence: Text
    written: str
    attribute: str
    codes: str

    def message(self, language: Language) -> str:
        return self.sentence.in_(
            language, written=self.written, attribute=self.attribute, codes=self.codes
        )


class UnknownValues(Refusal):
    """Each line names what is unknown, and what is known in its place."""

    status = 422
    sentence = Text(
        fr="La campagne nomme des critères ou des valeurs qui n'existent pas.",
        en="The campaign names attributes or values that do not exist.",
    )
    way_out = Text(
        fr="Corrigez-les et recommencez ; rien n'a été enregistré ni lancé.",
        en="Correct them and try again; nothing was stored or launched.",
    )

    def __init__(self, unknown: Sequence[Unknown]) -> None:
        super().__init__()
        self._unknown = unknown

    def details(self, language: Language) -> list[str]:
        return [one.message(language) for one in self._unknown]


@dataclass(frozen=True)
class Vocabulary:
    """The codes of each attribute: those that exist and those that members have."""

    codes: Mapping[str, frozenset[str]]
    # The one code that a spelling means, and codes that resemble one.
    code_of: Callable[[str, str], str | None]
    nearest: Callable[[str, str, Iterable[str]], list[str]]
    # A code with its name, where the code alone is a number.
    labelled: Callable[[str, str], str]

    def code(self, attribute: str, written: str) -> str | Unknown:
        codes = self.codes[attribute]
        if written in codes:
            return written
        meant = self.code_of(attribute, written)
        if meant in codes:
            return meant
        sentence, near = _NO_CODE, self.nearest(attribute, written, sorted(codes))
        if not near:
            sentence, near = _NONE_RESEMBLES, sorted(codes, reverse=True)[:_EXAMPLES]
        named = ", ".join(self.labelled(attribute, code) for code in near)
        return Unknown(sentence, written, attribute, named)

    def unknown_attribute(self, written: str) -> Unknown:
        return Unknown(_NO_ATTRIBUTE, written, "", ", ".join(sorted(self.codes)))


@dataclass(frozen=True)
class Asked:
    """Whom a campaign asks, in codes."""

    audience: dict[str, list[str]]
    quotas_by: str | None
    quotas: dict[str, int]


def in_codes(
    audience: Audience,
    quotas_by: str | None,
    quotas: Mapping[str, int],
    vocabulary: Vocabulary,
) -> Asked:
    """Raises UnknownValues: all that is unknown, at once."""
    unknown: list[Unknown] = []

    def resolved(attribute: str, values: Iterable[str]) -> list[str]:
        if attribute not in vocabulary.codes:
            unknown.append(vocabulary.unknown_attribute(attribute))
            return []
        found = []
        for value in values:
            code = vocabulary.code(attribute, value)
            found.append(code) if isinstance(code, str) else unknown.append(code)
        return found

    asked: dict[str, list[str]] = {}
    for attribute, values in audience.items():
        if not values:
            unknown.append(Unknown(_NO_VALUES, "", attribute, ""))
        asked[attribute] = list(dict.fromkeys(resolved(attribute, values)))
    strata = resolved(quotas_by, quotas) if quotas_by is not None else []
    if twice := [code for code, times in Counter(strata).items() if times > 1]:
        unknown.append(Unknown(_TWICE, "", quotas_by or "", ", ".join(twice)))
    if unknown:
        raise UnknownValues(unknown)
    return Asked(asked, quotas_by, dict(zip(strata, quotas.values(), strict=True)))


def held_by_nobody(audience: Audience, held: Mapping[str, frozenset[str]]) -> list[tuple[str, str]]:
    """The parts of an audience, as attribute and code, that no member has."""
    return [
        (attribute, code)
        for attribute, codes in audience.items()
        for code in codes
        if code not in held.get(attribute, frozenset())
    ]
