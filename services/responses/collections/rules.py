"""Collecting words for a project: written while preparing, frozen at ready, open until a day."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Text

_COLLECTING = ("open", "recruited")
_OVER = ("collected", "reporting", "closed")
_DAY = "%Y-%m-%d"
_MINIMUM_CELL = 5


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


class NoQuestionnaire(Refusal):
    sentence = Text(
        fr="Ce projet n'a pas encore de questionnaire.", en="This project has no questionnaire yet."
    )
    way_out = Text(
        fr="Enregistrez-en un, puis déclarez-le prêt.", en="Save one, then declare it ready."
    )


class DocumentMissing(Refusal):
    status = 422
    sentence = Text(
        fr="Des questions portent sur un document que ce projet n'a pas : {questions}.",
        en="Some questions are about a document that this project does not have: {questions}.",
    )
    way_out = Text(
        fr="Ajoutez le document au projet et indiquez son identifiant dans la question.",
        en="Add the document to the project and give its id in the question.",
    )


class NotYetOpen(Refusal):
    sentence = Text(
        fr="Ce projet ne recueille pas encore de réponses.",
        en="This project does not take answers yet.",
    )
    way_out = Text(
        fr="Ce que vous avez écrit reste sur votre appareil : revenez avec le même lien.",
        en="What you wrote stays on your device: come back with the same link.",
    )


class AnswersOver(Refusal):
    sentence = Text(
        fr="Ce projet ne recueille plus de réponses : le dernier jour était le {day}.",
        en="This project no longer takes answers: the last day was {day}.",
    )
    way_out = Text(
        fr="Ce que vous avez écrit reste sur votre appareil et n'a pas été envoyé.",
        en="What you wrote stays on your device and was not sent.",
    )


class AnswersEnded(Refusal):
    """The last moment: the collection ended while an answer was on its way."""

    sentence = Text(
        fr="Ce projet ne recueille plus de réponses.", en="This project no longer takes answers."
    )
    way_out = AnswersOver.way_out


@dataclass(frozen=True)
class Collection:
    project_id: UUID
    version: int
    title: str
    state: str
    project_state: str
    mandate: dict[str, Any]
    recruitment_ends_on: date
    collection_ends_on: date
    credential_key: dict[str, Any] | None
    credentials_issued: int | None
    floor_reached: bool | None
    anonymity_floor: int
    preview_id: UUID
    opened_on: date | None
    questionnaire_version: int
    questionnaire: dict[str, Any] | None
    readings_wanted: int
    synthesised_by: str | None
    synthesised_on: date | None

    @property
    def project_is_over(self) -> bool:
        return self.project_state in _OVER


@dataclass(frozen=True)
class Told:
    """None where it is not told."""

    contributions: int | None = None
    unread: int | None = None
    unopened: int | None = None


def told_counts(counts: Told) -> Told:
    """Of an ended collection, as subscribers are told: no number below five but that nothing waits
    for a reading, which says nothing of people once it is told that they are five or more."""
    contributions = _from_five(counts.contributions)
    unread = None
    if contributions is not None:
        unread = 0 if counts.unread == 0 else _from_five(counts.unread)
    return Told(contributions, unread, _from_five(counts.unopened))


def _from_five(count: int | None) -> int | None:
    return count if count is not None and count >= _MINIMUM_CELL else None


def drafted(collection: Collection, questionnaire: dict[str, Any]) -> Collection:
    """With one more version of its questionnaire; saying the same again changes nothing.

    Raises QuestionnaireFrozen, ProjectOver.
    """
    if collection.questionnaire == questionnaire:
        return collection
    _refuse_unless_preparing(collection)
    return replace(
        collection,
        questionnaire=questionnaire,
        questionnaire_version=collection.questionnaire_version + 1,
    )


def readied(collection: Collection, documents: frozenset[str]) -> Collection:
    """Frozen, so that the project may be launched; `documents` are the ids that it has.

    Raises NoQuestionnaire, DocumentMissing, ProjectOver.
    """
    if collection.state != "preparing":
        return collection
    _refuse_unless_preparing(collection)
    if collection.questionnaire is None:
        raise NoQuestionnaire
    lost = [
        question["id"]
        for question in collection.questionnaire["questions"]
        if question["kind"] == "document_test" and question["document_id"] not in documents
    ]
    if lost:
        raise DocumentMissing(questions=", ".join(lost))
    return replace(collection, state="ready", version=collection.version + 1)


def is_collecting(project_state: str) -> bool:
    return project_state in _COLLECTING


def phase(collection: Collection, today: date) -> str:
    """not_yet, open or over: whether answers are taken on a day."""
    if collection.project_is_over or today > collection.collection_ends_on:
        return "over"
    ready = collection.state == "ready" and collection.credential_key is not None
    return "open" if ready and is_collecting(collection.project_state) else "not_yet"


def refuse_unless_open(collection: Collection, today: date) -> None:
    """Raises NotYetOpen, AnswersOver."""
    match phase(collection, today):
        case "not_yet":
            raise NotYetOpen
        case "over":
            raise AnswersOver(day=collection.collection_ends_on.strftime(_DAY))


def personal_cases(collection: Collection) -> dict[str, Any]:
    """Where to turn for a personal situation, if need be in a plain general sentence."""
    said = collection.questionnaire and collection.questionnaire.get("personal_cases")
    return dict(said) if said else {"fr": _ELSEWHERE.fr, "en": _ELSEWHERE.en}


def _refuse_unless_preparing(collection: Collection) -> None:
    if collection.state != "preparing":
        raise QuestionnaireFrozen
    if collection.project_state != "published":
        raise ProjectOver


_ELSEWHERE = Text(
    fr="Adressez-vous au service qui suit votre dossier : ses coordonnées figurent sur vos"
    " courriers.",
    en="Turn to the office that handles your case: its contact details are on your letters.",
)
