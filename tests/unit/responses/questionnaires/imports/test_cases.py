"""Recorded files of other survey tools are imported, and losses are reported."""

import pytest

from services.contracts.http.questionnaires import Condition, MultipleChoice
from services.responses.questionnaires.imports import FileUnreadable
from services.responses.questionnaires.imports.markup import plain
from tests.support.surveys import case, remarks_of, taken


def test_questions_carry_the_condition_of_their_group() -> None:
    imported = case("18-lss-condition-on-a-group/group-relevance.lss")
    questions = taken(imported)
    for name in ("q2", "q3"):
        assert questions[name].only_if == Condition(question="q1", any_of=["a1"])
    assert "Random" in remarks_of(imported)["gid 2"]


def test_questions_carry_the_condition_of_the_old_table() -> None:
    imported = case("18-lss-condition-on-a-group/old-conditions-table.lss")
    assert taken(imported)["q2"].only_if == Condition(question="q1", any_of=["a1"])
    assert remarks_of(imported) == {}


def test_each_setting_of_a_question_is_imported_or_reported() -> None:
    imported = case("19-lss-attributes/attributes.lss")
    questions, remarks = taken(imported), remarks_of(imported)
    assert list(questions) == ["q1", "q4"]
    assert isinstance(questions["q1"], MultipleChoice)
    assert questions["q1"].at_most == 3
    assert "“SQ009, Aucun de ces sujets” excluded the other options" in remarks["Q1"]
    assert "order is not imported" in remarks["Q1"]
    assert "hidden" in remarks["Q2"]
    assert "responses are anonymous" in remarks["Q3"]
    assert "not limited to numbers" in remarks["Q4"]
    assert "12 options at most; this has 14" in remarks["Q5"]


def test_scripts_and_styles_are_no_text_and_scripts_are_reported() -> None:
    imported = case("20-lss-script-and-style-in-text/script.lss")
    question = taken(imported)["q1"]
    assert question.text.fr == "Qu'avez-vous pensé du guichet ?"
    assert question.help.fr == "Quelques lignes suffisent."
    assert "A script is left out" in remarks_of(imported)["Q1"]


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


def test_an_expression_is_replaced_and_reported() -> None:
    imported = case("22-lss-expressions-in-text/expressions.lss")
    for imported_question in taken(imported).values():
        assert not set("{}") & set(imported_question.text.fr)
        assert "FIRSTNAME" not in imported_question.text.fr
    remarks = remarks_of(imported)
    assert "holds an expression “{TOKEN:FIRSTNAME}”" in remarks["Q1"]
    assert "{Q1.shown}" in remarks["Q2"]
    assert "{INSERTANS:1X1X11}" in remarks["Q3"]


@pytest.mark.parametrize(
    ("file", "position"),
    [
        ("answer-without-code", "line 117: a row of the table “answers” has no “code”"),
        ("group-without-gid", "line 10: a row of the table “groups” has no “gid”"),
        ("order-is-a-superscript", "line 10: “²” is not a number"),
        ("question-without-qid", "line 21: a row of the table “questions” has no “qid” (title Q1"),
        ("subquestion-without-title", "line 91: a row of the table “subquestions” has no “title”"),
    ],
)
def test_a_broken_row_is_refused_with_its_line(file: str, position: str) -> None:
    with pytest.raises(FileUnreadable) as refused:
        case(f"23-lss-broken-and-duplicate/{file}.lss")
    assert position in refused.value.message("en")
    assert "ligne" in refused.value.message("fr")


def test_two_questions_with_one_code_are_both_imported() -> None:
    imported = case("23-lss-broken-and-duplicate/same-code-twice.lss")
    questions = taken(imported)
    assert list(questions) == ["q1", "q1_2"]
    assert [option.id for option in questions["q1_2"].options] == ["sq001", "sq001_2"]
    assert "called “q1_2”" in remarks_of(imported)["Q1"]


def test_a_control_character_is_removed_and_its_line_reported() -> None:
    imported = case("24-lss-control-character/vertical-tab.lss")
    assert taken(imported)["q1"].text.fr == "Racontez votre démarche"
    assert remarks_of(imported) == {"l. 43": "The control character U+000B was removed."}


def test_conditions_are_translated_where_they_mean_the_same_and_reported_elsewhere() -> None:
    imported = case("25-lss-conditions-of-every-kind/conditions.lss")
    questions, remarks = taken(imported), remarks_of(imported)
    first = Condition(question="q1", any_of=["a1"])
    assert questions["c1"].only_if == Condition(question="q2", any_of=["sq001"])
    assert questions["c4"].only_if == questions["c6"].only_if == questions["c12"].only_if == first
    assert questions["c5"].only_if == Condition(question="q1", any_of=["a1", "a2"])
    for number in (2, 3, 7, 9, 10, 11):
        assert questions[f"c{number}"].only_if is None
        assert "not its condition" in remarks[f"C{number}"]
    assert "c8" not in questions
    assert "never met" in remarks["C8"]


def test_a_recall_is_replaced_by_its_fallback_and_reported() -> None:
    imported = case("26-formbricks-recall/recall.json")
    questions = taken(imported)
    assert questions["avis"].text.fr == "Que pensez-vous de votre ville ?"
    assert questions["avis"].help.fr == "Bonjour vous"
    assert questions["riche"].text.fr == "En détail,\nracontez"
    assert "recall of the answer to “ville”" in remarks_of(imported)["avis"]
    assert "script" in remarks_of(imported)["riche"]


def test_other_and_none_are_reported_in_the_reader_s_language() -> None:
    imported = case("27-formbricks-other-and-none/choices.json")
    remarks = remarks_of(imported)
    assert "at least two options, “other” aside" in remarks["seul_et_autre"]
    assert "“Aucune de ces réponses” excluded the other options" in remarks["aucun"]
    assert "12 options at most; this has 13" in remarks["treize"]
    assert taken(imported)["aucun"].other is True
    (french,) = [each.reason.fr for each in imported.not_imported if each.place == "seul_et_autre"]
    assert french == "Il faut au moins deux choix, sans compter « autre »."


@pytest.mark.parametrize("file", ["list-of-surveys", "locales-without-default", "locales-fr-FR"])
def test_the_survey_s_own_language_is_its_main_text(file: str) -> None:
    imported = case(f"28-formbricks-v3-locales/{file}.json")
    first, second = taken(imported).values()
    texts = {first.text.fr, first.text.en}
    assert "What should we improve?" in texts
    assert [option.label.fr for option in second.options] == ["Bus", "Car"]
    assert any("no text in French" in remark for remark in remarks_of(imported).values())
