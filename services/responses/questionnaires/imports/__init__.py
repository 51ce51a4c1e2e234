"""Import questionnaires of other tools, and report item by item what cannot be imported.

The two reader modules document the supported subset. Nothing is guessed: a question whose meaning
would change is left out and reported, as is a condition (its question is then asked of everybody).

The file is untrusted, so the service reads it in an isolated subprocess.
"""

from typing import Any, Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from services.contracts.http.questionnaires import Question, Questionnaire, Words
from services.contracts.http.responses import ImportedQuestionnaire, NotImported
from services.responses.documents import isolated_subprocess
from services.responses.questionnaires.imports import formbricks, limesurvey, reasons
from services.responses.questionnaires.imports.draft import Draft
from services.responses.questionnaires.imports.unreadable import TOO_MUCH, Unreadable
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

__all__ = ["FileUnreadable", "Format", "import_file", "import_isolated"]

Format = Literal["limesurvey", "formbricks"]

_MOST_QUESTIONS = 200
_MOST_RANKED = 12
_SCALE_END = 11
_QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class FileUnreadable(Refusal):
    """`why` describes the fault and its place in the file."""

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


def import_file(format: Format, content: bytes) -> ImportedQuestionnaire:
    """Read in the calling process, for trusted content. Raises FileUnreadable."""
    draft = Draft()
    try:
        if format == "limesurvey":
            limesurvey.read_survey(content, draft)
        else:
            formbricks.read_survey(content, draft)
    except Unreadable as error:
        raise FileUnreadable(format, Words(fr=error.fr, en=error.en)) from None
    questionnaire = _questionnaire(draft)
    return ImportedQuestionnaire(
        questionnaire=questionnaire,
        not_imported=[
            NotImported(place=source_name, reason=why) for source_name, why in draft.left_out
        ],
    )


async def import_isolated(format: Format, content: bytes) -> ImportedQuestionnaire:
    """Raises FileUnreadable, Busy."""
    try:
        output = await isolated_subprocess.run(__name__, format, content)
    except isolated_subprocess.SubprocessFailed:
        why = Words(fr=TOO_MUCH.fr, en=TOO_MUCH.en)
        raise FileUnreadable(format, why) from None
    result: dict[str, Any] = orjson.loads(output)
    if "unreadable" in result:
        raise FileUnreadable(format, Words.model_validate(result["unreadable"]))
    return ImportedQuestionnaire.model_validate(result)


def _questionnaire(draft: Draft) -> Questionnaire | None:
    """Validate each question by itself, so that an invalid one does not cost the others."""
    imported: list[Question] = []
    choices: dict[str, set[str]] = {}  # option ids by the id of an earlier choice
    for drafted in draft.questions:
        question = _question(draft, drafted, choices)
        if question is None:
            continue
        if len(imported) == _MOST_QUESTIONS:
            draft.leave_out(
                draft.places[question.id], reasons.TOO_MANY_QUESTIONS, most=_MOST_QUESTIONS
            )
            continue
        imported.append(question)
        if question.kind in ("single_choice", "multiple_choice"):
            choices[question.id] = {option.id for option in question.options}
    return Questionnaire(questions=imported) if imported else None


def _question(
    draft: Draft, drafted: dict[str, Any], choices: dict[str, set[str]]
) -> Question | None:
    source_name, condition = draft.places[drafted["id"]], drafted.get("only_if")
    if condition and not set(condition["any_of"]) <= choices.get(condition["question"], set()):
        draft.leave_out(source_name, reasons.CONDITION, condition=draft.conditions[drafted["id"]])
        drafted = drafted | {"only_if": None}
    options = len(drafted.get("options", ()))
    if drafted["kind"] == "ranking" and options > _MOST_RANKED:
        draft.leave_out(source_name, reasons.TOO_MANY_RANKED, number=options, most=_MOST_RANKED)
        return None
    if drafted["kind"] == "scale" and not drafted["low"] < drafted["high"] <= _SCALE_END:
        draft.leave_out(source_name, reasons.SCALE_RANGE, high=drafted["high"])
        return None
    try:
        return _QUESTION.validate_python(drafted)
    except ValidationError as error:
        fields = {".".join(str(part) for part in each["loc"][1:]) for each in error.errors()}
        draft.leave_out(source_name, reasons.NOT_OF_OUR_FORM, fields=", ".join(sorted(fields)))
        return None
