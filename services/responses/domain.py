"""Rules of collecting words: a questionnaire is written while preparing, and frozen at ready."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class QuestionnaireFrozen(Refusal):
    sentence = Text(
        fr="Le questionnaire de ce projet est figé : des membres ont pu le lire.",
        en="This project's questionnaire is frozen: members may have read it.",
    )


class ProjectOver(Refusal):
    sentence = Text(
        fr="Ce projet n'attend plus de questionnaire.",
        en="This project no longer waits for a questionnaire.",
    )


@dataclass(frozen=True)
class Collection:
    project_id: UUID
    version: int
    title: str
    state: str
    project_state: str
    questionnaire: dict[str, Any] | None


def with_questionnaire(collection: Collection, questionnaire: dict[str, Any]) -> Collection:
    """The collection, ready. Saying the same again changes nothing.

    Raises QuestionnaireFrozen, ProjectOver.
    """
    if collection.state != "preparing":
        if collection.questionnaire == questionnaire:
            return collection
        raise QuestionnaireFrozen
    if collection.project_state != "published":
        raise ProjectOver
    return replace(
        collection, questionnaire=questionnaire, state="ready", version=collection.version + 1
    )
