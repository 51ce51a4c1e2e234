"""Staff API of the transparency journal. Reading it needs no API: it is public."""

from pydantic import Field

from services.contracts.http import LARGEST_INTEGER, Command, View


class CorrectEntry(Command):
    """Correction: the entry stays, and another one states the mistake."""

    number: int = Field(ge=0, le=LARGEST_INTEGER)
    reason: str = Field(min_length=1, max_length=5_000)


class Recorded(View):
    """Number of the appended entry."""

    number: int
