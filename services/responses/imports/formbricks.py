"""Formbricks' survey JSON, with `questions` or, since version 4, `blocks` of `elements`.

| Formbricks | here |
|---|---|
| openText of type text | free text |
| multipleChoiceSingle, with the choice "other" | single choice |
| multipleChoiceMulti, with the choice "other" | multiple choice |
| rating | scale from 1 to its range |
| nps | scale from 0 to 10 |
| ranking | ranking |

Everything else is left out and named: calls to action, consents, pictures, dates, uploads, grids,
addresses, open texts that ask for a mail address or a telephone (nobody is named here), and logic.
"""

from typing import Any

import orjson

from services.contracts.http.questionnaires import Words
from services.responses.imports.draft import (
    JUMP,
    NO_OPTIONS,
    NO_TEXT,
    UNKNOWN_KIND,
    Draft,
    options,
    plain,
)

_CHOICES = {
    "multipleChoiceSingle": "single_choice",
    "multipleChoiceMulti": "multiple_choice",
    "ranking": "ranking",
}
_OTHER = "other"


def read(content: bytes, draft: Draft) -> None:
    """Raises ValueError when it is not such a file."""
    survey = orjson.loads(content)
    if isinstance(survey, dict) and isinstance(survey.get("data"), dict):
        survey = survey["data"]
    if not isinstance(survey, dict):
        raise ValueError("not a survey")
    for question in _questions(survey, draft):
        _read_question(question, draft)


def _questions(survey: dict[str, Any], draft: Draft) -> list[dict[str, Any]]:
    blocks, questions = survey.get("blocks"), survey.get("questions")
    if isinstance(blocks, list) and blocks:
        questions = []
        for block in blocks:
            if not isinstance(block, dict) or not isinstance(block.get("elements"), list):
                raise ValueError("not a survey's blocks")
            if block.get("logic"):
                draft.leave_out(str(block.get("name") or block.get("id") or "?"), JUMP)
            questions += block["elements"]
    if not isinstance(questions, list) or not all(isinstance(one, dict) for one in questions):
        raise ValueError("not a survey's questions")
    return questions


def _read_question(question: dict[str, Any], draft: Draft) -> None:
    place, kind = str(question.get("id") or "?"), str(question.get("type"))
    text = _words(question.get("headline"))
    if kind == "openText" and question.get("inputType", "text") == "text":
        form: dict[str, Any] = {"kind": "free_text"}
    elif kind == "rating" and isinstance(question.get("range"), int):
        form = {"kind": "scale", "low": 1, "high": question["range"]}
    elif kind == "nps":
        form = {"kind": "scale", "low": 0, "high": 10}
    elif kind in _CHOICES:
        form = {"kind": _CHOICES[kind]}
    else:
        asked = f"openText/{question.get('inputType')}" if kind == "openText" else kind
        return draft.leave_out(place, UNKNOWN_KIND, kind=asked)
    if text is None:
        return draft.leave_out(place, NO_TEXT)
    if form["kind"] == "scale":
        form["low_label"] = _words(question.get("lowerLabel"))
        form["high_label"] = _words(question.get("upperLabel"))
    if kind in _CHOICES:
        given = _given(question)
        if len(given) < 2:
            return draft.leave_out(place, NO_OPTIONS)
        form["options"], _ = options([one for one in given if one[0] != _OTHER])
        if kind != "ranking":
            form["other"] = any(code == _OTHER for code, _ in given)
    if question.get("logic"):
        draft.leave_out(place, JUMP)
    draft.questions.append(
        {
            "id": draft.name(place),
            "text": text,
            "help": _words(question.get("subheader")),
            "required": question.get("required") is True,
            **form,
        }
    )
    return None


def _given(question: dict[str, Any]) -> list[tuple[str, Words]]:
    """Choices with a label; choices that are texts alone are numbered."""
    found = []
    choices = question.get("choices")
    for number, choice in enumerate(choices if isinstance(choices, list) else [], 1):
        if isinstance(choice, dict):
            code, label = str(choice.get("id") or number), _words(choice.get("label"))
        else:
            code, label = str(number), _words(choice)
        if label:
            found.append((code, label))
    return found


def _words(given: Any) -> Words | None:
    """A text, or texts by language with the main one as "default"."""
    if isinstance(given, str):
        given = {"default": given}
    if not isinstance(given, dict):
        return None
    said = {str(key).partition("-")[0]: plain(str(text)) for key, text in given.items() if text}
    french = said.get("fr") or said.get("default") or ""
    english = said.get("en")
    return Words(fr=french, en=english if english != french else None) if french else None
