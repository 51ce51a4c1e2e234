"""The export of fictitious members resembles an administration's and names no real person."""

import csv
import io
from datetime import date, timedelta

from deploy.demo import people

TODAY = date(2026, 11, 17)


def rows_of(export: people.Export) -> list[list[str]]:
    text = export.content.decode(people.ENCODING)
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_the_same_seed_gives_the_same_file_and_another_seed_another_one() -> None:
    assert people.export(50, 1, TODAY) == people.export(50, 1, TODAY)
    assert people.export(50, 1, TODAY) != people.export(50, 2, TODAY)


def test_it_holds_as_many_people_duplicates_and_slips_as_it_says() -> None:
    export = people.export(300, 1, TODAY, duplicates=20)
    header, *rows = rows_of(export)
    assert header == list(people.HEADER)
    assert len(rows) == export.members + export.duplicates + export.wrong
    mailboxes = [row[0].strip().lower() for row in rows if len(row) == len(header)]
    repeated = [mailbox for mailbox in set(mailboxes) if mailboxes.count(mailbox) > 1]
    assert len(repeated) == 20


def test_everybody_has_an_address_that_cannot_exist() -> None:
    _, *rows = rows_of(people.export(300, 1, TODAY))
    domains = {row[0].lower().rpartition("@")[2] for row in rows if "@" in row[0]}
    assert domains <= set(people.DOMAINS)


def test_most_were_contacted_long_ago_some_recently_and_of_a_few_nobody_knows() -> None:
    header, *rows = rows_of(people.export(2_000, 1, TODAY, duplicates=0))
    column = header.index("Dernier contact")
    contacts = [row[column] for row in rows if len(row) == len(header)]
    unknown = sum(contact == "" for contact in contacts)
    recent_days = {f"{TODAY - timedelta(days=days):%d/%m/%Y}" for days in range(31)}
    recent = sum(contact in recent_days for contact in contacts)
    assert 40 < unknown < 130
    assert 90 < recent < 240
    assert unknown + recent < len(contacts) / 4


def test_accents_survive_an_office_computers_encoding() -> None:
    text = people.export(300, 1, TODAY).content.decode("cp1252")
    assert "Tranche d'âge" in text
    assert "Cœurdray" in text
