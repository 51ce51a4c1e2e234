"""A simulated participant finds the private link and composes a valid response."""

import random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.participant_device import PrivateLink, answers_to, private_link
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import DocumentView
from services.responses.submissions.rules_answers import check_answers

LETTER = UUID(int=7)
OPTIONS = [{"id": name, "label": {"fr": name}} for name in ("un", "deux", "trois")]


def question(id: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": kind, "text": {"fr": "Qu'en dites-vous ?"}} | more


EVERYTHING = Questionnaire.model_validate(
    {
        "questions": [
            question("libre", "free_text", required=True),
            question("un_choix", "single_choice", options=OPTIONS, required=True),
            question("choix", "multiple_choice", options=OPTIONS, at_most=2),
            question("note", "scale", low=0, high=10),
            question("ordre", "ranking", options=OPTIONS),
            question("lettre", "document_test", document_id=str(LETTER)),
            question(
                "suite",
                "free_text",
                required=True,
                only_if={"question": "un_choix", "any_of": ["deux"]},
            ),
            question("encore", "free_text", only_if={"question": "choix", "any_of": ["un"]}),
        ]
    }
)


@given(st.integers(), st.text(max_size=40))
def test_what_is_said_is_what_the_questionnaire_takes(seed: int, text: str) -> None:
    letter = DocumentView(
        id=LETTER, title="Lettre", media_type="text/html", size=1, url="/x", text=text
    )
    answers = answers_to(EVERYTHING, [letter], random.Random(seed))
    assert check_answers(EVERYTHING.model_dump(mode="json"), answers).keys() == answers.keys()
    assert answers_to(EVERYTHING, [letter], random.Random(seed)) == answers
    for passage in answers.get("lettre", {}).get("passages", []):
        assert passage["end"] <= len(text)


def test_the_way_to_answer_is_the_link_that_the_page_shows() -> None:
    project = UUID(int=3)
    page = f"""<a href="?lang=fr">Français</a> <a href="/answer/{project}">sans billet</a>
    <a class="main" href="http://h:1/answer/{project}#a.b-c_d">Répondre maintenant</a>"""
    link = private_link(page)
    assert link == PrivateLink(f"http://h:1/answer/{project}", "a.b-c_d")
    assert link.project_id == project


@pytest.mark.parametrize("page", ["", "<a>", '<a href="#answer">', '<a href="/answer/x">'])
def test_a_page_that_shows_no_way_has_none(page: str) -> None:
    assert private_link(page) is None
