"""An import keeps all or nothing, seals what identifies, and tells everybody what is coded."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from asyncpg import UniqueViolationError
from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events.registry import MemberState
from services.contracts.http.registry import ImportReport
from services.registry.imports import use_cases as imports
from services.registry.members import store as members_store
from services.runtime.crypto.encryption import Encrypted
from services.runtime.text import Language
from tests.support.registry import (
    LONG_AGO,
    TODAY,
    Registry,
    csv_file,
    encryptor,
    line,
    order,
    project,
)

CASES = Path(__file__).parents[3] / "cases"


async def run(
    registry: Registry,
    *lines: str,
    language: Language = "en",
    dry_run: bool = False,
    accept_valid: bool = False,
) -> ImportReport:
    async with registry.database.transaction() as conn:
        return await imports.import_members(
            conn,
            registry.clock,
            encryptor(),
            csv_file(*lines),
            language,
            dry_run=dry_run,
            accept_valid=accept_valid,
        )


async def count(registry: Registry, table: str) -> int:
    return int(await registry.database.pool.fetchval(f"SELECT count(*) FROM {table}"))


async def test_nothing_is_kept_of_a_file_with_a_bad_line(registry: Registry) -> None:
    lines = [line("a@example.test"), line("not an address"), line("b@example.test", proof="")]
    report = await run(registry, *lines, language="fr")
    assert (report.lines, report.valid, report.imported, report.kept) == (3, 1, 0, False)
    assert [(error.line, error.reason) for error in report.errors] == [
        (3, "L'adresse électronique n'est pas valable."),
        (4, "La référence de la preuve du consentement manque."),
    ]
    for table in ("member", "contact", "contact_lock", "outbox"):
        assert await count(registry, table) == 0


async def test_the_valid_lines_are_kept_when_asked_for(registry: Registry) -> None:
    report = await run(registry, line("a@example.test"), line("not an address"), accept_valid=True)
    assert (report.imported, report.kept, len(report.errors)) == (1, True, 1)
    assert await count(registry, "member") == 1


async def test_a_dry_run_reports_and_keeps_nothing(registry: Registry) -> None:
    report = await run(registry, line("a@example.test"), dry_run=True, accept_valid=True)
    assert (report.valid, report.imported, report.kept, report.dry_run) == (1, 0, False, True)
    assert await count(registry, "member") == 0
    second_report = await run(registry, line("a@example.test"))
    assert second_report.imported == 1


async def test_one_address_is_one_member_however_it_is_written(registry: Registry) -> None:
    twice = await run(
        registry, line("zoe@example.test"), line(" ZOE@Example.test "), accept_valid=True
    )
    assert (twice.imported, twice.duplicates) == (1, 1)
    assert twice.errors[0].line == 3
    second_report = await run(registry, line("Zoe@example.test"), accept_valid=True)
    assert (second_report.imported, second_report.duplicates) == (0, 1)
    assert second_report.errors[0].reason == "This address is already a member's."


async def test_the_address_hash_is_what_holds_one_member_per_address(registry: Registry) -> None:
    await registry.enrol("zoe@example.test")
    other = "UPDATE contact SET email_hash = $1 WHERE email_hash = $2"
    await registry.enrol("ana@example.test")
    hashes = encryptor().hash("zoe@example.test"), encryptor().hash("ana@example.test")
    with pytest.raises(UniqueViolationError, match="contact_one_member_per_address"):
        await registry.database.pool.execute(other, *hashes)
    await registry.database.pool.execute(
        "ALTER TABLE contact DROP CONSTRAINT contact_one_member_per_address"
    )
    assert await registry.database.pool.execute(other, *hashes) == "UPDATE 1"


async def test_nothing_that_identifies_is_readable_in_the_database(registry: Registry) -> None:
    await registry.enrol("zoe@example.test")
    for table in ("member", "contact", "outbox"):
        for row in await registry.database.pool.fetch(f"SELECT t::text FROM {table} t"):
            content = row[0].lower()
            assert "zoe@" not in content
            assert "durand" not in content
    row = await registry.database.pool.fetchrow("SELECT * FROM contact")
    assert row is not None
    assert row["email_hash"] == encryptor().hash("zoe@example.test")


async def test_everybody_learns_of_a_member_coded_and_with_the_first_free_day(
    registry: Registry,
) -> None:
    [contacted, unknown] = await registry.enrol("a@example.test", "b@example.test", last_contact="")
    [earlier] = await registry.enrol("c@example.test", zone="Indian/Reunion")
    rows = await registry.database.pool.fetch("SELECT * FROM outbox ORDER BY id")
    assert {row["topic"] for row in rows} == {"registry.members.v1"}
    events = {row["key"]: MemberState.model_validate_json(row["body"]) for row in rows}
    assert set(events) == {str(contacted), str(unknown), str(earlier)}
    assert events[str(contacted)] == MemberState(
        member_id=contacted,
        version=1,
        status="active",
        zone="Europe/Paris",
        attributes={"age_band": "35-49", "region": "59", "digital": "sometimes"},
        not_before=TODAY + timedelta(days=31),
        ends_on=date(2029, 3, 1),
    )
    assert events[str(earlier)].not_before == LONG_AGO + timedelta(days=31)
    assert events[str(earlier)].zone == "Indian/Reunion"
    for row in rows:
        event = MemberState.model_validate_json(row["body"])
        assert json.loads(row["body"]) == json.loads(event.body())
        assert (row["version"], row["kind"]) == (event.version, "member.state")


async def test_a_zone_that_the_database_does_not_know_is_refused(registry: Registry) -> None:
    report = await run(registry, line("a@example.test", zone="Mars/Olympus"), accept_valid=True)
    assert report.imported == 0
    assert "time zone" in report.errors[0].reason


async def run_case(registry: Registry, path: str, **how: bool) -> ImportReport:
    async with registry.database.transaction() as conn:
        with (CASES / path).open("rb") as file:
            return await imports.import_members(
                conn, registry.clock, encryptor(), file, "en", **how
            )


@pytest.mark.parametrize(
    "path", ["01-unclosed-quote/next-quote-38-lines-below.csv", "12-excel-dates/consent-dates.csv"]
)
async def test_a_file_whose_lines_or_dates_nobody_can_tell_is_refused_whole(
    registry: Registry, path: str
) -> None:
    report = await run_case(registry, path, accept_valid=True)
    assert (report.imported, report.kept, len(report.refused_whole)) == (0, False, 1)
    assert "nothing is kept" in report.refused_whole[0]
    refused = sum(error.last_line - error.line + 1 for error in report.errors)
    assert report.valid + refused == report.lines
    assert await count(registry, "member") == 0


async def test_10_spellings_of_one_mailbox_are_reported_before_anything_is_kept(
    registry: Registry,
) -> None:
    path = "10-one-mailbox-many-spellings/gmail.csv"
    report = await run_case(registry, path, dry_run=True)
    assert [error.line for error in report.errors] == [3, 4, 5, 7]
    assert (await run_case(registry, path, accept_valid=True)).imported == 2
    addresses = [
        encryptor().decrypt(row["member_id"], Encrypted(row["key_id"], row["sealed"])).address
        for row in await registry.database.pool.fetch("SELECT * FROM contact")
    ]
    assert sorted(addresses) == ["prenom.nom+ville@outlook.com", "prenom.nom@gmail.com"]


async def test_a_file_that_blocks_everybody_for_a_month_says_so_before_it_is_kept(
    registry: Registry,
) -> None:
    path = "06-other-tools-column-names/crm-adresse-e-mail.csv"
    dry_run = await run_case(registry, path, dry_run=True)
    unconfirmed = await run_case(registry, path, accept_valid=True)
    for report in (dry_run, unconfirmed):
        assert not report.kept
        assert report.to_confirm is not None
        assert "none can be solicited before 25 December 2026" in report.to_confirm
        assert report.without_last_contact == report.valid == 1
    assert await count(registry, "member") == 0
    confirmed = await run_case(registry, path, accept_month=True)
    assert confirmed.imported == 1
    assert await registry.database.pool.fetchval("SELECT last_day FROM contact_lock") == TODAY


async def test_a_file_in_which_some_contacts_are_known_is_kept_and_counts_the_others(
    registry: Registry,
) -> None:
    report = await run(registry, line("a@example.test", last_contact=""), line("b@example.test"))
    assert (report.kept, report.without_last_contact, report.to_confirm) == (True, 1, None)
    assert any("without a date of last contact: 1." in notice for notice in report.notices)


async def test_09_a_message_leaves_for_the_domain_that_was_imported_and_no_other(
    registry: Registry,
) -> None:
    survey = project()
    await registry.apply_projects(survey)
    report = await run_case(registry, "09-idn-sharp-s/idn.csv", accept_valid=True)
    assert report.imported == 5
    rows = await registry.database.pool.fetch("SELECT member_id FROM contact")
    orders = [order(row["member_id"], survey) for row in rows]
    await registry.receive(*orders)
    async with registry.sending():
        for each in orders:
            await registry.becomes(each, "sent")
    assert {entry["recipient"] for entry in registry.mail()} == {
        "marie@xn--fu-hia.example",
        "marie@fuss.example",
        "paul@xn----ylba7abgd9bnh0e.example",
        "lea@xn--fu-hia.example",
        "zoe@xn--mairie-orlans-khb.example",
    }


async def test_the_report_shows_codes_spellings_names_and_unused_columns(
    registry: Registry,
) -> None:
    report = await run_case(registry, "15-codes-that-lost-their-zero/regions.csv", dry_run=True)
    regions = {code.code: code for code in report.codes if code.attribute == "region"}
    assert (regions["01"].lines, regions["01"].spellings) == (2, ["01", "1"])
    assert (regions["2a"].label, regions["2a"].lines) == ("Corse-du-Sud", 3)
    assert report.names == ["Prénom Nom0001", "Prénom Nom0002", "Prénom Nom0003"]
    crm = await run_case(
        registry, "06-other-tools-column-names/crm-adresse-e-mail.csv", dry_run=True
    )
    assert crm.unused_columns == ["Civilité"]


async def test_membership_ends_after_three_years_and_silence_never_renews_it(
    registry: Registry,
) -> None:
    [member] = await registry.enrol("zoe@example.test", accepted="01/03/2026")
    end = date(2029, 3, 1)
    registry.clock.advance(end - TODAY - timedelta(days=1))

    async def expire() -> int:
        async with registry.database.transaction() as conn:
            return await members_store.update_expired_members(conn, registry.clock.now())

    assert await expire() == 0
    registry.clock.advance(timedelta(days=1))
    assert await expire() == 1
    assert await expire() == 0
    rows = await registry.database.pool.fetch("SELECT body FROM outbox ORDER BY id")
    assert json.loads(rows[-1]["body"]) == {
        "member_id": str(member),
        "version": 2,
        "status": "expired",
    }


async def test_a_thousand_lines_of_anything_never_break_an_import(registry: Registry) -> None:
    # A quotation mark may join lines, and a file with joined lines is refused whole.
    cells = st.text(max_size=12).map(lambda s: s.replace(";", "").replace('"', ""))
    lines: list[str] = []

    @given(st.lists(st.lists(cells, min_size=12, max_size=12).map(";".join), max_size=30))
    def collect(texts: list[str]) -> None:
        lines.extend(text.replace("\n", " ").replace("\r", " ") for text in texts)

    collect()
    registered = await run(registry, line("a@example.test"), *lines[:1000], accept_valid=True)
    assert registered.imported >= 1
