"""Questionnaires of other tools, read into ours; what has no place here is named item by item.

The documented subset is in the two modules. Nothing is guessed: a question whose meaning would
change is left out and named, as is a condition (its question is then asked of everybody).

A file comes from elsewhere: the service reads it in a process apart, as it cleans documents.
"""

from typing import Any, Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from services.contracts.http.questionnaires import Question, Questionnaire, Words
from services.contracts.http.responses import ImportedQuestionnaire, NotImported
from services.responses.documents import isolated_subprocess as apart
from services.responses.questionnaires.imports import formbricks, limesurvey, reasons
from services.responses.questionnaires.imports.draft import Draft
from services.responses.questionnaires.imports.unreadable import TOO_MUCH, Unreadable
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

__all__ = ["FileUnreadable", "Format", "read", "read_apart"]

Format = Literal["limesurvey", "formbricks"]

_MOST_QUESTIONS = 200
_MOST_RANKED = 12
_SCALE_END = 11
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class FileUnreadable(Refusal):
    """`why`: the place in the file and what is wrong there."""

    status = 422
    sentence = Text(
        fr="Ce fichier n'est pas un export {format} lisible : {why}.",
        en="This file is not a readable {format} export: {why}.",
    )
    way_out = Text(
        fr="Exportez la structure de l'enquête : .lss depuis LimeSurvey, JSON depuis Formbricks.",
        en="Export the survey's structure: .lss from LimeSurvey, JSON from Formbricks.",
    )

    def __init__(self, format: str, why: Words) -> None:
        super().__init__(format=format, why=why.en or why.fr)
        self.why = why

    def message(self, language: Language) -> str:
        why = (self.why.en if language == "en" else None) or self.why.fr
        return self.sentence.in_(language, format=self.data["format"], why=why)


def read(format: Format, content: bytes) -> ImportedQuestionnaire:
    """In this process, for content that is trusted. Raises FileUnreadable."""
    draft = Draft()
    try:
        if format == "limesurvey":
            limesurvey.read(content, draft)
        else:
            formbricks.read(content, draft)
    except Unreadable as wrong:
        raise FileUnreadable(format, Words(fr=wrong.fr, en=wrong.en)) from None
    questionnaire = _questionnaire(draft)
    return ImportedQuestionnaire(
        questionnaire=questionnaire,
        not_imported=[NotImported(place=place, reason=why) for place, why in draft.left_out],
    )


async def read_apart(format: Format, content: bytes) -> ImportedQuestionnaire:
    """Raises FileUnreadable, Busy."""
    try:
        answer = await apart.run("services.responses.questionnaires.imports", format, content)
    except apart.Exploded:
        why = Words(fr=TOO_MUCH.fr, en=TOO_MUCH.en)
        raise FileUnreadable(format, why) from None
    found: dict[str, Any] = orjson.loads(answer)
    if "unreadable" in found:
        raise FileUnreadable(format, Words.model_validate(found["unreadable"]))
    return ImportedQuestionnaire.model_validate(found)


def _questionnaire(draft: Draft) -> Questionnaire | None:
    """Each question by itself, so that one that our form refuses costs no other."""
    taken: list[Question] = []
    choices: dict[str, set[str]] = {}  # earlier choices and their options
    for drafted in draft.questions:
        question = _question(draft, drafted, choices)
        if question is None:
            continue
        if len(taken) == _MOST_QUESTIONS:
            draft.leave_out(
                draft.places[question.id], reasons.TOO_MANY_QUESTIONS, most=_MOST_QUESTIONS
            )
            continue
        taken.append(question)
        if question.kind in ("single_choice", "multiple_choice"):
            choices[question.id] = {option.id for option in question.options}
    return Questionnaire(questions=taken) if taken else None


def _question(
    draft: Draft, drafted: dict[str, Any], choices: dict[str, set[str]]
) -> Question | None:
    place, condition = draft.places[drafted["id"]], drafted.get("only_if")
    if condition and not set(condition["any_of"]) <= choices.get(condition["question"], set()):
        draft.leave_out(place, reasons.CONDITION, condition=draft.conditions[drafted["id"]])
        drafted = drafted | {"only_if": None}
    options = len(drafted.get("options", ()))
    if drafted["kind"] == "ranking" and options > _MOST_RANKED:
        draft.leave_out(place, reasons.TOO_MANY_RANKED, number=options, most=_MOST_RANKED)
        return None
    if drafted["kind"] == "scale" and not drafted["low"] < drafted["high"] <= _SCALE_END:
        draft.leave_out(place, reasons.SCALE_RANGE, high=drafted["high"])
        return None
    try:
        return _QUESTION.validate_python(drafted)
    except ValidationError as error:
        fields = {".".join(str(part) for part in each["loc"][1:]) for each in error.errors()}
        draft.leave_out(place, reasons.NOT_OF_OUR_FORM, fields=", ".join(sorted(fields)))
        return None
