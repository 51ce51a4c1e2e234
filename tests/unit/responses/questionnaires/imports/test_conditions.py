"""LimeSurvey's conditions: translated where they mean the same, reported otherwise."""

import pytest

from tests.support.surveys import asking, remarks_of, taken


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
def test_an_expression_with_the_meaning_of_a_condition_is_translated(
    relevance: str, options: set[str]
) -> None:
    imported = asking(relevance)
    condition = taken(imported)["q3"].only_if
    assert condition is not None
    assert set(condition.any_of) == options
    assert "Q3" not in remarks_of(imported)


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
def test_any_other_expression_is_reported_and_its_question_asked_of_everybody(
    relevance: str,
) -> None:
    imported = asking(relevance)
    assert taken(imported)["q3"].only_if is None
    assert "everybody is asked" in remarks_of(imported)["Q3"]


@pytest.mark.parametrize("relevance", ["0", "(0)", "!1", "1 == 2", "Q1 == 'A1' and 0", "false"])
def test_a_question_that_is_never_asked_is_left_out(relevance: str) -> None:
    imported = asking(relevance)
    assert "q3" not in taken(imported)
    assert "never met" in remarks_of(imported)["Q3"]


def test_a_group_that_is_never_shown_asks_nothing() -> None:
    with_all = asking("1", group="0")
    assert with_all.questionnaire is None
    assert set(remarks_of(with_all)) == {"Q1", "Q2", "Q3"}


def test_a_condition_on_an_own_answer_is_reported() -> None:
    imported = asking("!is_empty(Q1.NAOK)", other="Y")
    assert "everybody is asked" in remarks_of(imported)["Q3"]
