"""Settings, texts and questions that cannot be imported are reported, never lost in silence."""

import json

import pytest

from services.contracts.http.responses import ImportedQuestionnaire
from services.responses.questionnaires.imports import FileUnreadable, Format, import_file
from tests.support.surveys import asking, question, remarks_of, rows, survey, taken, texts


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        ({"preg": "/^[0-9]{4}$/"}, "validation"),
        ({"mandatory": "S"}, "optional"),
        ({"question_theme_name": "image_select-listradio"}, "image_select"),
    ],
)
def test_a_field_that_changes_the_meaning_of_a_question_is_reported(
    more: dict[str, str], remark: str
) -> None:
    assert remark in remarks_of(asking("1", **more))["Q3"]


def attributed(kind: str, **attributes: str) -> ImportedQuestionnaire:
    parts = ({"qid": 10 + n, "parent_qid": 1, "title": f"S{n}"} for n in range(3))
    return import_file(
        "limesurvey",
        survey(
            rows("questions", question(1, kind, "Q1"), question(2, "T", "Q2")),
            rows(
                "question_l10ns",
                *texts(1, "Texte ?"),
                *texts(2, "Texte ?"),
                *(each for n in range(3) for each in texts(10 + n, f"Part {n}")),
            ),
            rows("subquestions", *parts),
            rows(
                "question_attributes",
                *({"qid": 1, "attribute": name, "value": v} for name, v in attributes.items()),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("name", "value", "remark"),
    [
        ("min_answers", "2", "minimum number of answers (2)"),
        ("max_answers", "Q2.NAOK", "maximum number of answers (Q2.NAOK)"),
        ("max_answers", "²", "maximum number of answers"),
        ("array_filter", "Q0", "filter of options by “Q0”"),
        ("array_filter_exclude", "Q0", "filter of options by “Q0”"),
        ("answer_order", "random", "order is not imported"),
        ("em_validation_q", "count(self) > 1", "validation"),
        ("maximum_chars", "20", "length"),
        ("time_limit", "60", "time limit"),
        ("other_replace_text", "Précisez", "“Précisez”"),
        ("suffix", "€", "The setting “suffix” (€)"),
        ("of_a_later_version", "1", "The setting “of_a_later_version” (1)"),
    ],
)
def test_a_setting_that_matters_is_reported(name: str, value: str, remark: str) -> None:
    assert remark in remarks_of(attributed("M", **{name: value}))["Q1"]


def test_settings_of_layout_and_disabled_settings_are_passed_over() -> None:
    off = {"random_order": "0", "hidden": "0", "cssclass": "wide", "statistics_showgraph": "1"}
    assert remarks_of(attributed("M", **off)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Votre adresse électronique",
        "Indiquez vos nom et prénom",
        "Your phone number?",
        "Quel est votre numéro de téléphone ?",
    ],
)
def test_a_short_question_about_identity_is_left_out(text: str) -> None:
    rows_of = rows("questions", question(1, "S", "Q1"), question(2, "T", "Q2"))
    imported = import_file(
        "limesurvey",
        survey(rows_of, rows("question_l10ns", *texts(1, text), *texts(2, "Et le courriel ?"))),
    )
    assert list(taken(imported)) == ["q2"]
    assert "anonymous" in remarks_of(imported)["Q1"]


def test_texts_tables_and_languages_of_the_whole_survey_are_reported() -> None:
    imported = import_file(
        "limesurvey",
        survey(
            rows("questions", question(1, "T", "Q1")),
            rows(
                "question_l10ns",
                *texts(1, "Texte ?"),
                {"qid": 1, "question": "Text?", "language": "de"},
            ),
            rows(
                "surveys_languagesettings",
                {
                    "surveyls_title": "Enquête",
                    "surveyls_welcometext": "<p>Bonjour</p>",
                    "surveyls_endtext": "Merci",
                    "surveyls_url": "https://elsewhere.example",
                    "surveyls_description": "<p></p>",
                },
            ),
            rows("quota", {"id": 1}),
            rows("assessments", {"id": 1}),
            rows("defaultvalues", {"qid": 1}),
            rows("something_new", {"id": 1}),
            rows("groups", {"gid": 1, "group_name": "Partie 1"}),
        ),
    )
    remarks = remarks_of(imported)
    for part in ("welcome page", "last page", "Forwarding", "Titles and introductions", "not: de"):
        assert part in remarks["Enquête"]
    assert "description" not in remarks["Enquête"]
    assert "Quotas" in remarks["quota"]
    assert "Scores" in remarks["assessments"]
    assert "“something_new”" in remarks["something_new"]
    assert "default answer" in remarks["Q1"]


def test_parts_of_a_formbricks_survey_beside_its_questions_are_reported() -> None:
    question = {
        "id": "choix",
        "type": "multipleChoiceMulti",
        "headline": {"default": "Lesquels ?"},
        "imageUrl": "https://elsewhere.example/x.png",
        "shuffleOption": "all",
        "choices": [{"id": f"c{n}", "label": {"default": f"Choix {n}"}} for n in range(3)],
        "validation": {
            "rules": [
                {"type": "maxSelections", "params": {"max": 2}},
                {"type": "minSelections", "params": {"min": 1}},
            ]
        },
        "logic": [
            {"actions": [{"objective": "calculate"}, {"objective": "jumpToQuestion"}]},
            {"actions": [{"objective": "requireAnswer", "target": "autre"}]},
            {"actions": [{"objective": "somethingNew"}]},
        ],
        "logicFallback": "fin",
    }
    whole = {
        "name": "Enquête",
        "questions": [question, question | {"logic": []}],
        "welcomeCard": {"enabled": True},
        "endings": [{"type": "redirectToUrl"}],
        "hiddenFields": {"enabled": True, "fieldIds": ["source"]},
        "variables": [{"name": "score"}],
        "followUps": [{}],
        "languages": [
            {"language": {"code": "fr"}, "default": True},
            {"language": {"code": "de"}, "default": False},
        ],
    }
    imported = import_file("formbricks", json.dumps(whole).encode())
    first, second = taken(imported).values()
    assert (first.id, second.id, first.at_most) == ("choix", "choix_2", 2)
    remarks = remarks_of(imported)
    of_survey = ("welcome page", "last page", "source", "score", "Follow-up", "not: de")
    of_question = ("picture", "order", "minimum number", "Jumps", "Calculations", "“autre”")
    assert all(part in remarks["Enquête"] for part in of_survey)
    assert all(part in remarks["choix"] for part in of_question)
    assert "“somethingNew”" in remarks["choix"]


def test_a_survey_in_another_language_is_imported_and_its_language_reported() -> None:
    question = {"id": "a", "type": "openText", "headline": {"de-DE": "Was?"}}
    imported = import_file("formbricks", json.dumps({"questions": [question]}).encode())
    assert taken(imported)["a"].text.fr == "Was?"
    assert any("the one in “de”" in remark for remark in remarks_of(imported).values())


def test_an_own_answer_is_reported_where_it_has_a_label_or_cannot_be_imported() -> None:
    choices = [{"id": f"c{n}", "label": f"Choix {n}"} for n in range(3)]
    question = {"headline": "?", "choices": [*choices, {"id": "other", "label": "Précisez"}]}
    questions = [
        question | {"id": kind, "type": kind} for kind in ("multipleChoiceMulti", "ranking")
    ]
    remarks = remarks_of(import_file("formbricks", json.dumps({"questions": questions}).encode()))
    assert "“Précisez”, is not imported" in remarks["multipleChoiceMulti"]
    assert "a ranking has none" in remarks["ranking"]


def test_two_rows_with_one_number_are_reported() -> None:
    imported = import_file(
        "limesurvey",
        survey(
            rows("questions", question(1, "T", "Q1"), question(1, "T", "Q2")),
            rows("question_l10ns", *texts(1, "Texte ?")),
        ),
    )
    assert [each for each in remarks_of(imported).values() if "row qid 1 already" in each]


@pytest.mark.parametrize(
    ("format", "content", "position"),
    [
        ("limesurvey", b"<document>\n<a></b></document>", "line 2, character 6"),
        ("limesurvey", b"<document>\n<a>&#11;</a></document>", "line 2"),
        ("limesurvey", b"<!DOCTYPE x [<!ENTITY a 'b'>]>\n<document>&a;</document>", "line 1"),
        ("limesurvey", "<document>é".encode("latin-1"), "byte 11"),
        ("limesurvey", survey(rows("questions", {"qid": 1, "type": "T"})), "no “title” (qid 1)"),
        (
            "limesurvey",
            survey(rows("questions", {"qid": 1, "question_order": "1" * 5_000})),
            "line",
        ),
        ("formbricks", b'{"questions": [\n}', "line 2"),
        ("formbricks", b'{"data": [{}, {}]}', "2 surveys"),
        ("formbricks", b'{"questions": [{"type": "nps", "headline": "x"}]}', "question no. 1"),
        ("formbricks", b'{"questions": [{"id": "a", "type": "nps"}, 5]}', "question no. 2"),
        ("formbricks", b'{"blocks": [{"elements": []}, {}]}', "block no. 2"),
    ],
)
def test_an_unreadable_file_is_refused_with_the_position(
    format: Format, content: bytes, position: str
) -> None:
    with pytest.raises(FileUnreadable) as refused:
        import_file(format, content)
    assert position in refused.value.message("en")
    assert refused.value.status == 422


def test_questions_and_remarks_of_a_long_file_are_limited() -> None:
    questions = [{"id": f"q{n}", "type": "openText", "headline": "x"} for n in range(3_000)]
    imported = import_file("formbricks", json.dumps({"questions": questions}).encode())
    assert len(taken(imported)) == 200
    assert len(imported.not_imported) == 1_001
    assert "1800 more remarks" in str(imported.not_imported[-1].reason.en)
