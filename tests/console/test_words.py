"""How numbers, days and next steps are said, in both languages."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import words
from console.client.vocabulary import code_in_words
from console.presenters.projects import launch_sentence, needs, next_step, what_comes_next
from deploy.demo.people import _REGIONS
from services.contracts.codes import code_of
from services.contracts.http.campaigns import CampaignSheet
from tests.console.recorded.panel import CARD, LETTER, SCHOOL, TAX, TODAY, Panel, campaign


def test_numbers_have_the_languages_separator() -> None:
    assert words.number(1204, "en") == "1,204"
    assert words.number(1204, "fr") == "1\u202f204"


@pytest.mark.parametrize(
    ("days", "fr", "en"),
    [
        (-1, "hier", "yesterday"),
        (0, "aujourd'hui", "today"),
        (1, "demain", "tomorrow"),
        (7, "mardi 1er décembre", "Tuesday 1 December"),
        (60, "samedi 23 janvier 2027", "Saturday 23 January 2027"),
    ],
)
def test_days_are_said_as_people_say_them(days: int, fr: str, en: str) -> None:
    day = TODAY + timedelta(days=days)
    assert words.day(day, TODAY, "fr") == fr
    assert words.day(day, TODAY, "en") == en


def test_a_window_says_its_month_once() -> None:
    assert (
        words.between(TODAY, date(2026, 11, 25), TODAY, "en")
        == "between Tuesday 24 and Wednesday 25 November"
    )
    assert (
        words.between(date(2026, 11, 30), date(2026, 12, 1), TODAY, "fr")
        == "entre le lundi 30 novembre et le mardi 1er décembre"
    )


@given(st.lists(st.integers(0, 10_000), max_size=60), st.integers(1, 30))
def test_a_sparkline_fits_and_shows_every_hour_that_had_something(
    values: list[int], width: int
) -> None:
    line = words.spark(values, width)
    assert len(line) <= max(width, 0) or len(values) <= width
    if len(values) <= width:
        assert [char == "▁" for char in line] == [value == 0 for value in values]


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 60))
def test_a_bar_never_overflows_and_never_hides_something(value: int, top: int, width: int) -> None:
    drawn = words.bar(value, top, width)
    assert len(drawn) <= width
    assert bool(drawn) == bool(value)


def test_next_steps_are_in_words() -> None:
    assert next_step(TAX, "en").text == "mandate 8/11"
    assert next_step(SCHOOL, "fr").text == "à lancer"
    assert next_step(LETTER, "en").text == "→ 12 Dec"
    assert "what is at stake, the decision maker's name and how" in (
        what_comes_next(TAX, "en", TODAY).text
    )
    assert (
        what_comes_next(LETTER, "en", TODAY, 1204, 40).text == "113 more people wanted. "
        "At this rate the 300 are reached on Friday 27 November. 1,204 people can be asked today."
    )
    unready = SCHOOL.model_copy(update={"collection": "preparing"})
    assert "questionnaire" in what_comes_next(unready, "fr", TODAY).text


def test_what_is_promised_to_someone_comes_first() -> None:
    result = needs([TAX, SCHOOL, LETTER, CARD], TODAY, "en")
    assert [need.project.title for need in result] == [CARD.title, SCHOOL.title, TAX.title]


def test_the_launch_sentence_has_every_number() -> None:
    view = campaign("Vague", SCHOOL.id, 240)
    sheet = CampaignSheet(**view.model_dump(include=set(CampaignSheet.model_fields)))
    preview = Panel().preview(sheet)
    assert launch_sentence(preview, "en", TODAY) == (
        "240 people will be asked between Tuesday 24 and Wednesday 25 November; "
        "761 cannot be: 758 asked less than a month ago, 3 paused."
    )
    assert launch_sentence(preview, "fr", TODAY) == (
        "240 personnes seront sollicitées entre le mardi 24 et le mercredi 25 novembre ; "
        "761 ne peuvent pas l'être : 758 sollicités il y a moins d'un mois, 3 en pause."
    )


@pytest.mark.parametrize(
    ("attribute", "code", "fr", "en"),
    [
        (
            "region",
            "provence-alpes-cote-d-azur",
            "Provence-Alpes-Côte d'Azur",
            "Provence-Alpes-Côte d'Azur",
        ),
        ("region", "bretagne", "Bretagne", "Brittany"),
        ("region", "nord", "Nord", "Nord"),
        ("age_band", "35-49", "35–49", "35–49"),
        ("digital", "never", "jamais en ligne", "never online"),
    ],
)
def test_codes_are_said_as_names(attribute: str, code: str, fr: str, en: str) -> None:
    assert code_in_words(attribute, code, "fr") == fr
    assert code_in_words(attribute, code, "en") == en


def test_every_region_of_the_demonstration_has_its_name() -> None:
    for name in _REGIONS:
        assert code_in_words("region", code_of("region", name) or "", "fr") == name
