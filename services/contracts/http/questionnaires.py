"""Questionnaires, and the form of an answer to each kind of question.

Frozen once the collection is ready; a change before that is a new version. Texts are in French and,
where given, in English; a member who reads English sees the French text where there is no other.
"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.contracts.http import Command

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Words(Command):
    """A text for members."""

    fr: str = Field(min_length=1)
    en: str | None = None


class Option(Command):
    id: Identifier
    label: Words


class Condition(Command):
    """Ask only if an earlier choice was answered with one of these options."""

    question: Identifier
    any_of: list[Identifier] = Field(min_length=1)


class _Question(Command):
    id: Identifier
    text: Words
    help: Words | None = None
    required: bool = False
    only_if: Condition | None = None


class FreeText(_Question):
    kind: Literal["free_text"]


class SingleChoice(_Question):
    kind: Literal["single_choice"]
    options: list[Option] = Field(min_length=2)
    other: bool = Field(False, description="whether members may write an answer of their own")


class MultipleChoice(_Question):
    kind: Literal["multiple_choice"]
    options: list[Option] = Field(min_length=2)
    at_most: int | None = Field(None, ge=1, le=1_000)
    other: bool = False


class Scale(_Question):
    kind: Literal["scale"]
    low: int = Field(1, ge=-10, le=10)
    high: int = Field(5, ge=-9, le=11)
    low_label: Words | None = None
    high_label: Words | None = None

    @model_validator(mode="after")
    def low_is_below_high(self) -> Self:
        if self.low >= self.high:
            raise PydanticCustomError("scale_without_length", "the scale has no length")
        return self


class Ranking(_Question):
    kind: Literal["ranking"]
    options: list[Option] = Field(min_length=2, max_length=12)


class DocumentTest(_Question):
    """A letter or form to test: participants mark passages and comment on them."""

    kind: Literal["document_test"]
    document_id: UUID


Question = Annotated[
    FreeText | SingleChoice | MultipleChoice | Scale | Ranking | DocumentTest,
    Field(discriminator="kind"),
]


QUESTION_KINDS = frozenset(
    {"free_text", "single_choice", "multiple_choice", "scale", "ranking", "document_test"}
)


class Questionnaire(Command):
    """Question ids are unique; a condition looks back, never forward."""

    personal_cases: Words | None = Field(
        None, description="contact for a personal situation, which the panel does not settle"
    )
    questions: list[Question] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def conditions_look_back(self) -> Self:
        codes: dict[str, set[str]] = {}
        for question in self.questions:
            if question.id in codes:
                raise PydanticCustomError(
                    "question_twice", "two questions are called {id}", {"id": question.id}
                )
            condition = question.only_if
            if condition and not set(condition.any_of) <= codes.get(condition.question, set()):
                raise PydanticCustomError(
                    "condition_unknown",
                    "the condition of {id} names no option of an earlier choice",
                    {"id": question.id},
                )
            options = getattr(question, "options", [])
            if len({option.id for option in options}) != len(options):
                raise PydanticCustomError(
                    "option_twice", "two options of {id} have one id", {"id": question.id}
                )
            choice = isinstance(question, SingleChoice | MultipleChoice)
            codes[question.id] = {option.id for option in options} if choice else set()
        return self


class Passage(Command):
    """A passage of a document as the reader marked it; places in characters of its plain text."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)
    mark: Literal["clear", "unclear", "missing"]
    comment: str = ""


class Choice(Command):
    """One or several options, and an own answer where the question allows it."""

    chosen: list[Identifier] = Field(default_factory=list)
    other: str = ""


class Marks(Command):
    """Comments on a document: on passages, and on the whole."""

    passages: list[Passage] = Field(default_factory=list)
    comment: str = ""


# free text: str · scale: int · ranking: option ids, best first, those left out come after ·
# single and multiple choice: Choice · document test: Marks
Answer = str | int | list[Identifier] | Choice | Marks
