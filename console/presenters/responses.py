"""What a participant answered, question by question, in words."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from console.presenters.styled_text import Said
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
    one: ContributionView,
    questionnaire: Questionnaire | None,
    documents: Mapping[UUID, DocumentView],
    language: Language,
) -> list[Said]:
    """Paragraphs: each question, dim, and its answer. A hidden contribution says why it is."""
    said: list[Said] = []
    if one.is_hidden:
        latest = one.moderation[0]
        words = _HIDDEN.in_(language, who=latest.decided_by, reason=latest.reason)
        said.append(Said(words, "attention"))
    if one.title:
        said.append(Said(one.title, "strong"))
    asked = questionnaire.questions if questionnaire else []
    questions = {question.id: question for question in asked}
    for id, answer in one.answers.items():
        question = questions.get(id)
        if question is None:
            said.append(Said(str(answer)))
            continue
        said.append(Said(_text(question.text, language), "dim"))
        said.append(Said("\n".join(_answer(question, answer, documents, language))))
    if not one.answers and one.words:
        said.append(Said(one.words))
    return said


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
            for place, id in enumerate(answer, 1):
                yield f"{place}. {labels.get(id, id)}"
        case SingleChoice() | MultipleChoice():
            labels = {option.id: _text(option.label, language) for option in question.options}
            for id in answer["chosen"]:
                yield f"· {labels.get(id, id)}"
            if answer.get("other"):
                yield f"· {_OTHER.in_(language, text=answer['other'])}"
        case DocumentTest():
            found = documents.get(question.document_id)
            text = (found.text if found else None) or ""
            for passage in answer["passages"]:
                mark = MARKS[passage["mark"]].in_(language)
                quoted = " ".join(text[passage["start"] : passage["end"]].split())
                comment = f" – {passage['comment']}" if passage.get("comment") else ""
                yield f"· {mark} : « {quoted} »{comment}"
            if answer.get("comment"):
                yield answer["comment"]


def _text(words: Words, language: Language) -> str:
    return (words.en if language == "en" else None) or words.fr
