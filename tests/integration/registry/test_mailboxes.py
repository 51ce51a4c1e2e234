"""One mailbox is solicited once a month and left once, however its address is spelled."""

from datetime import timedelta
from uuid import UUID

import pytest
from asyncpg import UniqueViolationError

from services.contracts.events.registry import MemberState
from services.contracts.http.registry import ImportReport
from services.registry import use_cases
from services.registry.imports import import_members
from services.registry.mailboxes import fold_all
from services.registry.vault import Contact
from tests.support.registry import LONG_AGO, TODAY, Registry, line, order, project, sheet, vault

PLAIN, TAGGED = "prenom.nom@gmail.com", "prenomnom+panel@googlemail.com"


async def run(registry: Registry, *lines: str, accept_valid: bool = True) -> ImportReport:
    async with registry.database.transaction() as conn:
        return await import_members(
            conn, registry.clock, vault(), sheet(*lines), "en", accept_valid=accept_valid
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
        await use_cases.leave(conn, registry.clock, member)
    report = await run(registry, line(TAGGED))
    assert report.imported == 0
    assert "has left the panel" in report.errors[0].reason


async def test_a_newer_consent_brings_a_person_back_under_the_same_contact_lock(
    registry: Registry,
) -> None:
    [member] = await registry.enrol(PLAIN, last_contact=TODAY.isoformat())
    async with registry.database.transaction() as conn:
        await use_cases.leave(conn, registry.clock, member)
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
        await use_cases.erase(conn, registry.clock, member)
    for spelling in (PLAIN, TAGGED):
        report = await run(registry, line(spelling))
        assert report.imported == 0
        assert "erased their data" in report.errors[0].reason


async def test_the_mailbox_hash_is_what_holds_one_member_per_mailbox(registry: Registry) -> None:
    await registry.enrol(PLAIN)
    [other] = await registry.enrol("ana@example.test")
    same = "UPDATE contact SET mailbox_hash = $1 WHERE member_id = $2"
    with pytest.raises(UniqueViolationError, match="contact_one_member_per_mailbox"):
        await registry.database.pool.execute(same, vault().mailbox_hash(TAGGED), other)
    await registry.database.pool.execute(
        "ALTER TABLE contact DROP CONSTRAINT contact_one_member_per_mailbox"
    )
    await registry.database.pool.execute(same, vault().mailbox_hash(TAGGED), other)


async def two_members_from_before(registry: Registry) -> list[UUID]:
    """Two spellings of one mailbox, imported before mailboxes were folded."""
    [first] = await registry.enrol(PLAIN)
    [second] = await registry.enrol("ana@example.test")
    box = vault().seal(second, Contact(TAGGED, "Zoé Durand"))
    await registry.database.pool.execute(
        "UPDATE contact SET key_id = $2, sealed = $3, email_hash = $4 WHERE member_id = $1",
        second,
        box.key_id,
        box.ciphertext,
        vault().hash(TAGGED),
    )
    await registry.database.pool.execute("UPDATE contact SET mailbox_hash = NULL")
    return [first, second]


async def fold(registry: Registry) -> None:
    async with registry.database.transaction() as conn:
        await fold_all(conn, registry.clock, vault())


async def test_two_members_of_one_mailbox_share_the_contact_lock_before_anybody_merges_them(
    registry: Registry,
) -> None:
    about = project()
    await registry.hold(about)
    first, second = await two_members_from_before(registry)
    await fold(registry)
    await fold(registry)
    one, other = order(first, about), order(second, about)
    await registry.receive(one)
    async with registry.sending():
        await registry.becomes(one, "sent")
        await registry.receive(other)
        await registry.becomes(other, "refused too_soon")
    assert len(registry.mail()) == 1
    assert await registry.lock(first) == await registry.lock(second)


async def test_members_of_one_mailbox_keep_the_later_of_their_last_solicitations(
    registry: Registry,
) -> None:
    about = project()
    await registry.hold(about)
    first, second = await two_members_from_before(registry)
    solicited = order(second, about)
    await registry.receive(solicited)
    async with registry.sending():
        await registry.becomes(solicited, "sent")
    await fold(registry)
    lock = await registry.lock(first)
    assert lock is not None
    assert lock["last_day"] == TODAY
    bodies = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(first)
    )
    told = MemberState.model_validate_json(bodies[-1]["body"])
    assert (told.version, told.not_before) == (2, TODAY + timedelta(days=31))


async def test_an_import_folds_the_addresses_that_were_not_before_it_judges(
    registry: Registry,
) -> None:
    await registry.enrol(TAGGED)
    await registry.database.pool.execute("UPDATE contact SET mailbox_hash = NULL")
    report = await run(registry, line(PLAIN))
    assert (report.imported, report.duplicates) == (0, 1)
