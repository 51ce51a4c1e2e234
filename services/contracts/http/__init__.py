"""The staff API's models, shared by the services and the console.

A *command* refuses fields it does not know (a typing error must not be ignored); a *view* ignores
them (an older console reads a newer service). What no column can hold is refused as a command comes
in, with the place where it stands: numbers by their type, text here for every field.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

# What every reader of JSON agrees on (RFC 7493) and a bigint holds.
LARGEST_INTEGER = 2**53 - 1
_LAST_DAY = date(2999, 12, 31)

# The version of something that was read, 0 before there is any.
Version = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
# People. Sums of many campaigns must fit their columns too. The least is each field's own matter,
# and said by it alone: of two bounds on one field, one would win silently.
Headcount = Annotated[int, Field(le=10_000_000)]
# A day to plan with: windows and deadlines are counted on from it.
Day = Annotated[date, Field(le=_LAST_DAY)]


class Strict(BaseModel):
    """What is sent to a service, by anybody."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Command(Strict):
    """What staff send. PostgreSQL keeps every character but U+0000, which nobody types: it is
    refused rather than dropped unseen."""

    @field_validator("*")
    @classmethod
    def can_be_kept(cls, value: Any) -> Any:
        if any("\0" in text for text in _texts(value)):
            raise PydanticCustomError("nul_character", "holds the character U+0000")
        return value


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


class View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
