"""Forms of an administration's export, and the reasons of refused lines."""

import io
from datetime import date

import pytest

from services.registry.imports.csv.columns import COLUMNS
from services.registry.imports.csv.csv_file import CsvFile
from services.registry.imports.csv.persons import Person
from services.registry.imports.csv.reasons import REASONS, LineRefused
from services.registry.imports.rules import ColumnsMissing, FileUnreadable
from services.registry.imports.views import notices
from services.registry.members.addresses import normalised
from services.runtime.clock import FixedClock
from tests.support.registry import HEADER, LONG_AGO, NOON, TODAY, csv_file, line

CLOCK = FixedClock(NOON)


def parse(file: io.BytesIO) -> list[Person | LineRefused]:
    return [line.content for line in CsvFile(file).lines(CLOCK)]


def wrong(**columns: str) -> tuple[str, ...]:
    address = columns.pop("address", "zoe@example.test")
    [content] = parse(csv_file(line(address, **columns)))
    assert isinstance(content, LineRefused)
    return content.codes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_an_export_is_read_in_any_usual_encoding_and_separator(
    encoding: str, separator: str
) -> None:
    text = f"{HEADER}\n{line('zoe@example.test')}\n".replace(";", separator)
    opened = CsvFile(io.BytesIO(text.encode(encoding)))
    assert (opened.encoding, opened.separator) == (encoding, separator)
    [read_line] = list(opened.lines(CLOCK))
    assert read_line.first == read_line.last == 2
    assert read_line.content == Person(
        address="zoe@example.test",
        name="Zoé Durand",
        language="fr",
        zone="Europe/Paris",
        attributes={"age_band": "35-49", "region": "59", "digital": "sometimes"},
        accepted_on=date(2026, 3, 1),
        ends_on=date(2029, 3, 1),
        consent_on=date(2026, 3, 1),
        consent_proof="F-12",
        last_contact=LONG_AGO,
    )


def test_english_headers_in_another_order_are_read() -> None:
    file = csv_file(
        "F-1,2026-03-01,EN,Zoe@Example.test",
        header="Consent proof,Consent date,Language,E-mail",
    )
    [person] = parse(file)
    assert isinstance(person, Person)
    assert (person.address, person.language) == ("zoe@example.test", "en")


def test_without_a_last_contact_a_member_counts_as_contacted_today() -> None:
    [person] = parse(csv_file(line("zoe@example.test", last_contact="")))
    assert isinstance(person, Person)
    assert person.last_contact == TODAY


def test_without_an_acceptance_date_the_charter_was_accepted_with_the_consent() -> None:
    [person] = parse(csv_file(line("zoe@example.test", accepted="", consent="02/03/2026")))
    assert isinstance(person, Person)
    assert person.accepted_on == date(2026, 3, 2)


def test_each_wrong_cell_has_its_reason() -> None:
    assert wrong(address="") == ("email_missing",)
    assert wrong(address="zoe@") == ("email_invalid",)
    assert wrong(consent="") == ("consent_missing",)
    assert wrong(proof="") == ("proof_missing",)
    assert wrong(consent="31/02/2026") == ("date_invalid",)
    assert wrong(consent="25/11/2026") == ("date_in_future",)
    assert wrong(language="deutsch") == ("language_unknown",)
    assert wrong(zone="Mars/Olympus") == ("zone_unknown",)
    assert wrong(digital="un peu") == ("digital_unknown",)
    assert wrong(accepted="24/11/2023") == ("membership_over",)
    assert wrong(address="x", proof="", consent="") == (
        "email_invalid",
        "proof_missing",
        "consent_missing",
    )


def test_every_reason_is_said_in_both_languages() -> None:
    for reason in REASONS.values():
        assert reason.fr != reason.en


def test_a_line_with_too_many_cells_does_not_spoil_the_next() -> None:
    file = csv_file(line("a@example.test") + ";more", "", line("b@example.test"))
    lines = list(CsvFile(file).lines(CLOCK))
    assert [line.first for line in lines] == [2, 4]
    assert isinstance(lines[0].content, LineRefused)
    assert isinstance(lines[1].content, Person)


def test_a_sheet_without_the_needed_columns_says_which() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        CsvFile(io.BytesIO(b"Nom;Courriel\nDurand;zoe@example.test\n"))
    assert len(refused.value.details("fr")) == 2
    with pytest.raises(ColumnsMissing):
        CsvFile(io.BytesIO(b""))


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{line('zoe@example.test')}\n".encode("utf-16")[:-1],
        f"{HEADER}\n".encode("utf-16") + b"\x00\xd8\x41\x00",
        f"{HEADER}\n".encode("utf-8-sig") + b"caf\xe9\n",
    ],
)
def test_a_file_that_is_not_the_text_it_announces_is_refused_whole(content: bytes) -> None:
    with pytest.raises(FileUnreadable):
        CsvFile(io.BytesIO(content))


def test_a_line_that_no_database_could_hold_is_refused() -> None:
    assert wrong(proof="F\0-12") == ("control_character",)


def test_column_names_are_unambiguous() -> None:
    assert COLUMNS["date d adhesion"] == "accepted_on"
    assert COLUMNS["courriel"] == "email"


def test_an_address_has_one_spelling_and_no_second_line() -> None:
    assert normalised("  Zoe.D@Example.TEST ") == "zoe.d@example.test"
    assert normalised("zoe@exämple.test") == "zoe@xn--exmple-cua.test"
    for bad in ["zoe", "@x.test", "a b@x.test", "a@x", "a\r\nBcc: b@x.test@x.test", "a..b@x.test"]:
        assert normalised(bad) is None, bad


PLACES = "Courriel;Date de consentement;Preuve;Code postal;Région;Département;Fuseau horaire"


def living(*, postcode: str = "", region: str = "", department: str = "", zone: str = "") -> str:
    """The zone in which a line's person lives, or the reason why it is refused."""
    text = f"zoe@example.test;01/03/2026;F-1;{postcode};{region};{department};{zone}"
    [content] = parse(csv_file(text, header=PLACES))
    if isinstance(content, LineRefused):
        [reason] = content.codes
        return reason
    return content.zone


def test_a_departement_beside_a_region_tells_the_zone_too() -> None:
    assert living(department="971") == "America/Guadeloupe"
    assert living(region="La Réunion", department="974") == "Indian/Reunion"
    assert living(region="Bretagne", department="35") == "Europe/Paris"
    assert living(region="Bretagne", department="?") == "Europe/Paris"
    assert living(department="?") == "zone_unclear"


def test_places_that_contradict_each_other_and_places_abroad_ask_for_the_zone() -> None:
    assert living(region="Île-de-France", department="972") == "zone_unclear"
    assert living(region="Île-de-France", postcode="97110") == "zone_unclear"
    assert living(region="étranger", postcode="10001") == "zone_unclear"
    assert living(region="étranger", postcode="10001", zone="America/New_York") == (
        "America/New_York"
    )


def test_people_of_whom_nothing_says_where_they_live_are_counted() -> None:
    texts = ["a@example.test;01/03/2026;F-1;;;;", "b@example.test;01/03/2026;F-2;35000;;;"]
    opened = CsvFile(csv_file(*texts, header=PLACES))
    people = [parsed_line.content for parsed_line in opened.lines(CLOCK)]
    assert [person.zone for person in people if isinstance(person, Person)] == ["Europe/Paris"] * 2
    assert opened.facts.placeless == 1
    [notice] = notices(opened, "en")
    assert notice.startswith("Lines without a time zone, postcode, region or département: 1.")


def test_a_written_zone_that_is_not_the_one_of_the_place_is_reported() -> None:
    """Tools write the mainland's zone for everybody: nobody is to get mail at three at night."""
    texts = [
        "a@example.test;01/03/2026;F-1;97110;;;Europe/Paris",
        "b@example.test;01/03/2026;F-2;35000;;;Europe/Brussels",
        "c@example.test;01/03/2026;F-3;;Guadeloupe;;America/Guadeloupe",
    ]
    opened = CsvFile(csv_file(*texts, header=PLACES))
    assert all(isinstance(parsed_line.content, Person) for parsed_line in opened.lines(CLOCK))
    assert opened.facts.elsewhere == 1
    [notice] = notices(opened, "fr")
    assert notice.startswith("Lignes dont le fuseau horaire n'a pas l'heure de leur code postal")


@pytest.mark.parametrize("nothing", ["01/01/1900", "1970-01-01", "1899-12-30", "0001-01-01"])
def test_a_year_that_programs_write_for_no_date_is_no_last_contact(nothing: str) -> None:
    assert wrong(last_contact=nothing) == ("date_too_old",)


def test_joiners_that_spell_a_domain_are_part_of_it() -> None:
    """IDNA 2003 drops them, and the message reaches another registered domain."""
    joined, apart = "zoe@نامه\u200cای.example", "zoe@نامهای.example"
    [person, other] = parse(csv_file(line(joined), line(apart)))
    assert isinstance(person, Person)
    assert isinstance(other, Person)
    assert person.address == "zoe@xn--mgba3gch31f060k.example"
    assert other.address == "zoe@xn--mgba3gch31f.example"
    [person] = parse(csv_file(line("zo\u200de@exa\u200cmple.test")))
    assert isinstance(person, Person)
    assert person.address == "zoe@example.test"


@pytest.mark.parametrize("lost", ["Chlo?", "Chlo??", "No+AOs-l", "¿lodie"])
def test_a_name_that_has_lost_its_accents_is_refused(lost: str) -> None:
    [content] = parse(csv_file(line("zoe@example.test").replace("Zoé", lost)))
    assert isinstance(content, LineRefused)
    assert content.codes == ("garbled",)


def test_a_line_that_is_refused_still_tells_that_the_month_comes_first() -> None:
    """Else the other lines of the column would be kept, with dates that nobody meant."""
    surplus = line("zoe@example.test", consent="12/31/2025") + ";surplus"
    opened = CsvFile(csv_file(line("ana@example.test", consent="03/04/2026"), surplus))
    [_, refused] = [parsed_line.content for parsed_line in opened.lines(CLOCK)]
    assert isinstance(refused, LineRefused)
    assert refused.codes == ("cells",)
    assert opened.facts.month_first == {"consent_on": 3}
