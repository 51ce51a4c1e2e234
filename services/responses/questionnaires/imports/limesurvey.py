"""Read LimeSurvey's .lss, from version 2 (texts beside questions) to 6 (separate text tables).

| LimeSurvey | here |
|---|---|
| S, T, U (short, long, huge text) | free text |
| L, ! (list) with "other" | single choice |
| Y (yes, no) | single choice |
| M (multiple choice) with "other", `max_answers` | multiple choice, `at_most` |
| 5 (five points) | scale |
| R (ranking) | ranking |
| conditions of a question, its group, or the table `conditions` | condition, see `conditions` |

Everything else is reported: questions of other kinds, hidden ones and those that are never asked
are left out; `limesurvey_settings` reports the settings that a question loses.
"""

import re
from collections import Counter, defaultdict
from typing import Any

from services.contracts.http.questionnaires import Words
from services.responses.questionnaires.imports import limesurvey_settings as settings
from services.responses.questionnaires.imports import lss_tables, reasons
from services.responses.questionnaires.imports.conditions import (
    AnyOf,
    Choice,
    Ticked,
    Untranslatable,
    Variable,
    conjunction,
    evaluate,
)
from services.responses.questionnaires.imports.draft import Draft, asks_who
from services.responses.questionnaires.imports.lss_tables import (
    Row,
    Tables,
    by_language,
    language_of,
)

_Labelled = list[tuple[str, Words]]

_FREE, _SINGLE = frozenset("STU"), frozenset("L!")
_YES_NO = [("Y", Words(fr="Oui", en="Yes")), ("N", Words(fr="Non", en="No"))]
# ExpressionScript: an opening brace that is not followed by a blank.
_EXPRESSION = re.compile(r"\{(?=[^\s{}])[^{}]*\}")
_NESTED_EXPRESSIONS = 5
_FIELD = re.compile(r"[0-9]+X[0-9]+X(\w+)", re.ASCII)


def read_survey(content: bytes, draft: Draft) -> None:
    """Raises Unreadable."""
    tables = lss_tables.read_tables(content)
    for line, character in tables.removed:
        draft.leave_out(f"l. {line}", reasons.CONTROL_CHARACTER, character=character)
    survey = _Survey(tables, draft)
    settings.name_lost_tables(tables, draft)
    settings.name_lost_texts(tables, draft)
    for question in survey.questions:
        _read_question(survey, question, draft)


class _Survey:
    def __init__(self, tables: Tables, draft: Draft) -> None:
        self._draft = draft
        groups = _unique(tables["groups"], "gid", draft)
        orders = {row["gid"]: row.number("group_order") for row in groups}
        self._group_relevance = {row["gid"]: row.get("grelevance") for row in groups}
        self.questions = sorted(
            (row for row in _unique(tables["questions"], "qid", draft) if _is_top(row)),
            key=lambda row: (orders.get(row.get("gid"), 0), row.number("question_order")),
        )
        for row in self.questions:
            row["title"]  # raises Unreadable where it is missing
        self.codes = {row["qid"]: row["title"] for row in self.questions}
        self.settings = settings.by_question(tables)
        self.variables = _Variables(self.questions)
        parts = [row for row in tables["questions"] if not _is_top(row)]
        self._parts: dict[str, list[Row]] = defaultdict(list)
        for row in _unique([*tables["subquestions"], *parts], "qid", draft):
            row["title"]
            self._parts[row["parent_qid"]].append(row)
        self._answers: dict[str, list[Row]] = defaultdict(list)
        for row in _unique_answers(tables["answers"]):
            row["code"]
            self._answers[row["qid"]].append(row)
        self.old_conditions = _old_conditions(tables, self.codes, self._parts)
        main = next((row.get("language") for row in tables["surveys"]), "") or "fr"
        self._main = language_of(main)
        texts = ("questions", "question_l10ns", "subquestions")
        self._texts = by_language((row for table in texts for row in tables[table]), "qid")
        self._answer_texts = by_language(tables["answer_l10ns"], "aid")
        self._old_answer_texts = by_language(tables["answers"], "qid", "code")
        languages = {language for texts in self._texts.values() for language in texts}
        self._has_french = "fr" in languages
        source_name = settings.title(tables)
        if languages and not self._has_french:
            draft.leave_out(source_name, reasons.NO_FRENCH, locale=self._main)
        if other_languages := sorted(languages - {"fr", "en", "", self._main}):
            draft.leave_out(source_name, reasons.LANGUAGES, languages=", ".join(other_languages))

    def translations(self, question: Row, field: str, source_name: str) -> Words | None:
        return self._translations(self._texts.get((question["qid"],), {}), field, source_name)

    def answers(self, question: Row, source_name: str) -> _Labelled:
        labelled: _Labelled = []
        for row in sorted(self._answers[question["qid"]], key=_sort_order):
            texts = self._answer_texts.get((row.get("aid"),)) or self._old_answer_texts.get(
                (row["qid"], row["code"]), {}
            )
            self._label(
                labelled, row["code"], self._translations(texts, "answer", source_name), source_name
            )
            if row.get("assessment_value").strip() not in ("", "0"):
                self._draft.leave_out(source_name, reasons.SCORES)
        return labelled

    def parts(self, question: Row, source_name: str) -> _Labelled:
        labelled: _Labelled = []
        rows = self._parts[question["qid"]]
        for row in sorted(rows, key=lambda row: row.number("question_order")):
            self._label(
                labelled, row["title"], self.translations(row, "question", source_name), source_name
            )
            condition = row.get("relevance").strip()
            if condition not in ("", "1"):
                self._draft.leave_out(
                    source_name, reasons.OPTION_CONDITION, code=row["title"], condition=condition
                )
        return labelled

    def scripts(self, question: Row) -> bool:
        texts = self._texts.get((question["qid"],), {})
        return any(row.get("script").strip() for row in texts.values())

    def conditions(self, question: Row) -> tuple[str, str, str]:
        """The conditions of its group, of the question, and of the table `conditions`.

        An empty one always holds."""
        of_group = self._group_relevance.get(question.get("gid"), "").strip()
        of_question = question.get("relevance").strip()
        old = self.old_conditions.get(question["qid"], "")
        return _unless_always(of_group), _unless_always(of_question), old

    def _label(self, labelled: _Labelled, code: str, label: Words | None, source_name: str) -> None:
        if label is None:
            self._draft.leave_out(source_name, reasons.OPTION_WITHOUT_TEXT, code=code)
        else:
            labelled.append((code, label))

    def _translations(self, texts: dict[str, Row], field: str, source_name: str) -> Words | None:
        """French, which is shown to everybody, or else the survey's main language."""
        plain_texts = {
            language: self._plain(row.get(field), source_name)
            for language, row in texts.items()
            if language in ("fr", "en", self._main, "")
        }
        if not any(plain_texts.values()):
            plain_texts = {
                code: self._plain(row.get(field), source_name) for code, row in texts.items()
            }
        french = plain_texts.get("fr")
        if not french:
            language, french = next(
                (
                    (code, plain_texts[code])
                    for code in (self._main, *plain_texts)
                    if plain_texts.get(code)
                ),
                ("", ""),
            )
            if french and self._has_french:
                self._draft.leave_out(source_name, reasons.NO_FRENCH, locale=language)
        english = plain_texts.get("en")
        return Words(fr=french, en=english or None) if french else None

    def _plain(self, markup: str, source_name: str) -> str:
        text = self._draft.plain(markup, source_name)
        for _ in range(_NESTED_EXPRESSIONS):
            expressions = _EXPRESSION.findall(text)
            if not expressions:
                break
            for expression in dict.fromkeys(expressions):
                self._draft.leave_out(source_name, reasons.EXPRESSION, expression=expression)
            text = _EXPRESSION.sub("…", text)
        return "" if not text.strip("… \n") else text


class _Variables:
    """The variable names of imported choices in expressions; a duplicate code has none."""

    def __init__(self, questions: list[Row]) -> None:
        self.known: dict[str, Variable] = {}
        self._times = Counter(row["title"] for row in questions)

    def add(self, row: Row, choice: Choice) -> None:
        code, number = row["title"], f"{row.get('sid')}X{row.get('gid')}X{row['qid']}"
        names = [number] if self._times[code] > 1 else [number, code]
        for name in names:
            if choice.single:
                self.known[name] = choice
                continue
            between = "_" if name == code else ""
            for part, option in choice.codes.items():
                self.known[f"{name}{between}{part}"] = Ticked(choice.name, option)


def _read_question(survey: _Survey, row: Row, draft: Draft) -> None:
    code, kind = row["title"], row.get("type")
    conditions = survey.conditions(row)
    condition, whole = _condition(survey, *conditions), _together(*conditions)
    if condition is False:
        return draft.leave_out(code, reasons.NEVER_ASKED, condition=whole)
    lost = survey.settings.get(row["qid"], {})
    if settings.is_hidden(lost):
        return draft.leave_out(code, reasons.HIDDEN)
    other = row.get("other") == "Y"
    labelled: _Labelled | None = None
    if kind in _FREE:
        form: dict[str, Any] = {"kind": "free_text"}
    elif kind in _SINGLE:
        form, labelled = {"kind": "single_choice", "other": other}, survey.answers(row, code)
    elif kind == "Y":
        form, labelled = {"kind": "single_choice"}, _YES_NO
    elif kind == "M":
        form, labelled = {"kind": "multiple_choice", "other": other}, survey.parts(row, code)
    elif kind == "R":
        form = {"kind": "ranking"}
        labelled = survey.answers(row, code) or survey.parts(row, code)
    elif kind == "5":
        form = {"kind": "scale", "low": 1, "high": 5}
    else:
        return draft.leave_out(code, reasons.UNKNOWN_KIND, kind=kind)
    text = survey.translations(row, "question", code)
    if text is None:
        return draft.leave_out(code, reasons.NO_TEXT)
    if kind in _FREE and (
        settings.checks_an_address(row, lost) or (kind == "S" and asks_who((text.fr, text.en)))
    ):
        return draft.leave_out(code, reasons.ASKS_WHO)
    by_code: dict[str, str] = {}
    if labelled is not None:
        if len(labelled) < 2:
            return draft.leave_out(code, reasons.NO_OPTIONS)
        form["options"], by_code = draft.options(code, labelled)
    form |= settings.carried(kind, lost)
    if survey.scripts(row):
        draft.leave_out(code, reasons.SCRIPT)
    settings.name_lost(draft, row, lost, dict(labelled or ()))
    if condition is None:
        draft.leave_out(code, reasons.CONDITION, condition=whole)
    name = draft.add(
        code,
        {
            "text": text,
            "help": survey.translations(row, "help", code),
            "required": row.get("mandatory") == "Y",
            "only_if": _our_condition(condition),
            **form,
        },
    )
    draft.conditions[name] = whole
    if form["kind"] in ("single_choice", "multiple_choice"):
        single = form["kind"] == "single_choice"
        complete = not other and len(by_code) == len(labelled or ())
        survey.variables.add(row, Choice(name, by_code, complete, single))
    return None


def _condition(survey: _Survey, of_group: str, of_question: str, old: str) -> bool | AnyOf | None:
    """None: no condition of our questionnaires has the same meaning."""

    def value(expression: str) -> bool | AnyOf:
        return evaluate(expression, survey.variables.known)

    try:
        condition = value(of_question or old)
        # LimeSurvey copies the table into the expression: if they differ, neither is trusted.
        if of_question and old and value(old) != condition:
            return None
        return conjunction(value(of_group), condition)
    except Untranslatable:
        return None


def _our_condition(condition: bool | AnyOf | None) -> dict[str, Any] | None:
    if not isinstance(condition, AnyOf):
        return None
    return {"question": condition.question, "any_of": sorted(condition.options)}


def _together(*conditions: str) -> str:
    distinct = [each for each in dict.fromkeys(conditions) if each]
    return distinct[0] if len(distinct) == 1 else " and ".join(f"({each})" for each in distinct)


def _unless_always(expression: str) -> str:
    return "" if expression == "1" else expression


def _old_conditions(
    tables: Tables, codes: dict[str, str], parts: dict[str, list[Row]]
) -> dict[str, str]:
    """The table `conditions` as expressions: any test of all questions of any scenario."""
    parts_by_id = {part["qid"]: part for rows in parts.values() for part in rows}
    scenarios: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for row in tables["conditions"]:
        question_id = row.get("cqid")
        field = row.get("cfieldname").strip().lstrip("+")
        code = codes.get(question_id) or (
            parts_by_id[question_id].get("title") if question_id in parts_by_id else ""
        )
        at = _FIELD.fullmatch(field)
        suffix = at[1].removeprefix(question_id) if at and at[1].startswith(question_id) else ""
        variable = f"{code}_{suffix}" if code and suffix else code or field or "?"
        method = row.get("method").strip() or "=="
        value = row.get("value").replace('"', "'")
        test = f'{variable}.NAOK {method} "{value}"'
        scenarios[row["qid"]][row.get("scenario")][variable].append(test)
    return {
        qid: _any([" and ".join(map(_any, tests.values())) for tests in each.values()])
        for qid, each in scenarios.items()
    }


def _any(tests: list[str]) -> str:
    return tests[0] if len(tests) == 1 else "(" + " or ".join(tests) + ")"


def _is_top(row: Row) -> bool:
    return row.get("parent_qid", "0").strip() in ("", "0")


def _sort_order(row: Row) -> int:
    return row.number("sortorder")


def _unique(rows: list[Row], key: str, draft: Draft) -> list[Row]:
    """Unique rows: before version 4 a row is repeated for each language; the last counts."""
    unique: dict[str, Row] = {}
    languages: set[tuple[str, str]] = set()
    for row in rows:
        row_key = (row[key], row.get("language"))
        if row_key in languages:
            draft.leave_out(
                f"l. {row.line}", reasons.SAME_ROW, table=row.table, field=key, value=row[key]
            )
        languages.add(row_key)
        unique[row[key]] = row
    return list(unique.values())


def _unique_answers(rows: list[Row]) -> list[Row]:
    """Unique answers: by id, or, before version 4, by rank within a code and language."""
    times: Counter[tuple[str, ...]] = Counter()
    unique: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if aid := row.get("aid").strip():
            unique.setdefault((aid,), row)
            continue
        answer_key = (row["qid"], row.get("code"), row.get("scale_id"))
        times[*answer_key, row.get("language")] += 1
        unique.setdefault((*answer_key, str(times[*answer_key, row.get("language")])), row)
    return list(unique.values())
