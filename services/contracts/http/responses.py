"""Staff API of responses: the questionnaire that makes a collection ready."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from services.contracts.events.responses import CollectionPhase
from services.contracts.http import Command, View


class Question(Command):
    """The minimal question: free text. Other kinds come with the answers themselves."""

    kind: Literal["free_text"] = "free_text"
    text: str = Field(min_length=1)
    required: bool = False


class Questionnaire(Command):
    questions: list[Question] = Field(min_length=1)


class CollectionView(View):
    project_id: UUID
    version: int
    title: str
    state: CollectionPhase
    questionnaire: Questionnaire | None
