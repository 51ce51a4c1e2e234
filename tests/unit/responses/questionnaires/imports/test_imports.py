"""Imported questionnaires keep their meaning, and everything else is reported."""

import json
from typing import Any

import pytest

from services.contracts.http.questionnaires import (
    FreeText,
    MultipleChoice,
    Ranking,
    Scale,
    SingleChoice,
)
from services.responses.questionnaires.imports import FileUnreadable, import_file
from tests.support.surveys import question, rows, survey, texts

NEW = survey(
    rows("groups", {"gid": 1, "group_order": 1}),
    rows(
        "questions",
        question(2, "T", "why", relevance='((Tone.NAOK == "A2"))'),
        question(1, "L", "Tone", other="Y", mandatory="Y", relevance="1"),
        question(3, "M", "multi"),
        question(4, "R", "rank"),
        question(5, "5", "five"),
        question(6, "Y", "yes"),
        question(7, "F", "array"),
        question(8, "S", "odd", relevance="is_empty(Tone)"),
        question(9, "L", "alone"),
    ),
    rows(
        "question_l10ns",
        *texts(1, "<p>Le&nbsp;ton ?</p>", "The tone?"),
        *texts(2, "Pourquoi ?"),
        *texts(3, "Lesquels ?"),
        *texts(4, "Dans quel ordre ?"),
        *texts(5, "De 1 à 5 ?"),
        *texts(6, "D'accord ?"),
        *texts(7, "Un tableau"),
        *texts(8, "Autre"),
        *texts(9, "Un seul choix"),
        *texts(31, "Un"),
        *texts(32, "Deux"),
    ),
    rows(
        "subquestions",
        {"qid": 31, "parent_qid": 3, "title": "SQ001", "question_order": 1},
        {"qid": 32, "parent_qid": 3, "title": "SQ002", "question_order": 2},
    ),
    rows(
        "answers",
        {"aid": 1, "qid": 1, "code": "A1", "sortorder": 1, "scale_id": 0},
        {"aid": 2, "qid": 1, "code": "A2", "sortorder": 2, "scale_id": 0},
        {"aid": 3, "qid": 4, "code": "R1", "sortorder": 1, "scale_id": 0},
        {"aid": 4, "qid": 4, "code": "R2", "sortorder": 2, "scale_id": 0},
        {"aid": 5, "qid": 9, "code": "X", "sortorder": 1, "scale_id": 0},
    ),
    rows(
        "answer_l10ns",
        *({"aid": n, "answer": f"Choix {n}", "language": "fr"} for n in range(1, 6)),
    ),
)


def test_limesurvey_6_is_read_question_by_question() -> None:
    imported = import_file("limesurvey", NEW)
    assert imported.questionnaire
    tone, why, multi, rank, five, yes, odd = imported.questionnaire.questions
    assert isinstance(tone, SingleChoice)
    assert (tone.id, tone.required, tone.other) == ("tone", True, True)
    assert (tone.text.fr, tone.text.en) == ("Le ton ?", "The tone?")
    assert [option.id for option in tone.options] == ["a1", "a2"]
    assert isinstance(why, FreeText)
    assert why.only_if
    assert (why.only_if.question, why.only_if.any_of) == ("tone", ["a2"])
    assert isinstance(multi, MultipleChoice)
    assert [option.label.fr for option in multi.options] == ["Un", "Deux"]
    assert isinstance(rank, Ranking)
    assert isinstance(five, Scale)
    assert isinstance(yes, SingleChoice)
    assert odd.only_if is None
    reasons = {remark.place: remark.reason.en for remark in imported.not_imported}
    assert set(reasons) == {"array", "odd", "alone"}
    assert "“F”" in str(reasons["array"])
    assert "is_empty(Tone)" in str(reasons["odd"])


def test_limesurvey_2_has_its_texts_beside_the_questions() -> None:
    old = survey(
        rows(
            "questions",
            question(1, "L", "Q1", language="fr", question="Le ton ?"),
            question(1, "L", "Q1", language="en", question="The tone?"),
        ),
        rows(
            "answers",
            *(
                {"qid": 1, "code": code, "answer": f"{code} {language}", "language": language}
                for code in ("a", "b")
                for language in ("fr", "en")
            ),
        ),
    )
    imported = import_file("limesurvey", old)
    assert imported.questionnaire
    (tone,) = imported.questionnaire.questions
    assert isinstance(tone, SingleChoice)
    assert [(o.label.fr, o.label.en) for o in tone.options] == [("a fr", "a en"), ("b fr", "b en")]


BLOCKS = {
    "name": "Enquête",
    "blocks": [
        {
            "name": "Bloc 1",
            "elements": [
                {
                    "id": "Tone-1",
                    "type": "multipleChoiceSingle",
                    "headline": {"default": "The tone?", "fr": "Le ton ?", "en": "The tone?"},
                    "required": True,
                    "choices": [
                        {"id": "c1", "label": {"default": "Aimable"}},
                        {"id": "c2", "label": {"default": "Dur"}},
                        {"id": "other", "label": {"default": "Autre"}},
                    ],
                },
                {"id": "nps", "type": "nps", "headline": "Recommander ?"},
                {"id": "stars", "type": "rating", "range": 5, "headline": {"default": "Note"}},
                {"id": "mail", "type": "openText", "inputType": "email", "headline": "Courriel"},
                {"id": "cta", "type": "cta", "headline": "Merci"},
                {"id": "why", "type": "openText", "headline": {"default": "Pourquoi ?"}},
                {"id": "empty", "type": "openText", "headline": {"default": ""}},
            ],
            "logic": [{"id": "l1"}],
        }
    ],
}


def test_formbricks_blocks_and_questions_are_read_alike() -> None:
    (block,) = BLOCKS["blocks"]
    assert isinstance(block, dict)
    flat = {"data": {"questions": block["elements"]}}
    imported = import_file("formbricks", json.dumps(BLOCKS).encode())
    assert (
        imported.questionnaire == import_file("formbricks", json.dumps(flat).encode()).questionnaire
    )
    assert imported.questionnaire
    tone, nps, stars, why = imported.questionnaire.questions
    assert isinstance(tone, SingleChoice)
    assert (tone.id, tone.other, tone.required) == ("tone_1", True, True)
    assert (tone.text.fr, tone.text.en) == ("Le ton ?", "The tone?")
    assert isinstance(nps, Scale)
    assert (nps.low, nps.high) == (0, 10)
    assert isinstance(stars, Scale)
    assert isinstance(why, FreeText)
    assert {remark.place for remark in imported.not_imported} == {"Bloc 1", "mail", "cta", "empty"}


def test_an_invalid_question_does_not_cost_the_others() -> None:
    questions = [
        {"id": "long", "type": "rating", "range": 100, "headline": "Note"},
        {"id": "why", "type": "openText", "headline": "Pourquoi ?"},
    ]
    imported = import_file("formbricks", json.dumps({"questions": questions}).encode())
    assert imported.questionnaire
    assert [question.id for question in imported.questionnaire.questions] == ["why"]
    assert [remark.place for remark in imported.not_imported] == ["long"]


BILLION_LAUGHS = b"""<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>&b;</document>"""


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("limesurvey", b""),
        ("limesurvey", b"<document/>"),
        ("limesurvey", BILLION_LAUGHS),
        ("limesurvey", b"\xff\xfe<"),
        ("limesurvey", b"<?xml version='1.0' encoding='unknown'?><document/>"),
        ("formbricks", b""),
        ("formbricks", b"[]"),
        ("formbricks", b'{"questions": 1}'),
        ("formbricks", b'{"blocks": [1]}'),
        ("formbricks", b"[" * 100_000),
    ],
)
def test_another_kind_of_file_is_refused_with_a_sentence(format: Any, content: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        import_file(format, content)
    assert format in refused.value.message("fr")
