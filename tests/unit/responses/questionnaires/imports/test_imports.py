"""Questionnaires of other tools: what is taken over means the same, the rest is named."""

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
from services.responses.questionnaires.imports import FileUnreadable, read


def rows(table: str, *found: dict[str, Any]) -> str:
    cells = "".join(
        "<row>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in row.items()) + "</row>"
        for row in found
    )
    return f"<{table}><rows>{cells}</rows></{table}>"


def survey(*tables: str) -> bytes:
    main = rows("surveys", {"sid": 1, "language": "fr"})
    kind = "<LimeSurveyDocType>Survey</LimeSurveyDocType>"
    return f"<?xml version='1.0'?><document>{kind}{main}{''.join(tables)}</document>".encode()


def question(qid: int, kind: str, code: str, **more: Any) -> dict[str, Any]:
    place = {"qid": qid, "parent_qid": 0, "gid": 1, "question_order": qid}
    return place | {"type": kind, "title": code, "other": "N", "mandatory": "N"} | more


def words(qid: int, fr: str, en: str = "") -> list[dict[str, Any]]:
    said = [{"qid": qid, "question": fr, "help": "", "language": "fr"}]
    return said + ([{"qid": qid, "question": en, "help": "", "language": "en"}] if en else [])


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
        *words(1, "<p>Le&nbsp;ton ?</p>", "The tone?"),
        *words(2, "Pourquoi ?"),
        *words(3, "Lesquels ?"),
        *words(4, "Dans quel ordre ?"),
        *words(5, "De 1 à 5 ?"),
        *words(6, "D'accord ?"),
        *words(7, "Un tableau"),
        *words(8, "Autre"),
        *words(9, "Un seul choix"),
        *words(31, "Un"),
        *words(32, "Deux"),
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
    found = read("limesurvey", NEW)
    assert found.questionnaire
    tone, why, multi, rank, five, yes, odd = found.questionnaire.questions
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
    reasons = {one.place: one.reason.en for one in found.not_imported}
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
    found = read("limesurvey", old)
    assert found.questionnaire
    (tone,) = found.questionnaire.questions
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
    found = read("formbricks", json.dumps(BLOCKS).encode())
    assert found.questionnaire == read("formbricks", json.dumps(flat).encode()).questionnaire
    assert found.questionnaire
    tone, nps, stars, why = found.questionnaire.questions
    assert isinstance(tone, SingleChoice)
    assert (tone.id, tone.other, tone.required) == ("tone_1", True, True)
    assert (tone.text.fr, tone.text.en) == ("Le ton ?", "The tone?")
    assert isinstance(nps, Scale)
    assert (nps.low, nps.high) == (0, 10)
    assert isinstance(stars, Scale)
    assert isinstance(why, FreeText)
    assert {one.place for one in found.not_imported} == {"Bloc 1", "mail", "cta", "empty"}


def test_a_question_that_our_form_refuses_costs_no_other() -> None:
    questions = [
        {"id": "long", "type": "rating", "range": 100, "headline": "Note"},
        {"id": "why", "type": "openText", "headline": "Pourquoi ?"},
    ]
    found = read("formbricks", json.dumps({"questions": questions}).encode())
    assert found.questionnaire
    assert [one.id for one in found.questionnaire.questions] == ["why"]
    assert [one.place for one in found.not_imported] == ["long"]


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
def test_what_is_no_such_file_is_refused_in_words(format: Any, content: bytes) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(format, content)
    assert format in refused.value.message("fr")
