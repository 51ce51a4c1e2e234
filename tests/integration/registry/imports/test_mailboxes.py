"""One mailbox is solicited once a month and left once, however its address is spelled."""

from datetime import timedelta

import pytest
from asyncpg import UniqueViolationError

from services.contracts.events.registry import MemberState
from services.contracts.http.registry import ImportReport
from services.registry.erasures import use_cases as erasures
from services.registry.imports.use_cases import import_members
from services.registry.member_space import use_cases as member_space
from tests.support.registry import LONG_AGO, TODAY, Registry, csv_file, encryptor, line

PLAIN, TAGGED = "prenom.nom@gmail.com", "prenomnom+panel@googlemail.com"


async def run(registry: Registry, *lines: str, accept_valid: bool = True) -> ImportReport:
    async with registry.database.transaction() as conn:
        return await import_members(
            conn, registry.clock, encryptor(), csv_file(*lines), "en", accept_valid=accept_valid
        )


async def test_a_mailbox_that_another_spelling_reaches_looks_like_an_existing_member(
    registry: Registry,
) -> None:
    await registry.enrol(PLAIN)
    report = await run(registry, line(TAGGED), line("prenom.nom+x@outlook.com"))
    assert (report.imported, report.duplicates) == (1, 1)
    assert "looks like an existing member" in report.errors[0].reason


async def test_of_several_spellings_in_one_file_the_first_is_kept(registry: Registry) -> None:
    report = await run(registry, line(TAGGED), line("a@example.test"), line(PLAIN))
    assert [(error.line, error.reason) for error in report.errors] == [
        (4, "This address reaches the same mailbox as another one further up in the file.")
    ]
    assert report.imported == 2


async def test_where_the_provider_tells_spellings_apart_they_are_two_people(
    registry: Registry,
) -> None:
    report = await run(
        registry, line("a.b@example.test"), line("ab@example.test"), line("ab+x@example.test")
    )
    assert report.imported == 3


async def test_a_person_who_left_does_not_come_back_under_another_spelling(
    registry: Registry,
) -> None:
    [member] = await registry.enrol(PLAIN)
    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
    report = await run(registry, line(TAGGED))
    assert report.imported == 0
    assert "has left the panel" in report.errors[0].reason


async def test_a_newer_consent_brings_a_person_back_under_the_same_contact_lock(
    registry: Registry,
) -> None:
    [member] = await registry.enrol(PLAIN, last_contact=TODAY.isoformat())
    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
    registry.clock.advance(timedelta(days=3))
    consent = (TODAY + timedelta(days=2)).isoformat()
    same_day = await run(registry, line(TAGGED, consent=TODAY.isoformat()))
    assert same_day.imported == 0
    report = await run(registry, line(TAGGED, consent=consent, last_contact=LONG_AGO.isoformat()))
    assert report.imported == 1
    assert any("come back" in notice for notice in report.notices)
    bodies = await registry.database.pool.fetch("SELECT body FROM outbox ORDER BY id")
    back = MemberState.model_validate_json(bodies[-1]["body"])
    assert back.not_before == TODAY + timedelta(days=31)


async def test_a_person_who_was_erased_is_not_imported_again_under_an_older_consent(
    registry: Registry,
) -> None:
    [member] = await registry.enrol(PLAIN)
    async with registry.database.transaction() as conn:
        await erasures.erase_member(conn, registry.clock, member)
    for spelling in (PLAIN, TAGGED):
        report = await run(registry, line(spelling))
        assert report.imported == 0
        assert "erased their data" in report.errors[0].reason


async def test_the_mailbox_hash_is_what_holds_one_member_per_mailbox(registry: Registry) -> None:
    await registry.enrol(PLAIN)
    [other] = await registry.enrol("ana@example.test")
    same = "UPDATE contact SET mailbox_hash = $1 WHERE member_id = $2"
    with pytest.raises(UniqueViolationError, match="contact_one_member_per_mailbox"):
        await registry.database.pool.execute(same, encryptor().mailbox_hash(TAGGED), other)
    await registry.database.pool.execute(
        "ALTER TABLE contact DROP CONSTRAINT contact_one_member_per_mailbox"
    )
    await registry.database.pool.execute(same, encryptor().mailbox_hash(TAGGED), other)
