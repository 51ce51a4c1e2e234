"""Formbricks' survey JSON, with `questions` or, since version 4, `blocks` of `elements`.

| Formbricks | here |
|---|---|
| openText of type text | free text |
| multipleChoiceSingle, with the choice "other" | single choice |
| multipleChoiceMulti, with the choice "other" and a greatest number | multiple choice, `at_most` |
| rating | scale from 1 to its range |
| nps | scale from 0 to 10 |
| ranking | ranking |

Everything else is reported. Left out: calls to action, consents, pictures, dates, uploads, grids,
addresses, and open texts that ask for a name (responses are anonymous). Texts are by locale; where
French is missing, the survey's own language replaces it.
"""

import re
from collections.abc import Iterator
from typing import Any

import orjson

from services.contracts.http.questionnaires import Words
from services.responses.questionnaires.imports import reasons
from services.responses.questionnaires.imports.draft import Draft, asks_who
from services.responses.questionnaires.imports.lss_tables import language_of
from services.responses.questionnaires.imports.unreadable import (
    BLOCK_SHAPE,
    NO_IDENTIFIER,
    NOT_A_SURVEY,
    NOT_JSON,
    QUESTION_SHAPE,
    SEVERAL_SURVEYS,
    Unreadable,
)
from services.runtime.text import Text

_CHOICES = {
    "multipleChoiceSingle": "single_choice",
    "multipleChoiceMulti": "multiple_choice",
    "ranking": "ranking",
}
_OTHER, _NONE = "other", "none"
_RECALL = re.compile(r"#recall:([\w-]+)(?:/fallback:([^#]*))?#", re.ASCII)
_JUMPS = frozenset(("jumpToQuestion", "jumpToBlock", "jump"))
_MEDIA = ("imageUrl", "videoUrl", "backgroundUrl")


def read_survey(content: bytes, draft: Draft) -> None:
    """Raises Unreadable."""
    survey = _survey(content)
    reader = _Reader(survey, draft)
    reader.name_lost()
    for number, question in enumerate(reader.questions(), 1):
        reader.read_question(question, number)


def _survey(content: bytes) -> dict[str, Any]:
    """One survey: bare, below `data` as in the interface's responses, or alone in a list."""
    try:
        survey = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Unreadable(NOT_JSON, line=error.lineno, column=error.colno) from None
    for _ in range(3):
        if isinstance(survey, list):
            if len(survey) > 1:
                raise Unreadable(SEVERAL_SURVEYS, number=len(survey))
            survey = survey[0] if survey else None
        elif isinstance(survey, dict) and isinstance(survey.get("data"), dict | list):
            survey = survey["data"]
    if not isinstance(survey, dict):
        raise Unreadable(NOT_A_SURVEY)
    return survey


class _Reader:
    def __init__(self, survey: dict[str, Any], draft: Draft) -> None:
        self._survey, self._draft = survey, draft
        self._place = str(survey.get("name") or survey.get("id") or "?")
        self._main = _main_language(survey)

    def questions(self) -> list[dict[str, Any]]:
        blocks, questions = self._survey.get("blocks"), self._survey.get("questions")
        if isinstance(blocks, list) and blocks:
            questions = []
            for number, block in enumerate(blocks, 1):
                if not isinstance(block, dict) or not isinstance(block.get("elements"), list):
                    raise Unreadable(BLOCK_SHAPE, number=number)
                source_name = str(block.get("name") or block.get("id") or number)
                self._name_logic(block, source_name)
                questions += block["elements"]
        if not isinstance(questions, list):
            raise Unreadable(NOT_A_SURVEY)
        for number, question in enumerate(questions, 1):
            if not isinstance(question, dict) or not isinstance(question.get("type"), str):
                raise Unreadable(QUESTION_SHAPE, number=number)
        return questions

    def read_question(self, question: dict[str, Any], number: int) -> None:
        draft, kind = self._draft, question["type"]
        source_name = question.get("id")
        if not isinstance(source_name, str) or not source_name.strip():
            raise Unreadable(NO_IDENTIFIER, number=number)
        scale = question.get("range")
        if kind == "openText" and question.get("inputType", "text") == "text":
            form: dict[str, Any] = {"kind": "free_text"}
        elif kind == "rating" and isinstance(scale, int) and not isinstance(scale, bool):
            form = {"kind": "scale", "low": 1, "high": scale}
        elif kind == "nps":
            form = {"kind": "scale", "low": 0, "high": 10}
        elif kind in _CHOICES:
            form = {"kind": _CHOICES[kind]}
        else:
            unknown_kind = f"openText/{question.get('inputType')}" if kind == "openText" else kind
            return draft.leave_out(source_name, reasons.UNKNOWN_KIND, kind=unknown_kind)
        text = self._translations(question.get("headline"), source_name)
        if text is None:
            return draft.leave_out(source_name, reasons.NO_TEXT)
        short = form["kind"] == "free_text" and question.get("longAnswer") is False
        if short and asks_who((text.fr, text.en)):
            return draft.leave_out(source_name, reasons.ASKS_WHO)
        if form["kind"] == "scale":
            form["low_label"] = self._translations(question.get("lowerLabel"), source_name)
            form["high_label"] = self._translations(question.get("upperLabel"), source_name)
        if kind in _CHOICES:
            labelled = list(self._choices(question, source_name))
            options = [each for each in labelled if each[0] != _OTHER]
            if len(options) < 2:
                return draft.leave_out(source_name, reasons.NO_OPTIONS)
            form["options"], _ = draft.options(source_name, options)
            self._other([label for code, label in labelled if code == _OTHER], form, source_name)
        form |= self._name_lost_of(question, source_name)
        draft.add(
            source_name,
            {
                "text": text,
                "help": self._translations(question.get("subheader"), source_name),
                "required": question.get("required") is True,
                **form,
            },
        )
        return None

    def _other(self, labels: list[Words], form: dict[str, Any], source_name: str) -> None:
        if form["kind"] != "ranking":
            form["other"] = bool(labels)
        for label in labels:
            if form["kind"] == "ranking":
                self._draft.leave_out(source_name, reasons.OTHER_IN_RANKING, label=label.fr)
            elif label.fr.lower() not in ("autre", "other"):
                self._draft.leave_out(source_name, reasons.OTHER_LABEL, label=label.fr)

    def _choices(self, question: dict[str, Any], source_name: str) -> Iterator[tuple[str, Words]]:
        """The choices that have a label; choices without id are numbered."""
        choices = question.get("choices")
        for number, choice in enumerate(choices if isinstance(choices, list) else [], 1):
            labelled = choice if isinstance(choice, dict) else {"label": choice}
            code = str(labelled.get("id") or number)
            label = self._translations(labelled.get("label"), source_name)
            if label is None:
                self._draft.leave_out(source_name, reasons.OPTION_WITHOUT_TEXT, code=code)
                continue
            if any(labelled.get(name) for name in _MEDIA):
                self._draft.leave_out(source_name, reasons.PICTURE)
            if code == _NONE and question["type"] == "multipleChoiceMulti":
                self._draft.leave_out(source_name, reasons.EXCLUSIVE, option=label.fr)
            yield code, label

    def _translations(self, texts_by_locale: Any, source_name: str) -> Words | None:
        """French, which is shown to everybody, or else the survey's own language."""
        if isinstance(texts_by_locale, str):
            texts_by_locale = {"default": texts_by_locale}
        if not isinstance(texts_by_locale, dict):
            return None
        texts: dict[str, str] = {}
        for locale, markup in sorted(
            texts_by_locale.items(), key=lambda each: each[0] == "default"
        ):
            if isinstance(markup, str) and markup.strip():
                language = self._main if locale == "default" else language_of(locale)
                texts.setdefault(language, markup)
        first = next((each for each in ("fr", self._main, *texts) if each in texts), "")
        french = self._plain(texts[first], source_name) if first else ""
        if not french:
            return None
        english = self._plain(texts["en"], source_name) if "en" in texts else None
        if first != "fr":
            whose = source_name if "fr" in _languages(self._survey) else self._place
            self._draft.leave_out(whose, reasons.NO_FRENCH, locale=first)
        return Words(fr=french, en=english if english and english != french else None)

    def _plain(self, markup: str, source_name: str) -> str:
        def fallback(recalled: re.Match[str]) -> str:
            # The editor writes a blank in the fallback as “nbsp”.
            instead = (recalled[2] or "").replace("nbsp", " ").strip() or "…"
            self._draft.leave_out(
                source_name, reasons.RECALL, question=recalled[1], fallback=instead
            )
            return instead

        return self._draft.plain(_RECALL.sub(fallback, markup), source_name)

    def _name_lost_of(self, question: dict[str, Any], source_name: str) -> dict[str, Any]:
        """Report settings that cannot be imported; return the others."""
        draft, carried = self._draft, {}
        self._name_logic(question, source_name)
        if any(question.get(name) for name in _MEDIA):
            draft.leave_out(source_name, reasons.PICTURE)
        if question.get("shuffleOption", "none") not in ("none", None, ""):
            draft.leave_out(source_name, reasons.RANDOM)
        limit = question.get("charLimit")
        if isinstance(limit, dict) and limit.get("enabled"):
            draft.leave_out(source_name, reasons.LENGTH)
        if question.get("scale") in ("smiley", "star"):
            draft.leave_out(source_name, reasons.SHOWN_AS, value=question["scale"])
        for kind, value in _validation(question):
            if kind == "maxSelections" and question["type"] == "multipleChoiceMulti" and value:
                carried["at_most"] = value
            elif kind == "minSelections":
                draft.leave_out(source_name, reasons.AT_LEAST, value=value)
            elif kind in ("minLength", "maxLength"):
                draft.leave_out(source_name, reasons.LENGTH)
            else:
                draft.leave_out(source_name, reasons.VALIDATION, value=kind)
        return carried

    def _name_logic(self, item: dict[str, Any], source_name: str) -> None:
        if item.get("logicFallback"):
            self._draft.leave_out(source_name, reasons.JUMP)
        rules = item.get("logic")
        for rule in rules if isinstance(rules, list) else [rules] if rules else []:
            actions = rule.get("actions") if isinstance(rule, dict) else None
            if not isinstance(actions, list) or not actions:
                self._draft.leave_out(source_name, reasons.JUMP)
                continue
            for action in actions:
                self._name_action(action if isinstance(action, dict) else {}, source_name)

    def _name_action(self, action: dict[str, Any], source_name: str) -> None:
        objective = action.get("objective", "jumpToQuestion")
        if objective in _JUMPS:
            self._draft.leave_out(source_name, reasons.JUMP)
        elif objective == "calculate":
            self._draft.leave_out(source_name, reasons.CALCULATION)
        elif objective == "requireAnswer":
            target = action.get("target", "?")
            self._draft.leave_out(source_name, reasons.REQUIRED_BY_LOGIC, target=target)
        else:
            self._draft.leave_out(source_name, reasons.LOGIC, kind=objective)

    def name_lost(self) -> None:
        """Report parts of the whole survey that a questionnaire does not have."""
        survey, lose = self._survey, self._draft.leave_out
        if _enabled(survey.get("welcomeCard")):
            lose(self._place, reasons.WELCOME)
        endings = survey.get("endings")
        if (isinstance(endings, list) and endings) or _enabled(survey.get("thankYouCard")):
            lose(self._place, reasons.ENDING)
        if survey.get("redirectUrl"):
            lose(self._place, reasons.END_ADDRESS)
        hidden = survey.get("hiddenFields")
        if isinstance(hidden, dict) and hidden.get("fieldIds"):
            lose(self._place, reasons.HIDDEN_FIELDS, names=_names(hidden["fieldIds"]))
        if survey.get("variables"):
            lose(self._place, reasons.VARIABLES, names=_names(survey["variables"]))
        lists: tuple[tuple[str, Text], ...] = (
            ("followUps", reasons.FOLLOW_UPS),
            ("quotas", reasons.QUOTA),
            ("customHeadScripts", reasons.SCRIPT),
        )
        for name, reason in lists:
            if survey.get(name):
                lose(self._place, reason)
        other_languages = sorted(_languages(survey) - {"fr", "en", self._main})
        if other_languages:
            lose(self._place, reasons.LANGUAGES, languages=", ".join(other_languages))


def _main_language(survey: dict[str, Any]) -> str:
    """The language of the texts called "default"; French unless declared."""
    declared = survey.get("defaultLanguage")
    if isinstance(declared, dict):
        declared = declared.get("code")
    languages = survey.get("languages")
    for each in languages if isinstance(languages, list) else []:
        if not declared and isinstance(each, dict) and each.get("default") is True:
            declared = _code(each)
    return language_of(declared) if isinstance(declared, str) and declared else "fr"


def _languages(survey: dict[str, Any]) -> set[str]:
    languages = survey.get("languages")
    codes = (_code(each) for each in (languages if isinstance(languages, list) else []))
    return {language_of(code) for code in codes if code and code != "default"}


def _code(language: Any) -> str:
    """The code in `{"code": …}` or `{"language": {"code": …}}`."""
    inner = language.get("language", language) if isinstance(language, dict) else language
    code = inner.get("code") if isinstance(inner, dict) else inner
    return code if isinstance(code, str) else ""


def _validation(question: dict[str, Any]) -> Iterator[tuple[str, int | None]]:
    validation = question.get("validation")
    rules = validation.get("rules") if isinstance(validation, dict) else None
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict):
            parameters = rule.get("params")
            values = list(parameters.values()) if isinstance(parameters, dict) else []
            numbers = [value for value in values if type(value) is int and 0 < value <= 1_000]
            yield str(rule.get("type")), numbers[0] if numbers else None


def _enabled(card: Any) -> bool:
    return isinstance(card, dict) and card.get("enabled") is not False


def _names(entries: Any) -> str:
    items = entries if isinstance(entries, list) else []
    return ", ".join(
        str(item.get("name") or item.get("id")) if isinstance(item, dict) else str(item)
        for item in items[:50]
    )
