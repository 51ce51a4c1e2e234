"""The staff API's models, shared by the services and the console.

A *command* refuses fields it does not know (a typing error must not be ignored); a *view* ignores
them (an older console reads a newer service). A value that no column can hold is refused when a
command arrives, with its place. Text is cleaned here, for every field of every request: control
characters are dropped, not refused, as no form shows them.
"""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.contracts.characters import clean, clean_line

# Integers that every JSON parser represents exactly (RFC 7493), and that fit a bigint.
LARGEST_INTEGER = 2**53 - 1
_LAST_DAY = date(2999, 12, 31)

# Version on which a command is based, 0 before the first one.
Version = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
# Numbers of people. Sums over many campaigns must fit their columns too. Each field sets its own
# minimum, and it alone: of two bounds on one field, one would win silently.
Headcount = Annotated[int, Field(le=10_000_000)]
# A day for planning: windows and deadlines are computed from it.
Day = Annotated[date, Field(le=_LAST_DAY)]


class Strict(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def cleaned(cls, sent: Any) -> Any:
        """Remove control characters before the length is validated."""
        if not isinstance(sent, dict):
            return _cleaned(sent)
        return {
            name: clean_line(value)
            if name in _LINES and isinstance(value, str)
            else _cleaned(value, depth=1)
            for name, value in sent.items()
        }


class Command(Strict):
    """Base of staff's request bodies."""


# Fields that are one line wherever they stand: shown in rows, subjects, signatures.
_LINES = frozenset({"title", "theme", "name", "role", "owner"})
# Deeper than any valid request; Python's own limit would be an unexpected error.
_DEEPEST = 60


def _cleaned(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        raise PydanticCustomError("too_deep", "is nested too deeply")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {
            _cleaned(key, depth + 1): _cleaned(inner, depth + 1) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(inner, depth + 1) for inner in value]
    return value


class View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
