"""Validation of answers: no text is truncated or dropped, and refusals can be corrected."""

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.http.questionnaires import Questionnaire
from services.responses.submissions import rules_answers as rules
from services.responses.submissions.rules_answers import (
    AnswersRefused,
    UnknownQuestion,
    check_answers,
    free_text,
)

LABEL = {"fr": "…"}
OPTIONS = [{"id": name, "label": LABEL} for name in ("a", "b", "c")]
CHOOSING = st.lists(st.sampled_from("abc"), unique=True)
TEXT = st.text(st.characters(exclude_categories=[]), max_size=50)

DOCUMENT = "11111111-1111-4111-8111-111111111111"
SHEET = Questionnaire.model_validate(
    {
        "questions": [
            {"id": "one", "kind": "single_choice", "text": LABEL, "options": OPTIONS},
            {
                "id": "many",
                "kind": "multiple_choice",
                "text": LABEL,
                "options": OPTIONS,
                "at_most": 2,
                "other": True,
            },
            {"id": "scale", "kind": "scale", "text": LABEL, "low": 0, "high": 10},
            {"id": "rank", "kind": "ranking", "text": LABEL, "options": OPTIONS},
            {"id": "letter", "kind": "document_test", "text": LABEL, "document_id": DOCUMENT},
            {
                "id": "why",
                "kind": "free_text",
                "text": LABEL,
                "required": True,
                "only_if": {"question": "one", "any_of": ["b", "c"]},
            },
            {"id": "free", "kind": "free_text", "text": LABEL},
        ]
    }
).model_dump(mode="json")

PASSAGES = st.lists(
    st.builds(
        lambda start, length, mark, comment: {
            "start": start,
            "end": start + length,
            "mark": mark,
            "comment": comment,
        },
        st.integers(0, 500),
        st.integers(1, 50),
        st.sampled_from(["clear", "unclear", "missing"]),
        TEXT,
    ),
    max_size=3,
)
SENT = st.fixed_dictionaries(
    {},
    optional={
        "one": st.builds(lambda chosen: {"chosen": chosen[:1]}, CHOOSING),
        "many": st.builds(
            lambda chosen, other: {"chosen": chosen[:1], "other": other}, CHOOSING, TEXT
        ),
        "scale": st.integers(0, 10),
        "rank": CHOOSING,
        "letter": st.builds(lambda p, c: {"passages": p, "comment": c}, PASSAGES, TEXT),
        "free": TEXT,
    },
)


def is_answered(answer: dict[str, Any]) -> bool:
    return answer.get("one", {}).get("chosen") in (["b"], ["c"])


@given(SENT, TEXT)
def test_checked_answers_are_the_submitted_ones(sent: dict[str, Any], why: str) -> None:
    answered = is_answered(sent)
    if answered:
        sent = sent | {"why": "x" + why}
    checked = check_answers(SHEET, sent)
    assert check_answers(SHEET, checked) == checked
    assert list(checked) == [q["id"] for q in SHEET["questions"] if q["id"] in checked]
    for name, answer in checked.items():
        match sent[name]:
            case str() as text:
                assert answer == re.sub("[\\0\ud800-\udfff]", "\ufffd", text.strip())
            case int() | list() as same:
                assert answer == same
            case dict() as parts:
                assert answer.get("chosen", []) == parts.get("chosen", [])
                assert len(answer.get("passages", [])) == len(parts.get("passages", []))
    silent = sent.keys() - checked.keys()
    assert all(not _says_anything(sent[name]) for name in silent)


def _says_anything(answer: Any) -> bool:
    match answer:
        case str():
            return bool(answer.strip())
        case dict():
            return any(_says_anything(part) for part in answer.values())
        case list():
            return bool(answer)
        case _:
            return True


@given(SENT)
def test_a_required_question_is_required_exactly_when_it_is_asked(sent: dict[str, Any]) -> None:
    if is_answered(sent):
        with pytest.raises(AnswersRefused) as refused:
            check_answers(SHEET, sent)
        assert refused.value.details("fr") == ["Question 6 : cette question demande une réponse."]
    else:
        check_answers(SHEET, sent)


@given(
    st.dictionaries(
        st.sampled_from([q["id"] for q in SHEET["questions"]]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["chosen", "other", "passages", "comment", "start"]), inner
                )
            ),
        ),
    )
)
def test_nothing_that_a_device_sends_is_an_unexpected_error(sent: dict[str, Any]) -> None:
    with suppress(AnswersRefused):
        free_text(check_answers(SHEET, sent))


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"one": {"chosen": ["a", "b"]}}, "at most 1"),
        ({"one": {"chosen": ["a"], "other": "x"}}, "does not take an answer of your own"),
        ({"many": {"chosen": ["a", "b"], "other": "x"}}, "at most 2"),
        ({"many": {"chosen": ["a", "a"]}}, "appears twice"),
        ({"scale": 11}, "from 0 to 10"),
        ({"scale": True}, "from 0 to 10"),
        ({"rank": ["a", "z"]}, "does not exist"),
        (
            {"letter": {"passages": [{"start": 3, "end": 3, "mark": "clear"}]}},
            "not in the document",
        ),
        (
            {"letter": {"passages": [{"start": 0, "end": 10**30, "mark": "clear"}]}},
            "not in the document",
        ),
        ({"letter": {"passages": [{"start": 0, "end": 3, "mark": "nice"}]}}, "expected form"),
        ({"why": "because"}, "not asked"),
        ({"free": "é" * 100_001}, "201 kB"),
    ],
)
def test_an_answer_that_does_not_fit_its_question_is_refused_with_a_sentence(
    sent: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AnswersRefused) as refused:
        check_answers(SHEET, sent)
    (line,) = refused.value.details("en")
    assert sentence in line


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(UnknownQuestion):
        check_answers(SHEET, {"nothing": "x"})


def test_all_free_text_can_be_searched() -> None:
    checked = check_answers(
        SHEET,
        {
            "one": {"chosen": ["b"]},
            "why": "parce que",
            "many": {"other": "autre"},
            "letter": {
                "passages": [{"start": 0, "end": 1, "mark": "clear", "comment": "ici"}],
                "comment": "ensemble",
            },
        },
    )
    assert free_text(checked) == "autre\n\nensemble\n\nici\n\nparce que"


def test_a_question_behind_one_that_is_not_asked_is_not_asked() -> None:
    condition = {"question": "one", "any_of": ["a"]}
    assert not rules.is_asked({"only_if": condition}, {})
    assert rules.is_asked({"only_if": condition}, {"one": {"chosen": ["a"], "other": ""}})
