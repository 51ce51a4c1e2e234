"""A contribution in words, question by question."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from console.presenters.styled_text import Phrase
from console.words import Language, Text
from services.contracts.http.questionnaires import (
    DocumentTest,
    FreeText,
    MultipleChoice,
    Question,
    Questionnaire,
    Ranking,
    Scale,
    SingleChoice,
    Words,
)
from services.contracts.http.reading import ContributionView
from services.contracts.http.responses import DocumentView

MARKS = {
    "clear": Text(fr="clair", en="clear"),
    "unclear": Text(fr="pas clair", en="unclear"),
    "missing": Text(fr="il manque", en="missing"),
}
_OF = Text(fr="{value} sur {high}", en="{value} of {high}")
_OTHER = Text(fr="autre : {text}", en="other: {text}")
_HIDDEN = Text(
    fr="Masquée par {who} : {reason}. Elle garde son droit à être lue.",
    en="Hidden by {who}: {reason}. It is still owed its readings.",
)


def in_words(
    contribution: ContributionView,
    questionnaire: Questionnaire | None,
    documents: Mapping[UUID, DocumentView],
    language: Language,
) -> list[Phrase]:
    """Paragraphs: each question, dim, and its answer. A hidden contribution says why it is."""
    phrases: list[Phrase] = []
    if contribution.is_hidden:
        latest = contribution.moderation[0]
        sentence = _HIDDEN.in_(language, who=latest.decided_by, reason=latest.reason)
        phrases.append(Phrase(sentence, "attention"))
    if contribution.title:
        phrases.append(Phrase(contribution.title, "strong"))
    asked = questionnaire.questions if questionnaire else []
    questions = {question.id: question for question in asked}
    for id, answer in contribution.answers.items():
        question = questions.get(id)
        if question is None:
            phrases.append(Phrase(str(answer)))
            continue
        phrases.append(Phrase(_text(question.text, language), "dim"))
        phrases.append(Phrase("\n".join(_answer(question, answer, documents, language))))
    if not contribution.answers and contribution.words:
        phrases.append(Phrase(contribution.words))
    return phrases


def _answer(
    question: Question, answer: Any, documents: Mapping[UUID, DocumentView], language: Language
) -> Iterator[str]:
    match question:
        case FreeText():
            yield str(answer)
        case Scale():
            yield _OF.in_(language, value=answer, high=question.high)
        case Ranking():
            labels = {option.id: _text(option.label, language) for option in question.options}
            for position, id in enumerate(answer, 1):
                yield f"{position}. {labels.get(id, id)}"
        case SingleChoice() | MultipleChoice():
            labels = {option.id: _text(option.label, language) for option in question.options}
            for id in answer["chosen"]:
                yield f"· {labels.get(id, id)}"
            if answer.get("other"):
                yield f"· {_OTHER.in_(language, text=answer['other'])}"
        case DocumentTest():
            document = documents.get(question.document_id)
            text = (document.text if document else None) or ""
            for passage in answer["passages"]:
                mark = MARKS[passage["mark"]].in_(language)
                quoted = " ".join(text[passage["start"] : passage["end"]].split())
                comment = f" – {passage['comment']}" if passage.get("comment") else ""
                yield f"· {mark} : « {quoted} »{comment}"
            if answer.get("comment"):
                yield answer["comment"]


def _text(texts: Words, language: Language) -> str:
    return (texts.en if language == "en" else None) or texts.fr
