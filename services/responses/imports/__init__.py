"""Questionnaires of other tools, read into ours; what has no place here is said item by item.

The documented subset is in the two modules. Nothing is guessed: a question whose meaning would
change is left out and named, as is a condition (its question is then asked of everybody).
"""

from typing import Literal

from pydantic import ValidationError

from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import ImportedQuestionnaire, NotImported
from services.responses.imports import formbricks, limesurvey
from services.responses.imports.draft import Draft
from services.runtime.refusal import Refusal
from services.runtime.text import Text

__all__ = ["FileUnreadable", "read"]


class FileUnreadable(Refusal):
    status = 422
    sentence = Text(
        fr="Ce fichier n'est pas un export {format} lisible.",
        en="This file is not a readable {format} export.",
    )
    way_out = Text(
        fr="Exportez la structure de l'enquête : .lss depuis LimeSurvey, JSON depuis Formbricks.",
        en="Export the survey's structure: .lss from LimeSurvey, JSON from Formbricks.",
    )


def read(format: Literal["limesurvey", "formbricks"], content: bytes) -> ImportedQuestionnaire:
    """Raises FileUnreadable."""
    draft = Draft()
    try:
        if format == "limesurvey":
            limesurvey.read(content, draft)
        else:
            formbricks.read(content, draft)
    except ValueError:
        raise FileUnreadable(format=format) from None
    return ImportedQuestionnaire(
        questionnaire=_questionnaire(draft),
        not_imported=[NotImported(place=place, reason=why) for place, why in draft.left_out],
    )


def _questionnaire(draft: Draft) -> Questionnaire | None:
    """One question after another, so that one that our form refuses costs no other."""
    kept: list[dict[str, object]] = []
    for question in draft.questions:
        try:
            Questionnaire.model_validate({"questions": [*kept, question]})
        except ValidationError as error:
            draft.leave_out(
                str(question["id"]),
                Text(
                    fr="Notre questionnaire ne peut pas contenir cette question : {said}.",
                    en="Our questionnaire cannot hold this question: {said}.",
                ),
                said=error.errors()[0]["msg"],
            )
        else:
            kept.append(question)
    return Questionnaire.model_validate({"questions": kept}) if kept else None
