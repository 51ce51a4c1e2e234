"""Every rule of every request model has its sentence in French and English."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel, ValidationError

from services.contracts.http import Command
from services.contracts.http.campaigns import CampaignSheet
from services.contracts.http.feedback import WriteDecision
from services.contracts.http.proposals import WriteProposal
from services.contracts.http.reading import RecordReading
from services.contracts.http.violations import violations
from tests.support.request_models import commands

HUGE = 10**30
EXTREMES: tuple[Any, ...] = (
    None,
    "",
    " ",
    "\0",
    "x" * 1_000_000,
    "😀" * 300_000,
    -1,
    HUGE,
    -HUGE,
    1e308,
    float("nan"),
    float("inf"),
    "99999999",
    date.max,
    date.min,
    "9999-12-31",
    "31/12/9999",
    [],
    ["x"] * 1_000,
    {},
    {"": HUGE},
    {"x": ""},
    True,
)


def broken(model: type[BaseModel], **values: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as refused:
        model(**values)
    return [
        (violation.path, violation.fr, violation.en)
        for violation in violations(refused.value.errors())
    ]


def test_a_long_text_a_big_number_and_a_late_day_are_refused_in_words() -> None:
    assert broken(WriteProposal, title="Un titre", text="x" * 27_900) == [
        (
            "text",
            "20\u202f000 caractères au plus ; il y en a 27\u202f900",
            "20,000 characters at most; there are 27,900",
        )
    ]
    assert broken(
        CampaignSheet, project_id=uuid4(), title="x", wanted=99_999_999, first_day="9999-12-31"
    ) == [
        ("wanted", "au plus 10\u202f000\u202f000", "at most 10,000,000"),
        ("first_day", "au plus tard le 2999-12-31", "2999-12-31 at the latest"),
    ]
    assert broken(WriteDecision, version=0, outcome="retained", reason="") == [
        ("reason", "ne peut pas être vide", "cannot be empty")
    ]
    assert broken(RecordReading, seconds=86_401, mark="no_suggestion") == [
        ("seconds", "au plus 86\u202f400", "at most 86,400")
    ]


def test_quotas_that_do_not_add_up_say_both_numbers() -> None:
    quotas = {"attribute": "age_band", "wanted": {"65+": 2}}
    sheet = {"project_id": uuid4(), "title": "x", "wanted": 3, "quotas": quotas}
    assert broken(CampaignSheet, **sheet) == [
        (
            "",
            "la somme des quotas (2) n'est pas le nombre demandé (3)",
            "the quotas add up to 2, not to the number wanted (3)",
        )
    ]


@pytest.mark.parametrize("model", commands(), ids=lambda model: model.__name__)
def test_every_extreme_of_every_field_is_accepted_or_refused_in_words(
    model: type[Command],
) -> None:
    """Never the general sentence: whoever typed the value learns the rule that it broke."""
    for field in model.model_fields:
        for value in EXTREMES:
            try:
                model.model_validate({field: value})
            except ValidationError as refused:
                for violation in violations(refused.errors()):
                    assert violation.fr != "cette valeur ne convient pas", (field, repr(value)[:40])
                    assert "{" not in violation.fr + violation.en
                    assert len(violation.fr) < 250
