"""Staff API of the transparency journal. Reading it needs no API: it is public."""

from pydantic import Field

from services.contracts.http import LARGEST_INTEGER, Command, View


class CorrectEntry(Command):
    """The entry stays; another one says what is wrong with it."""

    number: int = Field(ge=0, le=LARGEST_INTEGER)
    reason: str = Field(min_length=1, max_length=5_000)


class Recorded(View):
    """The number of the entry that was added."""

    number: int
