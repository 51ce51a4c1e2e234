"""What an answer must look like for its question, and which questions are asked at all.

A questionnaire comes here as the JSON that was checked when it was saved, answers as the JSON that
a device sent. Saying nothing (blanks, nothing chosen) is no answer. Nothing is cut: a text of up to
200 kB is kept whole, a longer one is refused while it is still on its writer's device.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

LONGEST_TEXT_BYTES = 200_000
_MARKS = ("clear", "unclear", "missing")
_MOST_PASSAGES = 5_000
_LAST_PLACE = 2**31 - 1
# U+0000, which PostgreSQL has no place for, and halves of a character, which UTF-8 has none for.
_UNKEEPABLE = re.compile("[\\0\ud800-\udfff]")

Answers: TypeAlias = dict[str, Any]
_Question: TypeAlias = Mapping[str, Any]
_Fault: TypeAlias = tuple[Text, dict[str, Any]]

_NEEDED = Text(
    fr="Question {n} : cette question demande une réponse.",
    en="Question {n}: this question asks for an answer.",
)
_NOT_ASKED = Text(
    fr="Question {n} : elle n'est pas posée après ce qui a été répondu avant.",
    en="Question {n}: it is not asked after what was answered before.",
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
    fr="Question {n} : un choix n'existe pas, ou est donné deux fois.",
    en="Question {n}: an option does not exist, or is given twice.",
)
_TOO_MANY = Text(
    fr="Question {n} : au plus {most} choix sont possibles.",
    en="Question {n}: at most {most} options can be chosen.",
)
_NO_OTHER = Text(
    fr="Question {n} : une réponse libre n'est pas prévue ici.",
    en="Question {n}: an answer of your own is not foreseen here.",
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
    """Each fault is a line of its own, naming the question by its number."""

    status = 422
    sentence = Text(
        fr="Votre réponse n'a pas été enregistrée : il y a quelque chose à corriger.",
        en="Your answer was not recorded: something needs correcting.",
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
        fr="La réponse parle d'une question que ce questionnaire n'a pas.",
        en="The answer speaks of a question that this questionnaire does not have.",
    )
    way_out = Text(
        fr="Rechargez la page : ce que vous avez écrit est toujours sur votre appareil.",
        en="Reload the page: what you wrote is still on your device.",
    )


class _Wrong(Exception):
    def __init__(self, text: Text, **data: Any) -> None:
        self.text, self.data = text, data


def checked(questionnaire: Mapping[str, Any], given: Mapping[str, Any]) -> Answers:
    """The answers in the order of the questions, without those that say nothing.

    Raises AnswersRefused, UnknownQuestion.
    """
    questions = questionnaire["questions"]
    if given.keys() - {question["id"] for question in questions}:
        raise UnknownQuestion
    answers: Answers = {}
    faults: list[_Fault] = []
    for number, question in enumerate(questions, 1):
        try:
            answer = _checked(question, given.get(question["id"]))
            if not is_asked(question, answers):
                if answer is not None:
                    raise _Wrong(_NOT_ASKED)
            elif answer is not None:
                answers[question["id"]] = answer
            elif question["required"]:
                raise _Wrong(_NEEDED)
        except _Wrong as wrong:
            faults.append((wrong.text, {"n": number, **wrong.data}))
    if faults:
        raise AnswersRefused(faults)
    return answers


def is_asked(question: _Question, answers: Mapping[str, Any]) -> bool:
    """Whether its condition holds; a question that was not asked itself fulfils no condition."""
    condition = question["only_if"]
    if condition is None:
        return True
    before = answers.get(condition["question"])
    return before is not None and not set(condition["any_of"]).isdisjoint(before["chosen"])


def words(answers: Answers) -> str:
    """All that was written freely, for searching."""
    return "\n\n".join(text for answer in answers.values() for text in _texts(answer))


def _checked(question: _Question, given: Any) -> Any:
    return None if given is None else _KINDS[question["kind"]](question, given)


def _text(given: Any) -> str:
    """Without blanks at the ends; what cannot be kept is replaced, as browsers do it.

    Refusing would ask a person to find and delete what no page shows."""
    if not isinstance(given, str):
        raise _Wrong(_WRONG_FORM)
    text = _UNKEEPABLE.sub("\N{REPLACEMENT CHARACTER}", given.strip())
    size = len(text.encode())
    if size > LONGEST_TEXT_BYTES:
        raise _Wrong(_TOO_LONG, size=-(-size // 1000))
    return text


def _free_text(_: _Question, given: Any) -> str | None:
    return _text(given) or None


def _choice(question: _Question, given: Any, most: int | None) -> dict[str, Any] | None:
    _has_only(given, "chosen", "other")
    chosen = _options(question, given.get("chosen", []))
    other = _text(given.get("other", ""))
    if other and not question["other"]:
        raise _Wrong(_NO_OTHER)
    if most is not None and len(chosen) + bool(other) > most:
        raise _Wrong(_TOO_MANY, most=most)
    return {"chosen": chosen, "other": other} if chosen or other else None


def _single_choice(question: _Question, given: Any) -> dict[str, Any] | None:
    return _choice(question, given, 1)


def _multiple_choice(question: _Question, given: Any) -> dict[str, Any] | None:
    return _choice(question, given, question["at_most"])


def _scale(question: _Question, given: Any) -> int:
    low, high = question["low"], question["high"]
    if not isinstance(given, int) or isinstance(given, bool) or not low <= given <= high:
        raise _Wrong(_OFF_SCALE, low=low, high=high)
    return given


def _ranking(question: _Question, given: Any) -> list[str] | None:
    return _options(question, given) or None


def _document_test(_: _Question, given: Any) -> dict[str, Any] | None:
    _has_only(given, "passages", "comment")
    passages = given.get("passages", [])
    if not isinstance(passages, list) or len(passages) > _MOST_PASSAGES:
        raise _Wrong(_WRONG_FORM)
    marked = [_passage(one) for one in passages]
    comment = _text(given.get("comment", ""))
    return {"passages": marked, "comment": comment} if marked or comment else None


def _passage(given: Any) -> dict[str, Any]:
    _has_only(given, "start", "end", "mark", "comment")
    start, end = given.get("start"), given.get("end")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= _LAST_PLACE:
        raise _Wrong(_BAD_PASSAGE)
    if given.get("mark") not in _MARKS:
        raise _Wrong(_WRONG_FORM)
    comment = _text(given.get("comment", ""))
    return {"start": start, "end": end, "mark": given["mark"], "comment": comment}


def _options(question: _Question, given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _Wrong(_WRONG_FORM)
    known = {option["id"] for option in question["options"]}
    if len(set(given)) != len(given) or not known.issuperset(given):
        raise _Wrong(_NO_OPTION)
    return given


def _has_only(given: Any, *keys: str) -> None:
    if not isinstance(given, dict) or not given.keys() <= set(keys):
        raise _Wrong(_WRONG_FORM)


def _texts(answer: Any) -> list[str]:
    match answer:
        case str():
            return [answer]
        case {"other": other}:
            return [other] if other else []
        case {"passages": passages, "comment": comment}:
            return [text for text in (comment, *(one["comment"] for one in passages)) if text]
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
