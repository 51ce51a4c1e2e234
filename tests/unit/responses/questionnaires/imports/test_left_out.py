"""What an imported file says and our questionnaires do not have is named, never lost in silence."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.contracts.http.questionnaires import Condition, MultipleChoice
from services.contracts.http.responses import ImportedQuestionnaire
from services.responses.questionnaires.imports import FileUnreadable, Format, read
from services.responses.questionnaires.imports.markup import plain
from tests.unit.responses.questionnaires.imports.test_imports import question, rows, survey, words

CASES = Path(__file__).parents[4] / "cases"


def case(path: str) -> ImportedQuestionnaire:
    kind: Format = "formbricks" if path.endswith(".json") else "limesurvey"
    return read(kind, (CASES / path).read_bytes())


def named(found: ImportedQuestionnaire) -> dict[str, str]:
    """Remarks in English by place, and none that a French reader would get in English."""
    remarks: dict[str, str] = {}
    for each in found.not_imported:
        assert each.reason.fr != each.reason.en
        remarks[each.place] = f"{remarks.get(each.place, '')} {each.reason.en}".strip()
    return remarks


def taken(found: ImportedQuestionnaire) -> dict[str, Any]:
    assert found.questionnaire
    return {each.id: each for each in found.questionnaire.questions}


def test_questions_carry_the_condition_of_their_group() -> None:
    found = case("18-lss-condition-on-a-group/group-relevance.lss")
    questions = taken(found)
    for name in ("q2", "q3"):
        assert questions[name].only_if == Condition(question="q1", any_of=["a1"])
    assert "Random" in named(found)["gid 2"]


def test_questions_carry_the_condition_of_the_old_table() -> None:
    found = case("18-lss-condition-on-a-group/old-conditions-table.lss")
    assert taken(found)["q2"].only_if == Condition(question="q1", any_of=["a1"])
    assert named(found) == {}


def test_each_setting_of_a_question_is_carried_or_named() -> None:
    found = case("19-lss-attributes/attributes.lss")
    questions, remarks = taken(found), named(found)
    assert list(questions) == ["q1", "q4"]
    assert isinstance(questions["q1"], MultipleChoice)
    assert questions["q1"].at_most == 3
    assert "“SQ009, Aucun de ces sujets” excluded the other options" in remarks["Q1"]
    assert "order is not taken over" in remarks["Q1"]
    assert "hidden" in remarks["Q2"]
    assert "participation is anonymous" in remarks["Q3"]
    assert "not limited to numbers" in remarks["Q4"]
    assert "12 options at most; this has 14" in remarks["Q5"]


def test_scripts_and_styles_are_no_text_and_scripts_are_named() -> None:
    found = case("20-lss-script-and-style-in-text/script.lss")
    asked = taken(found)["q1"]
    assert asked.text.fr == "Qu'avez-vous pensé du guichet ?"
    assert asked.help.fr == "Quelques lignes suffisent."
    assert "A script is left out" in named(found)["Q1"]


@pytest.mark.parametrize(
    "pasted",
    [
        "&lt;!--[if gte mso 9]&gt;&lt;xml&gt;&lt;w:View&gt;Normal&lt;/w:View&gt;&lt;/xml&gt;"
        "&lt;![endif]--&gt;Texte",
        "&lt;script&gt;alert(1)&lt;/script&gt;Texte",
        "&lt;style&gt;p { color: red }&lt;/style&gt;<p>Texte</p>",
    ],
)
def test_markup_that_was_pasted_as_text_reaches_no_citizen(pasted: str) -> None:
    assert plain(pasted).text == "Texte"
    assert plain("si âge &lt; 18 ans, ou &lt;b").text == "si âge < 18 ans, ou <b"


def test_comments_of_a_word_processor_vanish_and_a_typed_sign_stays() -> None:
    questions = taken(case("21-lss-word-comments/word.lss"))
    assert questions["q1"].text.fr == "Comment s'est passé votre rendez-vous ?"
    assert questions["q2"].text.fr == "Prix < 10 € ou > 10 € ?"
    labels = [option.label.fr for option in questions["q2"].options]
    assert labels == ["moins de 10 € (<10)", "10 € et plus (>=10)"]


def test_an_expression_is_not_shown_and_is_named() -> None:
    found = case("22-lss-expressions-in-text/expressions.lss")
    for asked in taken(found).values():
        assert not set("{}") & set(asked.text.fr)
        assert "FIRSTNAME" not in asked.text.fr
    remarks = named(found)
    assert "holds an expression “{TOKEN:FIRSTNAME}”" in remarks["Q1"]
    assert "{Q1.shown}" in remarks["Q2"]
    assert "{INSERTANS:1X1X11}" in remarks["Q3"]


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("answer-without-code", "line 117: a row of the table “answers” has no “code”"),
        ("group-without-gid", "line 10: a row of the table “groups” has no “gid”"),
        ("order-is-a-superscript", "line 10: “²” is not a number"),
        ("question-without-qid", "line 21: a row of the table “questions” has no “qid” (title Q1"),
        ("subquestion-without-title", "line 91: a row of the table “subquestions” has no “title”"),
    ],
)
def test_a_broken_row_is_refused_with_its_line(file: str, place: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        case(f"23-lss-broken-and-duplicate/{file}.lss")
    assert place in refused.value.message("en")
    assert "ligne" in refused.value.message("fr")


def test_two_questions_of_one_code_are_both_there_under_two_names() -> None:
    found = case("23-lss-broken-and-duplicate/same-code-twice.lss")
    questions = taken(found)
    assert list(questions) == ["q1", "q1_2"]
    assert [option.id for option in questions["q1_2"].options] == ["sq001", "sq001_2"]
    assert "called “q1_2”" in named(found)["Q1"]


def test_a_control_character_is_left_out_and_its_line_named() -> None:
    found = case("24-lss-control-character/vertical-tab.lss")
    assert taken(found)["q1"].text.fr == "Racontez votre démarche"
    assert named(found) == {"l. 43": "The control character U+000B was removed."}


def test_conditions_are_taken_where_they_mean_the_same_and_named_elsewhere() -> None:
    found = case("25-lss-conditions-of-every-kind/conditions.lss")
    questions, remarks = taken(found), named(found)
    first = Condition(question="q1", any_of=["a1"])
    assert questions["c1"].only_if == Condition(question="q2", any_of=["sq001"])
    assert questions["c4"].only_if == questions["c6"].only_if == questions["c12"].only_if == first
    assert questions["c5"].only_if == Condition(question="q1", any_of=["a1", "a2"])
    for number in (2, 3, 7, 9, 10, 11):
        assert questions[f"c{number}"].only_if is None
        assert "not its condition" in remarks[f"C{number}"]
    assert "c8" not in questions
    assert "never met" in remarks["C8"]


def test_a_recall_gives_its_fallback_and_is_named() -> None:
    found = case("26-formbricks-recall/recall.json")
    questions = taken(found)
    assert questions["avis"].text.fr == "Que pensez-vous de votre ville ?"
    assert questions["avis"].help.fr == "Bonjour vous"
    assert questions["riche"].text.fr == "En détail,\nracontez"
    assert "recall of the answer to “ville”" in named(found)["avis"]
    assert "script" in named(found)["riche"]


def test_other_and_none_are_named_in_the_reader_s_language() -> None:
    found = case("27-formbricks-other-and-none/choices.json")
    remarks = named(found)
    assert "at least two options, “other” aside" in remarks["seul_et_autre"]
    assert "“Aucune de ces réponses” excluded the other options" in remarks["aucun"]
    assert "12 options at most; this has 13" in remarks["treize"]
    assert taken(found)["aucun"].other is True
    (french,) = [each.reason.fr for each in found.not_imported if each.place == "seul_et_autre"]
    assert french == "Il faut au moins deux choix, sans compter « autre »."


@pytest.mark.parametrize("file", ["list-of-surveys", "locales-without-default", "locales-fr-FR"])
def test_the_survey_s_own_language_is_its_main_text(file: str) -> None:
    found = case(f"28-formbricks-v3-locales/{file}.json")
    first, second = taken(found).values()
    texts = {first.text.fr, first.text.en}
    assert "What should we improve?" in texts
    assert [option.label.fr for option in second.options] == ["Bus", "Car"]
    assert any("no text in French" in remark for remark in named(found).values())


# Siblings of the cases -------------------------------------------------------------------------


def asking(relevance: str, **more: Any) -> ImportedQuestionnaire:
    """A single choice Q1, a multiple choice Q2, and Q3 under the condition."""
    return read(
        "limesurvey",
        survey(
            rows("groups", {"gid": 1, "group_order": 1, "grelevance": more.pop("group", "1")}),
            rows(
                "questions",
                question(11, "L", "Q1", other=more.pop("other", "N"), sid=5),
                question(12, "M", "Q2", sid=5),
                question(13, more.pop("kind", "T"), "Q3", relevance=relevance, **more),
            ),
            rows("question_l10ns", *(each for n in (11, 12, 13) for each in words(n, "Texte ?"))),
            rows(
                "subquestions",
                *(
                    {"qid": 120 + n, "parent_qid": 12, "title": f"S{n}", "question": f"Part {n}"}
                    | {"language": "fr"}
                    for n in (1, 2)
                ),
            ),
            rows(
                "answers",
                *(
                    {"qid": 11, "code": code, "answer": code, "language": "fr"}
                    for code in ("A1", "A2")
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("relevance", "options"),
    [
        ("Q1=='A1'", {"a1"}),
        ("'A1' == Q1.NAOK", {"a1"}),
        ("5X1X11.NAOK == 'A1'", {"a1"}),
        ("(Q1.NAOK == 'A1') || (Q1.code eq 'A2')", {"a1", "a2"}),
        ("Q1.NAOK == 'A1' and 1", {"a1"}),
        ("Q1.NAOK == 'A1' or 0", {"a1"}),
        ("!is_empty(Q1)", {"a1", "a2"}),
        ("not is_empty(Q1.NAOK)", {"a1", "a2"}),
        ("(Q1 == 'A1' or Q1 == 'A2') and Q1 == 'A2'", {"a2"}),
        ("Q2_S1.NAOK == 'Y' OR Q2_S2 == 'Y'", {"s1", "s2"}),
        ("5X1X12S2.NAOK == 'Y'", {"s2"}),
    ],
)
def test_an_expression_that_means_a_condition_of_ours_is_taken(
    relevance: str, options: set[str]
) -> None:
    found = asking(relevance)
    condition = taken(found)["q3"].only_if
    assert condition is not None
    assert set(condition.any_of) == options
    assert "Q3" not in named(found)


@pytest.mark.parametrize(
    "relevance",
    [
        "Q1.NAOK != 'A1'",
        "Q1.shown == 'A1'",
        "!(Q1 == 'A1')",
        "is_empty(Q1)",
        "Q1 == 'A1' or Q2_S1 == 'Y'",
        "Q2_S1 == 'Y' and Q2_S2 == 'Y'",
        "Q2_S1.NAOK == ''",
        "count(Q2_S1, Q2_S2) >= 1",
        "Q1 > 'A1'",
        "Q3 == 'A1'",
        "regexMatch('/x/', Q1)",
        "Q1 == 'A1' &&",
        "(((Q1 == 'A1')",
        "(" * 200 + "Q1 == 'A1'" + ")" * 200,
        "Q1 == 'A1'" + " or Q1 == 'A1'" * 1_000,
        "Q1 == “A1”",
    ],
)
def test_any_other_expression_is_named_and_its_question_asked_of_all(relevance: str) -> None:
    found = asking(relevance)
    assert taken(found)["q3"].only_if is None
    assert "everybody is asked" in named(found)["Q3"]


@pytest.mark.parametrize("relevance", ["0", "(0)", "!1", "1 == 2", "Q1 == 'A1' and 0", "false"])
def test_a_question_that_is_never_asked_is_left_out(relevance: str) -> None:
    found = asking(relevance)
    assert "q3" not in taken(found)
    assert "never met" in named(found)["Q3"]


def test_a_group_that_is_never_shown_asks_nothing() -> None:
    with_all = asking("1", group="0")
    assert with_all.questionnaire is None
    assert set(named(with_all)) == {"Q1", "Q2", "Q3"}


def test_a_condition_on_an_own_answer_is_named() -> None:
    found = asking("!is_empty(Q1.NAOK)", other="Y")
    assert "everybody is asked" in named(found)["Q3"]


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        ({"preg": "/^[0-9]{4}$/"}, "validation"),
        ({"mandatory": "S"}, "optional"),
        ({"question_theme_name": "image_select-listradio"}, "image_select"),
    ],
)
def test_a_field_of_a_question_that_changes_its_meaning_is_named(
    more: dict[str, str], remark: str
) -> None:
    assert remark in named(asking("1", **more))["Q3"]


def attributed(kind: str, **attributes: str) -> ImportedQuestionnaire:
    parts = ({"qid": 10 + n, "parent_qid": 1, "title": f"S{n}"} for n in range(3))
    return read(
        "limesurvey",
        survey(
            rows("questions", question(1, kind, "Q1"), question(2, "T", "Q2")),
            rows(
                "question_l10ns",
                *words(1, "Texte ?"),
                *words(2, "Texte ?"),
                *(each for n in range(3) for each in words(10 + n, f"Part {n}")),
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
        ("min_answers", "2", "least number of answers (2)"),
        ("max_answers", "Q2.NAOK", "greatest number of answers (Q2.NAOK)"),
        ("max_answers", "²", "greatest number of answers"),
        ("array_filter", "Q0", "filter of options by “Q0”"),
        ("array_filter_exclude", "Q0", "filter of options by “Q0”"),
        ("answer_order", "random", "order is not taken over"),
        ("em_validation_q", "count(self) > 1", "validation"),
        ("maximum_chars", "20", "length"),
        ("time_limit", "60", "time limit"),
        ("other_replace_text", "Précisez", "“Précisez”"),
        ("suffix", "€", "The setting “suffix” (€)"),
        ("of_a_later_version", "1", "The setting “of_a_later_version” (1)"),
    ],
)
def test_a_setting_that_means_something_is_named(name: str, value: str, remark: str) -> None:
    assert remark in named(attributed("M", **{name: value}))["Q1"]


def test_settings_of_looks_and_settings_that_are_off_are_passed_over() -> None:
    off = {"random_order": "0", "hidden": "0", "cssclass": "wide", "statistics_showgraph": "1"}
    assert named(attributed("M", **off)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Votre adresse électronique",
        "Indiquez vos nom et prénom",
        "Your phone number?",
        "Quel est votre numéro de téléphone ?",
    ],
)
def test_a_short_question_that_asks_who_answers_is_left_out(text: str) -> None:
    rows_of = rows("questions", question(1, "S", "Q1"), question(2, "T", "Q2"))
    found = read(
        "limesurvey",
        survey(rows_of, rows("question_l10ns", *words(1, text), *words(2, "Et le courriel ?"))),
    )
    assert list(taken(found)) == ["q2"]
    assert "anonymous" in named(found)["Q1"]


def test_texts_tables_and_languages_of_the_whole_survey_are_named() -> None:
    found = read(
        "limesurvey",
        survey(
            rows("questions", question(1, "T", "Q1")),
            rows(
                "question_l10ns",
                *words(1, "Texte ?"),
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
    remarks = named(found)
    for part in ("welcome page", "last page", "Forwarding", "Titles and introductions", "not: de"):
        assert part in remarks["Enquête"]
    assert "description" not in remarks["Enquête"]
    assert "Quotas" in remarks["quota"]
    assert "Scores" in remarks["assessments"]
    assert "“something_new”" in remarks["something_new"]
    assert "default answer" in remarks["Q1"]


def test_what_a_formbricks_survey_has_beside_questions_is_named() -> None:
    asked = {
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
        "questions": [asked, asked | {"logic": []}],
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
    found = read("formbricks", json.dumps(whole).encode())
    first, second = taken(found).values()
    assert (first.id, second.id, first.at_most) == ("choix", "choix_2", 2)
    remarks = named(found)
    of_survey = ("welcome page", "last page", "source", "score", "Follow-up", "not: de")
    of_question = ("picture", "order", "least number", "Jumps", "Calculations", "“autre”")
    assert all(part in remarks["Enquête"] for part in of_survey)
    assert all(part in remarks["choix"] for part in of_question)
    assert "“somethingNew”" in remarks["choix"]


def test_a_survey_in_a_language_of_its_own_is_taken_and_the_language_named() -> None:
    asked = {"id": "a", "type": "openText", "headline": {"de-DE": "Was?"}}
    found = read("formbricks", json.dumps({"questions": [asked]}).encode())
    assert taken(found)["a"].text.fr == "Was?"
    assert any("the one in “de”" in remark for remark in named(found).values())


def test_an_own_answer_is_named_where_it_has_a_label_or_no_place() -> None:
    choices = [{"id": f"c{n}", "label": f"Choix {n}"} for n in range(3)]
    asked = {"headline": "?", "choices": [*choices, {"id": "other", "label": "Précisez"}]}
    questions = [asked | {"id": kind, "type": kind} for kind in ("multipleChoiceMulti", "ranking")]
    remarks = named(read("formbricks", json.dumps({"questions": questions}).encode()))
    assert "“Précisez”, is not taken over" in remarks["multipleChoiceMulti"]
    assert "a ranking has none" in remarks["ranking"]


def test_two_rows_of_one_number_are_named() -> None:
    found = read(
        "limesurvey",
        survey(
            rows("questions", question(1, "T", "Q1"), question(1, "T", "Q2")),
            rows("question_l10ns", *words(1, "Texte ?")),
        ),
    )
    assert [each for each in named(found).values() if "row qid 1 already" in each]


@pytest.mark.parametrize(
    ("format", "content", "place"),
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
def test_a_file_that_cannot_be_read_is_refused_with_the_place(
    format: Format, content: bytes, place: str
) -> None:
    with pytest.raises(FileUnreadable) as refused:
        read(format, content)
    assert place in refused.value.message("en")
    assert refused.value.status == 422


def test_a_long_file_is_answered_with_as_many_questions_and_remarks_as_anybody_reads() -> None:
    questions = [{"id": f"q{n}", "type": "openText", "headline": "x"} for n in range(3_000)]
    found = read("formbricks", json.dumps({"questions": questions}).encode())
    assert len(taken(found)) == 200
    assert len(found.not_imported) == 1_001
    assert "1800 more remarks" in str(found.not_imported[-1].reason.en)
