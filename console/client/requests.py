"""The one door from what is typed to a request: a value that a service would refuse is a sentence
beside its field, never an exception that ends the console."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import ValidationError

from console.client.problems import FieldError, Incomplete
from console.words import Language
from services.contracts.http import Command
from services.contracts.http.violations import Place, Violation, violations

C = TypeVar("C", bound=Command)


def _first(place: Place) -> str:
    return str(place[0]) if place else ""


def written(
    model: type[C],
    language: Language,
    wrong: Iterable[FieldError] = (),
    field: Callable[[Place], str] = _first,
    **values: Any,
) -> C:
    """`wrong` is what the form itself found, which is said in place of what the model would say of
    the same field; `field` names the field that a place in the request is typed in.

    Raises Incomplete."""
    ours = list(wrong)
    fields = {one.field for one in ours}
    try:
        request = model(**values)
    except ValidationError as error:
        ours += [
            FieldError(place, _sentence(one, language), too_much=one.is_limit)
            for one in violations(error.errors())
            if (place := field(one.place)) not in fields
        ]
        raise Incomplete(*ours) from error
    if ours:
        raise Incomplete(*ours)
    return request


def _sentence(one: Violation, language: Language) -> str:
    words = one.in_(language)
    return f"{words[:1].upper()}{words[1:]}."
