"""Expected refusals: a type with data, a sentence a person understands, and the way out."""

from typing import Any, ClassVar

from services.runtime.text import Language, Text


class Refusal(Exception):
    """Base of all expected refusals; each domain declares its own. Rolls the transaction back."""

    status: ClassVar[int] = 409
    sentence: ClassVar[Text]
    way_out: ClassVar[Text | None] = None

    def __init__(self, **data: Any) -> None:
        super().__init__(data)
        self.data = data

    def __str__(self) -> str:
        return self.say("en")

    def say(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data)

    def say_way_out(self, language: Language) -> str | None:
        return self.way_out.in_(language, **self.data) if self.way_out else None

    @property
    def retry_after(self) -> int | None:
        """Seconds after which asking again may help, for programs."""
        return None

    def details(self, language: Language) -> list[str]:
        """One line for each thing that is wrong, when there are several."""
        return []


class NotFound(Refusal):
    status = 404
    sentence = Text(
        fr="Rien ne correspond à cet identifiant : {what}.", en="Nothing has this id: {what}."
    )
