"""Expected refusals: typed errors with data, a sentence that people understand, and a way out."""

from typing import Any, ClassVar, TypeVar

from services.runtime.text import Language, Text

T = TypeVar("T")


class Refusal(Exception):
    """Base of all expected refusals; each subject declares its own. Rolls the transaction back."""

    status: ClassVar[int] = 409
    sentence: ClassVar[Text]
    way_out: ClassVar[Text | None] = None

    def __init__(self, **data: Any) -> None:
        super().__init__(data)
        self.data = data

    def __str__(self) -> str:
        return self.message("en")

    def message(self, language: Language) -> str:
        """The sentence, with its data."""
        return self.sentence.in_(language, **self.data)

    def way_out_message(self, language: Language) -> str | None:
        """The way out, with its data, where there is one."""
        return self.way_out.in_(language, **self.data) if self.way_out else None

    @property
    def retry_after(self) -> int | None:
        """Seconds after which a program should retry (`Retry-After`)."""
        return None

    def details(self, language: Language) -> list[str]:
        """One line for each mistake, when there are several."""
        return []


class NotFound(Refusal):
    status = 404
    sentence = Text(
        fr="Rien ne correspond à cet identifiant : {what}.", en="Nothing has this id: {what}."
    )


def require_found(row: T | None, what: object) -> T:
    """The row itself. Raises NotFound, naming `what`, when there is none."""
    if row is None:
        raise NotFound(what=what)
    return row
