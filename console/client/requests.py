"""Requests built from typed values: a value that a service would refuse becomes a sentence beside
its field, never an exception that ends the console."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from pydantic import ValidationError

from console.client.problems import FieldError, Incomplete
from console.words import Language
from services.contracts.http import Command
from services.contracts.http.violations import Place, Violation, violations

C = TypeVar("C", bound=Command)


def _first(location: Place) -> str:
    return str(location[0]) if location else ""


def build_request(
    model: type[C],
    language: Language,
    wrong: Iterable[FieldError] = (),
    field: Callable[[Place], str] = _first,
    **values: Any,
) -> C:
    """Build a request. `wrong` holds the errors that the form detected itself; they replace the
    model's errors about the same field. `field` names the field that a place in the request is
    typed in.

    Raises Incomplete."""
    errors = list(wrong)
    fields = {error.field for error in errors}
    try:
        request = model(**values)
    except ValidationError as error:
        errors += [
            FieldError(name, _sentence(violation, language), too_much=violation.is_limit)
            for violation in violations(error.errors())
            if (name := field(violation.place)) not in fields
        ]
        raise Incomplete(*errors) from error
    if errors:
        raise Incomplete(*errors)
    return request


def _sentence(violation: Violation, language: Language) -> str:
    sentence = violation.in_(language)
    return f"{sentence[:1].upper()}{sentence[1:]}."
