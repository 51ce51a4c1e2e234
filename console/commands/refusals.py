"""Refusals of commands: a type with data, a sentence a person understands, and the way out."""

from typing import Any, ClassVar

from console.client.problems import Failure
from console.words import Language, Text


class Refusal(Failure):
    """Base of the refusals that a command makes before it calls a service."""

    sentence: ClassVar[Text]
    way_out: ClassVar[Text | None] = None

    def __init__(self, **data: Any) -> None:
        super().__init__(data)
        self.data = data

    def __str__(self) -> str:
        return self.message("en")

    def message(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data)

    def way_out_message(self, language: Language) -> str | None:
        return self.way_out.in_(language, **self.data) if self.way_out else None


class NotFound(Refusal):
    sentence = Text(
        fr="Rien ne correspond à cet identifiant : {what}.", en="Nothing has this id: {what}."
    )
