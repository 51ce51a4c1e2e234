"""Files as other tools and people in a hurry write them, each with its right result."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.registry.imports.csv.csv_file import CsvFile, FileFacts
from services.registry.imports.csv.persons import Person
from services.registry.imports.csv.reasons import LineRefused
from services.registry.imports.rules import DuplicateColumns, EncodingDoubtful
from services.runtime.clock import FixedClock

CASES = Path(__file__).parents[3] / "cases"
CLOCK = FixedClock(datetime(2026, 11, 30, 11, tzinfo=UTC))


def parse(path: str) -> tuple[dict[int, Person | LineRefused], CsvFile]:
    """The content of each line by its number."""
    with (CASES / path).open("rb") as file:
        csv_file = CsvFile(file)
        lines = {line.first: line.content for line in csv_file.lines(CLOCK)}
        csv_file.close()
    return lines, csv_file


def persons(path: str) -> list[Person]:
    lines, _ = parse(path)
    assert all(isinstance(content, Person) for content in lines.values()), lines
    return [content for content in lines.values() if isinstance(content, Person)]


def person(content: Person | LineRefused) -> Person:
    assert isinstance(content, Person), content
    return content


def codes(content: Person | LineRefused) -> tuple[str, ...]:
    assert isinstance(content, LineRefused), content
    return content.codes


def accounted(facts: FileFacts, lines: int) -> bool:
    return facts.above + facts.blank + lines == facts.physical


@pytest.mark.parametrize(
    ("file", "last", "members"),
    [("next-quote-38-lines-below.csv", 42, 21), ("no-other-quote-600-people.csv", 601, 2)],
)
def test_01_a_stray_quotation_mark_swallows_nobody(file: str, last: int, members: int) -> None:
    lines, csv_file = parse(f"01-unclosed-quote/{file}")
    assert codes(lines.pop(4)) == ("quote_swallows_lines",)
    assert csv_file.facts.swallowed == [(4, last)]
    assert [person(content).name for content in lines.values()] == [
        f"Prénom Nom{number - 1:04}" for number in lines
    ]
    assert len(lines) == members
    assert accounted(csv_file.facts, members + last - 3)


def test_02_surplus_empty_cells_are_nothing_and_a_total_is_refused_by_its_number() -> None:
    assert len(persons("02-trailing-separator/rows-end-with-a-semicolon.csv")) == 5
    lines, csv_file = parse("02-trailing-separator/total-line-and-ctrl-z.csv")
    assert [number for number, content in lines.items() if isinstance(content, LineRefused)] == [7]
    assert (len(lines), csv_file.facts.blank) == (6, 1)


def test_03_missing_cells_at_the_end_are_empty_cells() -> None:
    file = "03-excel-drops-last-empty-column/sixteen-rows-with-and-sixteen-without.csv"
    people = persons(file)
    assert [person.contact_unknown for person in people] == [False] * 16 + [True] * 16
    assert {person.last_contact for person in people[16:]} == {date(2026, 11, 30)}


def test_04_padding_and_quotation_marks_never_become_part_of_a_name() -> None:
    assert [row.name for row in persons("04-padded-cells/blank-before-quote.csv")] == [
        "Prénom Dupont",
        "Prénom Durand",
        "Prénom Le Bihan; épouse Roux",
    ]
    assert {row.address for row in persons("04-padded-cells/fixed-width.csv")} == {
        f"membre000{number}@exemple.fr" for number in (1, 2, 3)
    }


@pytest.mark.parametrize(
    ("file", "excerpt"),
    [
        ("dos-cp850.csv", "B‚r‚ziat"),
        ("excel-for-mac-macroman-cr.csv", "BŽrŽziat"),
        ("utf8-read-as-latin1-and-saved-again.csv", "BÃ©rÃ©ziat"),
    ],
)
def test_05_another_code_page_is_refused_and_shows_names_as_they_were_read(
    file: str, excerpt: str
) -> None:
    with pytest.raises(EncodingDoubtful) as refused:
        parse(f"05-mac-and-dos-encodings/{file}")
    assert excerpt in refused.value.message("fr")


def test_05_unicode_text_without_a_mark_is_read_rightly() -> None:
    file = "05-mac-and-dos-encodings/unicode-text-utf16le-without-mark.csv"
    assert [row.name for row in persons(file)] == ["Élodie Béréziat", "François Noël"]


@pytest.mark.parametrize(
    ("file", "unused"),
    [
        ("crm-adresse-e-mail.csv", ["Civilité"]),
        ("formbricks-contacts.csv", ["userId"]),
        ("limesurvey-participants.csv", ["emailstatus", "token"]),
        ("sep-line-first.csv", []),
        ("title-line-first.csv", []),
    ],
)
def test_06_columns_of_other_tools_are_read_or_named(file: str, unused: list[str]) -> None:
    lines, csv_file = parse(f"06-other-tools-column-names/{file}")
    [content] = lines.values()
    assert person(content).name in ("Anne Kerleau", "Prénom Nom0001")
    assert csv_file.unused_columns == unused
    assert accounted(csv_file.facts, 1)


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("consent-twice.csv", ("Consentement", "Date de consentement")),
        ("courriel-and-e-mail.csv", ("Courriel", "E-mail")),
        ("nom-twice.csv", ("Nom", "Nom")),
    ],
)
def test_07_two_columns_of_one_meaning_are_refused_by_name(
    file: str, columns: tuple[str, str]
) -> None:
    with pytest.raises(DuplicateColumns) as refused:
        parse(f"07-two-columns-of-one-meaning/{file}")
    assert (refused.value.data["first"], refused.value.data["second"]) == columns


def test_08_characters_that_nobody_sees_are_cleaned() -> None:
    assert [row.address for row in persons("08-invisible-characters/addresses.csv")] == [
        f"membre{number}@exemple.fr" for number in range(1, 9)
    ]


def test_09_an_international_domain_is_never_another_domain() -> None:
    assert [row.address for row in persons("09-idn-sharp-s/idn.csv")] == [
        "marie@xn--fu-hia.example",
        "marie@fuss.example",
        "paul@xn----ylba7abgd9bnh0e.example",
        "lea@xn--fu-hia.example",
        "zoe@xn--mairie-orlans-khb.example",
    ]


def test_11_several_addresses_in_a_cell_are_refused_one_by_one() -> None:
    lines, csv_file = parse("11-several-addresses-in-a-cell/cells.csv")
    assert person(lines.pop(9)).address == "o'neil7@exemple.fr"
    assert {number: codes(content) for number, content in lines.items()} == {
        2: ("email_several",),
        3: ("email_several",),
        4: ("email_decorated",),
        5: ("email_decorated",),
        6: ("several_lines",),
        8: ("email_several",),
        10: ("email_local_not_ascii",),
    }
    assert csv_file.facts.swallowed == []


def test_12_a_column_with_the_month_first_is_refused_and_no_date_is_guessed() -> None:
    lines, csv_file = parse("12-excel-dates/consent-dates.csv")
    assert csv_file.facts.month_first == {"consent_on": 10}
    refused = {
        number: content.codes
        for number, content in lines.items()
        if isinstance(content, LineRefused)
    }
    assert refused == {
        4: ("date_short_year",),
        5: ("date_number",),
        7: ("date_short_year",),
        10: ("date_month_first",),
    }
    read_days = {
        content.consent_on
        for number, content in lines.items()
        if isinstance(content, Person) and number != 11
    }
    assert read_days == {date(2026, 1, 15)}


def test_13_a_timestamp_gives_the_members_civil_day() -> None:
    assert [
        row.last_contact for row in persons("13-timestamps-with-zone/last-contact-in-utc.csv")
    ] == [
        date(2026, 11, 1),
        date(2026, 11, 1),
        date(2026, 11, 1),
        date(2026, 10, 31),
    ]


def test_14_people_overseas_never_get_mainland_hours() -> None:
    lines, _ = parse("14-overseas-without-zone/overseas.csv")
    assert codes(lines.pop(9)) == ("zone_unclear",)
    assert [person(content).zone for content in lines.values()] == [
        "Indian/Reunion",
        "Indian/Reunion",
        "America/Guadeloupe",
        "America/Martinique",
        "America/Cayenne",
        "Indian/Mayotte",
        "Pacific/Noumea",
        "America/Miquelon",
    ]


def test_15_codes_that_lost_their_zero_are_one_stratum() -> None:
    people = persons("15-codes-that-lost-their-zero/regions.csv")
    assert [row.attributes["region"] for row in people] == [
        "01", "01", "02", "02", "04", "04", "04", "06", "06", "2a", "2a", "2b", "corse", "94",
        "la-reunion", "corse", "2a",
    ]  # fmt: skip


def test_16_age_bands_spelled_by_hand_fall_together_or_are_refused() -> None:
    lines, csv_file = parse("16-age-bands-spelled-by-hand/ages.csv")
    assert {number for number, content in lines.items() if isinstance(content, LineRefused)} == {
        19,
        20,
    }
    bands = [person(lines[number]).attributes["age_band"] for number in range(2, 19)]
    assert bands == ["65+"] * 10 + ["18-34"] * 7
    counted = {
        code: spellings.total()
        for (of, code), spellings in csv_file.facts.codes.items()
        if of == "age_band"
    }
    assert counted == {"65+": 10, "18-34": 7}
