"""Audiences and quotas: only codes that exist, so that no misspelt one silently matches nobody.

Staff may write a label, as screens print it, where it means exactly one code. Other text is refused
with the codes that resemble it, before anything is stored or drawn.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

Audience = Mapping[str, Sequence[str]]

_NO_ATTRIBUTE = Text(
    fr="« {text} » n'est pas un critère ; les critères sont : {codes}.",
    en="“{text}” is not an attribute; the attributes are: {codes}.",
)
_NO_CODE = Text(
    fr="« {text} » n'est pas une valeur de {attribute} ; les plus proches sont : {codes}.",
    en="“{text}” is not a value of {attribute}; the nearest are: {codes}.",
)
_NONE_RESEMBLES = Text(
    fr="« {text} » n'est pas une valeur de {attribute}, et aucune n'y ressemble ; les valeurs"
    " s'écrivent par exemple : {codes}.",
    en="“{text}” is not a value of {attribute}, and none resembles it; values are written like"
    " this: {codes}.",
)
_NO_VALUES = Text(
    fr="{attribute} : sans valeur, ce critère ne désigne personne ; indiquez-en, ou retirez-le.",
    en="{attribute}: without a value, this attribute selects nobody; name some, or remove it.",
)
_REPEATED = Text(
    fr="{attribute} : plusieurs quotas désignent « {codes} » ; n'en gardez qu'un.",
    en="{attribute}: several quotas mean “{codes}”; keep only one.",
)
# Number of codes shown where none resembles: enough to see how they are written.
_EXAMPLES = 5


@dataclass(frozen=True)
class Unknown:
    """Text in a campaign that means no attribute or code."""

    sentence: Text
    text: str
    attribute: str
    codes: str

    def message(self, language: Language) -> str:
        return self.sentence.in_(
            language, text=self.text, attribute=self.attribute, codes=self.codes
        )


class UnknownValues(Refusal):
    """Each line names unknown text and the codes that resemble it."""

    status = 422
    sentence = Text(
        fr="La campagne mentionne des critères ou des valeurs qui n'existent pas.",
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
        return [unknown.message(language) for unknown in self._unknown]


@dataclass(frozen=True)
class Vocabulary:
    """Codes of each attribute: the contract's list, and those that members have."""

    codes: Mapping[str, frozenset[str]]
    # The one code that a text means, and the codes that resemble it.
    code_of: Callable[[str, str], str | None]
    nearest: Callable[[str, str, Iterable[str]], list[str]]
    # A code with its label, where the code alone is a number.
    labelled: Callable[[str, str], str]

    def code(self, attribute: str, text: str) -> str | Unknown:
        codes = self.codes[attribute]
        if text in codes:
            return text
        code = self.code_of(attribute, text)
        if code in codes:
            return code
        sentence, nearest = _NO_CODE, self.nearest(attribute, text, sorted(codes))
        if not nearest:
            sentence, nearest = _NONE_RESEMBLES, sorted(codes, reverse=True)[:_EXAMPLES]
        labels = ", ".join(self.labelled(attribute, code) for code in nearest)
        return Unknown(sentence, text, attribute, labels)

    def unknown_attribute(self, text: str) -> Unknown:
        return Unknown(_NO_ATTRIBUTE, text, "", ", ".join(sorted(self.codes)))


@dataclass(frozen=True)
class CodedAudience:
    """Audience and quotas of a campaign, in codes."""

    audience: dict[str, list[str]]
    quotas_by: str | None
    quotas: dict[str, int]


def coded_audience(
    audience: Audience,
    quotas_by: str | None,
    quotas: Mapping[str, int],
    vocabulary: Vocabulary,
) -> CodedAudience:
    """Raises UnknownValues with every unknown text at once."""
    unknown: list[Unknown] = []

    def resolve(attribute: str, values: Iterable[str]) -> list[str]:
        if attribute not in vocabulary.codes:
            unknown.append(vocabulary.unknown_attribute(attribute))
            return []
        codes = []
        for text in values:
            code = vocabulary.code(attribute, text)
            codes.append(code) if isinstance(code, str) else unknown.append(code)
        return codes

    coded: dict[str, list[str]] = {}
    for attribute, values in audience.items():
        if not values:
            unknown.append(Unknown(_NO_VALUES, "", attribute, ""))
        coded[attribute] = list(dict.fromkeys(resolve(attribute, values)))
    strata = resolve(quotas_by, quotas) if quotas_by is not None else []
    if repeated := [code for code, count in Counter(strata).items() if count > 1]:
        unknown.append(Unknown(_REPEATED, "", quotas_by or "", ", ".join(repeated)))
    if unknown:
        raise UnknownValues(unknown)
    return CodedAudience(coded, quotas_by, dict(zip(strata, quotas.values(), strict=True)))


def unused_criteria(
    audience: Audience, member_codes: Mapping[str, frozenset[str]]
) -> list[tuple[str, str]]:
    """Attributes and codes of an audience that no member has."""
    return [
        (attribute, code)
        for attribute, codes in audience.items()
        for code in codes
        if code not in member_codes.get(attribute, frozenset())
    ]
