"""LimeSurvey's .lss, of version 2 (texts beside questions) to 6 (texts in tables of their own).

| LimeSurvey | here |
|---|---|
| S, T, U (short, long, huge text) | free text |
| L, ! (list) with "other" | single choice |
| Y (yes, no) | single choice |
| M (multiple choice) with "other" | multiple choice |
| 5 (five points) | scale |
| R (ranking) | ranking |
| relevance `CODE == "A1"`, or several with `or` | condition |

Everything else is left out and named: arrays, numbers, dates, uploads, equations, texts to display,
quotas, random order, and other relevance expressions.
"""

import re
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from services.contracts.http.questionnaires import Words
from services.responses.imports.draft import (
    CONDITION,
    NO_OPTIONS,
    NO_TEXT,
    UNKNOWN_KIND,
    Draft,
    options,
    plain,
)

_Row = dict[str, str]

_FREE, _SINGLE = frozenset("STU"), frozenset("L!")
_YES_NO = [("Y", Words(fr="Oui", en="Yes")), ("N", Words(fr="Non", en="No"))]
_EQUALS = re.compile(
    r"""\(*\s*([A-Za-z]\w*)(?:\.NAOK|\.shown)?\s*==\s*["']([^"']+)["']\s*\)*""", re.ASCII
)


def read(content: bytes, draft: Draft) -> None:
    """Raises ValueError when it is not such a file, or has a document type declaration."""
    try:  # LookupError: an encoding that nobody knows
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise ValueError("not XML that is read here") from error
    if root.findtext("LimeSurveyDocType") != "Survey":
        raise ValueError("not a LimeSurvey survey")
    survey = _Survey(root)
    for question in survey.questions:
        _read_question(survey, question, draft)


class _Survey:
    def __init__(self, root: Element) -> None:
        orders = {row["gid"]: _number(row.get("group_order")) for row in _rows(root, "groups")}
        all_questions = _unique(_rows(root, "questions"), "qid")
        self.questions = sorted(
            (row for row in all_questions if row.get("parent_qid", "0") in ("", "0")),
            key=lambda row: (orders.get(row.get("gid", ""), 0), _number(row.get("question_order"))),
        )
        self._subquestions = sorted(
            _unique(_rows(root, "subquestions"), "qid"),
            key=lambda row: _number(row.get("question_order")),
        )
        self._answers = sorted(
            _unique(_rows(root, "answers"), "qid", "code", "scale_id"),
            key=lambda row: _number(row.get("sortorder")),
        )
        main = root.findtext("surveys/rows/row/language") or "fr"
        self._main = main.partition("-")[0]
        texts = ("questions", "question_l10ns", "subquestions")
        self._texts = _by_language((row for table in texts for row in _rows(root, table)), "qid")
        self._answer_texts = _by_language(_rows(root, "answer_l10ns"), "aid")
        self._old_answer_texts = _by_language(_rows(root, "answers"), "qid", "code")

    def words(self, question: _Row, field: str) -> Words | None:
        return self._words(self._texts.get((question["qid"],), {}), field)

    def answers(self, question: _Row) -> list[tuple[str, Words]]:
        found = []
        for row in self._answers:
            if row.get("qid") == question["qid"]:
                texts = self._answer_texts.get((row.get("aid", ""),)) or self._old_answer_texts.get(
                    (row["qid"], row.get("code", "")), {}
                )
                label = self._words(texts, "answer")
                if label:
                    found.append((row["code"], label))
        return found

    def parts(self, question: _Row) -> list[tuple[str, Words]]:
        found = []
        for row in self._subquestions:
            label = self.words(row, "question")
            if row.get("parent_qid") == question["qid"] and label:
                found.append((row["title"], label))
        return found

    def _words(self, texts: dict[str, _Row], field: str) -> Words | None:
        """French is what everybody gets; a survey without French gives its main language."""
        said = {language: plain(row.get(field)) for language, row in texts.items()}
        french = said.get("fr") or said.get(self._main) or next(iter(said.values()), "")
        return Words(fr=french, en=said.get("en") or None) if french else None


def _read_question(survey: _Survey, row: _Row, draft: Draft) -> None:
    code, kind = row.get("title", row["qid"]), row.get("type", "")
    text = survey.words(row, "question")
    other = row.get("other") == "Y"
    given: list[tuple[str, Words]] | None = None
    if kind in _FREE:
        form: dict[str, Any] = {"kind": "free_text"}
    elif kind in _SINGLE:
        form, given = {"kind": "single_choice", "other": other}, survey.answers(row)
    elif kind == "Y":
        form, given = {"kind": "single_choice"}, _YES_NO
    elif kind == "M":
        form, given = {"kind": "multiple_choice", "other": other}, survey.parts(row)
    elif kind == "R":
        form = {"kind": "ranking"}
        given = survey.answers(row) or survey.parts(row)
    elif kind == "5":
        form = {"kind": "scale", "low": 1, "high": 5}
    else:
        return draft.leave_out(code, UNKNOWN_KIND, kind=kind)
    if text is None:
        return draft.leave_out(code, NO_TEXT)
    if given is not None:
        if len(given) < 2:
            return draft.leave_out(code, NO_OPTIONS)
        form["options"], names = options(given)
        draft.codes[draft.name(code)] = names
    condition = _condition(row, draft)
    draft.questions.append(
        {
            "id": draft.name(code),
            "text": text,
            "help": survey.words(row, "help"),
            "required": row.get("mandatory") in ("Y", "S"),
            "only_if": condition,
            **form,
        }
    )
    return None


def _condition(row: _Row, draft: Draft) -> dict[str, Any] | None:
    relevance = row.get("relevance", "").strip()
    if relevance in ("", "1"):
        return None
    tests = [_EQUALS.fullmatch(part) for part in re.split(r"\s+or\s+|\s*\|\|\s*", relevance)]
    found = [(draft.name(test[1]), test[2]) for test in tests if test]
    asked = {question for question, _ in found}
    if len(found) == len(tests) and len(asked) == 1:
        (question,) = asked
        codes = draft.codes.get(question, {})
        if all(code in codes for _, code in found):
            return {"question": question, "any_of": [codes[code] for _, code in found]}
    draft.leave_out(row.get("title", row["qid"]), CONDITION, condition=relevance)
    return None


def _rows(root: Element, table: str) -> list[_Row]:
    return [
        {cell.tag: cell.text or "" for cell in row} for row in root.iterfind(f"{table}/rows/row")
    ]


def _unique(rows: Iterable[_Row], *key: str) -> list[_Row]:
    """Before version 4 a row is repeated for each language."""
    return list({tuple(row.get(part, "") for part in key): row for row in rows}.values())


def _by_language(rows: Iterable[_Row], *key: str) -> dict[tuple[str, ...], dict[str, _Row]]:
    found: dict[tuple[str, ...], dict[str, _Row]] = {}
    for row in rows:
        if "language" in row:
            place = tuple(row.get(part, "") for part in key)
            found.setdefault(place, {})[row["language"].partition("-")[0]] = row
    return found


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
