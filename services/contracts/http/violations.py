"""Validation errors of request models, as sentences in French and English for staff.

One table for services, console, commands and sheets: the validation library explains itself in
English only, and to programmers. A sentence never repeats a value, which may be personal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from services.contracts.http.questionnaires import QUESTION_KINDS

Place = tuple[str | int, ...]
# French and English; both take the same data.
Sentences = tuple[str, str]


@dataclass(frozen=True)
class Violation:
    """One error: its place in the request, and the correct form, without a full stop."""

    place: Place
    fr: str
    en: str
    # A limit is exceeded: more text does not help.
    is_limit: bool = False

    def in_(self, language: Literal["fr", "en"]) -> str:
        return self.fr if language == "fr" else self.en

    @property
    def path(self) -> str:
        return ".".join(str(part) for part in self.place)


_NUMBER: Sentences = ("il faut un nombre entier", "must be a whole number")
_ANY_NUMBER: Sentences = ("il faut un nombre", "must be a number")
_DATE: Sentences = ("il faut une date comme 2027-03-31", "must be a date like 2027-03-31")
_TEXT: Sentences = ("il faut du texte", "must be text")
_EMPTY: Sentences = ("ne peut pas être vide", "cannot be empty")
_CHOICE: Sentences = ("il faut l'une de ces valeurs : {choices}", "must be one of: {choices}")
_ID: Sentences = ("il faut un identifiant complet", "must be a complete id")
_KEYS: Sentences = ("il faut des clés et leurs valeurs", "must be keys with their values")
_LIST: Sentences = ("il faut une liste", "must be a list")
_YES_OR_NO: Sentences = ("il faut oui ou non (true ou false)", "must be yes or no (true or false)")
_ENCODING: Sentences = (
    "contient un caractère qui ne peut pas être enregistré",
    "holds a character that cannot be kept",
)
_KIND: Sentences = (
    "la sorte de question (kind) manque ou n'existe pas ; il y a {kinds}",
    "the kind of question is missing or does not exist; there are {kinds}",
)
_OTHER: Sentences = ("cette valeur ne convient pas", "this value does not fit")

_SENTENCES: dict[str, Sentences] = {
    "missing": ("cette clé manque", "this key is missing"),
    "extra_forbidden": ("cette clé est inconnue", "this key is not known"),
    "int_parsing": _NUMBER,
    "int_parsing_size": _NUMBER,
    "int_type": _NUMBER,
    "int_from_float": _NUMBER,
    "float_parsing": _ANY_NUMBER,
    "float_type": _ANY_NUMBER,
    "finite_number": _ANY_NUMBER,
    "bool_parsing": _YES_OR_NO,
    "bool_type": _YES_OR_NO,
    "date_parsing": _DATE,
    "date_type": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "string_type": _TEXT,
    "string_unicode": _ENCODING,
    "string_pattern_mismatch": (
        "il faut un identifiant en minuscules, chiffres et « _ », commençant par une lettre",
        "must be an identifier of small letters, digits and _, starting with a letter",
    ),
    "greater_than_equal": ("au moins {least}", "at least {least}"),
    "greater_than": ("plus de {least}", "more than {least}"),
    "less_than_equal": ("au plus {most}", "at most {most}"),
    "less_than": ("moins de {most}", "less than {most}"),
    "string_too_long": (
        "{most} caractères au plus ; il y en a {length}",
        "{most} characters at most; there are {length}",
    ),
    "too_long": ("{most} éléments au plus", "{most} items at most"),
    "enum": _CHOICE,
    "literal_error": _CHOICE,
    "uuid_parsing": _ID,
    "uuid_type": _ID,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "list_type": _LIST,
    "union_tag_not_found": _KIND,
    "union_tag_invalid": _KIND,
    "json_invalid": ("ce n'est pas du JSON", "this is not JSON"),
    "too_deep": ("est imbriqué trop profondément", "is nested too deeply"),
    "quotas_do_not_add_up": (
        "la somme des quotas ({sum}) n'est pas le nombre demandé ({wanted})",
        "the quotas add up to {sum}, not to the number wanted ({wanted})",
    ),
    "reading_says_nothing": (
        "une lecture relie à une proposition, ou porte une marque",
        "a reading needs a proposal, or a mark",
    ),
    "reading_contradicts_itself": (
        "une contribution sans suggestion n'est reliée à aucune proposition",
        "a contribution with no suggestion is linked to no proposal",
    ),
    "question_twice": ("deux questions s'appellent {id}", "two questions are called {id}"),
    "option_twice": (
        "deux choix de {id} ont le même identifiant",
        "two options of {id} have one identifier",
    ),
    "condition_unknown": (
        "la condition de {id} ne nomme aucun choix d'une question précédente",
        "the condition of {id} names no option of an earlier choice",
    ),
    "scale_without_length": ("l'échelle n'a pas de longueur", "the scale has no length"),
}


def violations(errors: Iterable[Mapping[str, Any]]) -> list[Violation]:
    """From pydantic's `error.errors()`, in its order."""
    return [_violation(error) for error in errors]


def _violation(error: Mapping[str, Any]) -> Violation:
    fr, en = _sentences(error)
    data = _data(error)
    french = {name: _number(value, "\u202f") for name, value in data.items()}
    english = {name: _number(value, ",") for name, value in data.items()}
    # A place may be a name that was sent, even one that no encoding can hold.
    path = tuple(
        part.encode(errors="replace").decode() if isinstance(part, str) else part
        for part in _keys(error["loc"])
    )
    return Violation(
        path, fr.format(**french), en.format(**english), is_limit=error["type"] in _LIMITS
    )


def _sentences(error: Mapping[str, Any]) -> Sentences:
    kind = error["type"]
    if kind == "string_too_short":
        return _EMPTY if error["ctx"]["min_length"] == 1 else ("trop court", "too short")
    if kind == "too_short":
        return _EMPTY if error["ctx"]["min_length"] == 1 else _AT_LEAST
    if kind == "less_than_equal" and isinstance(error["ctx"]["le"], date | str):
        return _LATEST
    return _SENTENCES.get(kind, _OTHER)


_LIMITS = {"less_than_equal", "less_than", "string_too_long", "too_long"}
_AT_LEAST: Sentences = ("au moins {least} éléments", "at least {least} items")
_LATEST: Sentences = ("au plus tard le {most}", "{most} at the latest")
_NAMES = {
    "ge": "least",
    "gt": "least",
    "min_length": "least",
    "le": "most",
    "lt": "most",
    "max_length": "most",
    "expected": "choices",
    "id": "id",
    "sum": "sum",
    "wanted": "wanted",
}


def _data(error: Mapping[str, Any]) -> dict[str, Any]:
    data = {_NAMES[name]: value for name, value in error.get("ctx", {}).items() if name in _NAMES}
    if "choices" in data:
        data["choices"] = data["choices"].replace(" or ", ", ").replace("'", "")
    data["kinds"] = ", ".join(sorted(QUESTION_KINDS))
    if error["type"] == "string_too_long":
        data["length"] = len(error["input"])
    return data


def _number(value: Any, thousands: str) -> Any:
    return f"{value:,.10g}".replace(",", thousands) if isinstance(value, int | float) else value


def _keys(path: Place) -> list[str | int]:
    """The keys of the request alone: pydantic adds the kind of question after its number."""
    return [
        part
        for parent, part in zip(("", *path), path, strict=False)
        if part != "body" and not (isinstance(parent, int) and part in QUESTION_KINDS)
    ]
