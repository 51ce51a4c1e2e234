"""Questionnaires: written in versions, frozen when the collection is ready."""

from dataclasses import replace
from typing import Any

from services.responses.collections.rules import Collection, CollectionPhase, ProjectPhase
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


def drafted(collection: Collection, questionnaire: dict[str, Any]) -> Collection:
    """The collection with one more version of its questionnaire; an identical one changes nothing.

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


def readied(collection: Collection, document_ids: frozenset[str]) -> Collection:
    """The collection with its questionnaire frozen, so that the project may be launched.

    `document_ids`: documents that the project has. Raises NoQuestionnaire, DocumentMissing,
    ProjectOver.
    """
    if collection.state != CollectionPhase.PREPARING:
        return collection
    _refuse_unless_preparing(collection)
    if collection.questionnaire is None:
        raise NoQuestionnaire
    incomplete = [
        question["id"]
        for question in collection.questionnaire["questions"]
        if question["kind"] == "document_test" and question["document_id"] not in document_ids
    ]
    if incomplete:
        raise DocumentMissing(questions=", ".join(incomplete))
    return replace(collection, state=CollectionPhase.READY, version=collection.version + 1)


def _refuse_unless_preparing(collection: Collection) -> None:
    if collection.state != CollectionPhase.PREPARING:
        raise QuestionnaireFrozen
    if collection.project_state != ProjectPhase.PUBLISHED:
        raise ProjectOver
