"""Validation of the answers in a response: their form, and whether their questions are asked.

The questionnaire is the JSON that was validated when it was saved; answers are the JSON that a
device sent. An empty answer (blanks, nothing chosen) counts as none. Nothing is truncated: a text
of up to 200 kB is stored whole, a longer one is refused while it is still on its author's device.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

LONGEST_TEXT_BYTES = 200_000
_MARKS = ("clear", "unclear", "missing")
_MOST_PASSAGES = 5_000
_LARGEST_OFFSET = 2**31 - 1
# U+0000, which PostgreSQL cannot store, and unpaired surrogates, which UTF-8 cannot encode.
_NOT_STORABLE = re.compile("[\\0\ud800-\udfff]")

Answers: TypeAlias = dict[str, Any]
_Question: TypeAlias = Mapping[str, Any]
_Fault: TypeAlias = tuple[Text, dict[str, Any]]

_NEEDED = Text(
    fr="Question {n} : cette question demande une réponse.",
    en="Question {n}: this question needs an answer.",
)
_NOT_ASKED = Text(
    fr="Question {n} : elle ne se pose pas, compte tenu des réponses précédentes.",
    en="Question {n}: it is not asked, given the earlier answers.",
)
_TOO_LONG = Text(
    fr="Question {n} : ce texte fait {size} ko ; jusqu'à 200 ko peuvent être envoyés (une centaine"
    " de pages).",
    en="Question {n}: this text is {size} kB long; up to 200 kB can be sent (about a hundred"
    " pages).",
)
_WRONG_FORM = Text(
    fr="Question {n} : la réponse n'a pas la forme attendue.",
    en="Question {n}: the answer does not have the expected form.",
)
_NO_OPTION = Text(
    fr="Question {n} : un choix n'existe pas ou figure deux fois.",
    en="Question {n}: an option does not exist, or appears twice.",
)
_TOO_MANY = Text(
    fr="Question {n} : au plus {most} choix sont possibles.",
    en="Question {n}: at most {most} options can be chosen.",
)
_NO_OTHER = Text(
    fr="Question {n} : une réponse libre n'est pas prévue ici.",
    en="Question {n}: this question does not take an answer of your own.",
)
_OFF_SCALE = Text(
    fr="Question {n} : il faut un nombre de {low} à {high}.",
    en="Question {n}: must be a number from {low} to {high}.",
)
_BAD_PASSAGE = Text(
    fr="Question {n} : un passage marqué n'est pas dans le document.",
    en="Question {n}: a marked passage is not in the document.",
)


class AnswersRefused(Refusal):
    """Its details name the question of each fault by its number."""

    status = 422
    sentence = Text(
        fr="Votre réponse n'a pas été enregistrée : il y a quelque chose à corriger.",
        en="Your response was not recorded: something needs correcting.",
    )
    way_out = Text(
        fr="Ce que vous avez écrit est toujours sur votre appareil : corrigez, puis renvoyez.",
        en="What you wrote is still on your device: correct it and send it again.",
    )

    def __init__(self, faults: list[_Fault]) -> None:
        super().__init__()
        self._faults = faults

    def details(self, language: Language) -> list[str]:
        return [text.in_(language, **data) for text, data in self._faults]


class UnknownQuestion(Refusal):
    status = 422
    sentence = Text(
        fr="Cette réponse porte sur une question absente du questionnaire.",
        en="This response answers a question that is not in the questionnaire.",
    )
    way_out = Text(
        fr="Rechargez la page : ce que vous avez écrit est toujours sur votre appareil.",
        en="Reload the page: what you wrote is still on your device.",
    )


class _Invalid(Exception):
    def __init__(self, text: Text, **data: Any) -> None:
        self.text, self.data = text, data


def check_answers(questionnaire: Mapping[str, Any], submitted: Mapping[str, Any]) -> Answers:
    """The answers in the order of the questions, without empty ones.

    Raises AnswersRefused, UnknownQuestion.
    """
    questions = questionnaire["questions"]
    if submitted.keys() - {question["id"] for question in questions}:
        raise UnknownQuestion
    answers: Answers = {}
    faults: list[_Fault] = []
    for number, question in enumerate(questions, 1):
        try:
            answer = _check_answer(question, submitted.get(question["id"]))
            if not is_asked(question, answers):
                if answer is not None:
                    raise _Invalid(_NOT_ASKED)
            elif answer is not None:
                answers[question["id"]] = answer
            elif question["required"]:
                raise _Invalid(_NEEDED)
        except _Invalid as invalid:
            faults.append((invalid.text, {"n": number, **invalid.data}))
    if faults:
        raise AnswersRefused(faults)
    return answers


def is_asked(question: _Question, answers: Mapping[str, Any]) -> bool:
    """Whether the question's condition holds; one on a question that was not asked does not."""
    condition = question["only_if"]
    if condition is None:
        return True
    earlier = answers.get(condition["question"])
    return earlier is not None and not set(condition["any_of"]).isdisjoint(earlier["chosen"])


def free_text(answers: Answers) -> str:
    """All free text of a response, for searching."""
    return "\n\n".join(text for answer in answers.values() for text in _texts(answer))


def _check_answer(question: _Question, answer: Any) -> Any:
    return None if answer is None else _KINDS[question["kind"]](question, answer)


def _text(answer: Any) -> str:
    """Strip the text, and replace characters that cannot be stored, as browsers do.

    A refusal would ask a person to find and delete a character that no page shows."""
    if not isinstance(answer, str):
        raise _Invalid(_WRONG_FORM)
    text = _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", answer.strip())
    size = len(text.encode())
    if size > LONGEST_TEXT_BYTES:
        raise _Invalid(_TOO_LONG, size=-(-size // 1000))
    return text


def _free_text(_: _Question, answer: Any) -> str | None:
    return _text(answer) or None


def _choice(question: _Question, answer: Any, at_most: int | None) -> dict[str, Any] | None:
    _has_only(answer, "chosen", "other")
    chosen = _options(question, answer.get("chosen", []))
    other = _text(answer.get("other", ""))
    if other and not question["other"]:
        raise _Invalid(_NO_OTHER)
    if at_most is not None and len(chosen) + bool(other) > at_most:
        raise _Invalid(_TOO_MANY, most=at_most)
    return {"chosen": chosen, "other": other} if chosen or other else None


def _single_choice(question: _Question, answer: Any) -> dict[str, Any] | None:
    return _choice(question, answer, 1)


def _multiple_choice(question: _Question, answer: Any) -> dict[str, Any] | None:
    return _choice(question, answer, question["at_most"])


def _scale(question: _Question, answer: Any) -> int:
    low, high = question["low"], question["high"]
    if not isinstance(answer, int) or isinstance(answer, bool) or not low <= answer <= high:
        raise _Invalid(_OFF_SCALE, low=low, high=high)
    return answer


def _ranking(question: _Question, answer: Any) -> list[str] | None:
    return _options(question, answer) or None


def _document_test(_: _Question, answer: Any) -> dict[str, Any] | None:
    _has_only(answer, "passages", "comment")
    passages = answer.get("passages", [])
    if not isinstance(passages, list) or len(passages) > _MOST_PASSAGES:
        raise _Invalid(_WRONG_FORM)
    marked = [_passage(passage) for passage in passages]
    comment = _text(answer.get("comment", ""))
    return {"passages": marked, "comment": comment} if marked or comment else None


def _passage(passage: Any) -> dict[str, Any]:
    _has_only(passage, "start", "end", "mark", "comment")
    start, end = passage.get("start"), passage.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= _LARGEST_OFFSET:
        raise _Invalid(_BAD_PASSAGE)
    if passage.get("mark") not in _MARKS:
        raise _Invalid(_WRONG_FORM)
    comment = _text(passage.get("comment", ""))
    return {"start": start, "end": end, "mark": passage["mark"], "comment": comment}


def _options(question: _Question, answer: Any) -> list[str]:
    if not isinstance(answer, list) or not all(isinstance(option, str) for option in answer):
        raise _Invalid(_WRONG_FORM)
    option_ids = {option["id"] for option in question["options"]}
    if len(set(answer)) != len(answer) or not option_ids.issuperset(answer):
        raise _Invalid(_NO_OPTION)
    return answer


def _has_only(value: Any, *keys: str) -> None:
    if not isinstance(value, dict) or not value.keys() <= set(keys):
        raise _Invalid(_WRONG_FORM)


def _texts(answer: Any) -> list[str]:
    match answer:
        case str():
            return [answer]
        case {"other": other}:
            return [other] if other else []
        case {"passages": passages, "comment": comment}:
            comments = (comment, *(passage["comment"] for passage in passages))
            return [text for text in comments if text]
        case _:
            return []


_KINDS: dict[str, Callable[[_Question, Any], Any]] = {
    "free_text": _free_text,
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "scale": _scale,
    "ranking": _ranking,
    "document_test": _document_test,
}
