"""Erasure: nothing is left that identifies the member, and nothing is gained by it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from services.contracts.events.campaigns import ErasureApplied
from services.contracts.http.common import Role
from services.contracts.http.registry import ImportReport
from services.registry.erasures import use_cases as erasures
from services.registry.imports import use_cases as imports
from services.registry.member_space import use_cases as member_space
from services.registry.members.rules import MemberUnknown
from services.runtime.http.staff_tokens import Staff
from services.runtime.service import Service
from tests.support import registry as people
from tests.support.registry import (
    LONG_AGO,
    TODAY,
    Registry,
    csv_file,
    encryptor,
    leave_path,
    line,
    order,
    project,
)

pytestmark = pytest.mark.servers

ADDRESS = "zoe.durand@example.test"


async def erase(registry: Registry, member_id: UUID) -> bool:
    async with registry.database.transaction() as conn:
        return await erasures.erase_member(conn, registry.clock, member_id)


async def everything(registry: Registry) -> str:
    """All rows of all tables, as text."""
    pool = registry.database.pool
    names = await pool.fetch(
        "SELECT format('%I', table_name) AS name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    parts = []
    for (name,) in names:
        parts += [str(dict(row)) for row in await pool.fetch(f"SELECT * FROM {name}")]
    return "\n".join(parts)


async def locks(registry: Registry) -> int:
    return int(await registry.database.pool.fetchval("SELECT count(*) FROM contact_lock"))


async def test_nothing_is_left_that_says_who_somebody_was(registry: Registry) -> None:
    (zoe,) = await registry.enrol(ADDRESS, proof="F-4711", region="Réunion")
    dump_before = await everything(registry)
    for trace in ("F-4711", "reunion"):
        assert trace in dump_before
    assert await erase(registry, zoe)
    row = await registry.database.pool.fetchrow("SELECT * FROM member")
    assert {name for name, value in row.items() if value not in (None, {})} == {
        "member_id",
        "status",
        "version",
    }
    # An older state stays on the bus until compaction replaces it by the newer one.
    await registry.database.pool.execute("DELETE FROM outbox WHERE version = 1")
    dump_after = await everything(registry)
    for trace in ("F-4711", "reunion", "Europe/Paris", "sealed"):
        assert trace not in dump_after
    assert not await registry.database.pool.fetchval("SELECT count(*) FROM contact")


async def test_others_learn_that_the_member_is_erased_and_nothing_more(registry: Registry) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    await erase(registry, zoe)
    bodies = await registry.database.pool.fetch("SELECT body FROM outbox ORDER BY id")
    assert json.loads(bodies[-1]["body"]) == {
        "member_id": str(zoe),
        "version": 2,
        "status": "erased",
    }


async def test_being_erased_and_joining_again_gains_nothing_for_a_month(
    registry: Registry,
) -> None:
    (zoe,) = await registry.enrol(ADDRESS, last_contact=(TODAY - timedelta(days=5)).isoformat())
    await erase(registry, zoe)
    async with registry.database.transaction() as conn:
        report = await imports.import_members(
            conn, registry.clock, encryptor(), csv_file(line(ADDRESS)), "en"
        )
    assert report.imported == 0
    assert await locks(registry) == 1

    async def forget() -> None:
        async with registry.database.transaction() as conn:
            await erasures.delete_expired_locks(conn, registry.clock)

    registry.clock.advance(timedelta(days=25))
    await forget()
    assert await locks(registry) == 1
    registry.clock.advance(timedelta(days=1))
    await forget()
    assert await locks(registry) == 0


async def imported(registry: Registry, *lines: str) -> ImportReport:
    async with registry.database.transaction() as conn:
        return await imports.import_members(
            conn, registry.clock, encryptor(), csv_file(*lines), "en"
        )


async def forget_locks(registry: Registry) -> None:
    async with registry.database.transaction() as conn:
        await erasures.delete_expired_locks(conn, registry.clock)


@pytest.mark.parametrize("end", ["erasure", "departure"])
@pytest.mark.parametrize("days", [1, 40, 400])
async def test_an_older_consent_never_brings_back_a_person_who_went(
    registry: Registry, end: str, days: int
) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    if end == "erasure":
        await erase(registry, zoe)
    else:
        async with registry.database.transaction() as conn:
            await member_space.withdraw(conn, registry.clock, zoe)
    registry.clock.advance(timedelta(days=days))
    await forget_locks(registry)
    for consent in ("01/03/2026", TODAY.strftime("%d/%m/%Y")):
        report = await imported(registry, line(ADDRESS, accepted=consent, consent=consent))
        assert (report.imported, report.duplicates) == (0, 1)
    assert not await registry.database.pool.fetchval("SELECT count(*) FROM contact")


@pytest.mark.parametrize("days", [1, 40])
async def test_a_newer_consent_brings_a_person_back_under_the_same_contact_lock(
    registry: Registry, days: int
) -> None:
    yesterday = TODAY - timedelta(days=1)
    (zoe,) = await registry.enrol(ADDRESS, last_contact=yesterday.isoformat())
    await erase(registry, zoe)
    registry.clock.advance(timedelta(days=days))
    await forget_locks(registry)
    consent = (TODAY + timedelta(days=1)).strftime("%d/%m/%Y")
    report = await imported(registry, line(ADDRESS, accepted=consent, consent=consent))
    assert report.imported == 1
    lock = await registry.database.pool.fetchrow("SELECT last_day FROM contact_lock")
    assert lock["last_day"] == (yesterday if days < 30 else LONG_AGO)


async def test_the_month_of_an_erased_person_is_that_of_the_place_where_they_lived(
    registry: Registry,
) -> None:
    (zoe,) = await registry.enrol(
        ADDRESS, zone="Pacific/Tahiti", last_contact=(TODAY - timedelta(days=5)).isoformat()
    )
    await erase(registry, zoe)
    registry.clock.at = datetime(2026, 12, 20, 1, tzinfo=UTC)  # the 20th in Paris, the 19th there
    await forget_locks(registry)
    assert await locks(registry) == 1
    registry.clock.advance(timedelta(days=1))
    await forget_locks(registry)
    assert await locks(registry) == 0


async def test_what_waits_for_an_erased_member_is_not_sent(registry: Registry) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    survey = project()
    await registry.apply_projects(survey)
    invitation = order(zoe, survey)
    await registry.receive(invitation)
    await erase(registry, zoe)
    assert await registry.state(invitation) == "refused not_active"


async def test_who_has_left_can_be_forgotten_too_and_only_once(registry: Registry) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, zoe)
    assert await erase(registry, zoe)
    assert not await erase(registry, zoe)
    assert await registry.statuses() == ["erased"]
    with pytest.raises(MemberUnknown):
        await erase(registry, UUID(int=1))


def ticket_of(page: str) -> str:
    (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', page)
    return str(ticket)


async def test_a_member_erases_by_a_confirmed_button_and_by_no_link(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    path = leave_path(zoe)
    early = await browser.get(f"{path}/erasure")
    assert early.headers["location"].partition("?")[0] == path, "members leave first"
    farewell = await browser.post(path)
    assert f'href="{path}/erasure?lang=fr"' in farewell.text
    form_page = await browser.get(f"{path}/erasure?lang=en")
    assert "this is final" in form_page.text
    assert await registry.statuses() == ["left"]
    form = {"ticket": ticket_of(form_page.text), "sure": "yes"}
    confirmation = await browser.post(f"{path}/erasure?lang=en", data=form)
    assert "We no longer know who you are" in confirmation.text
    assert await registry.statuses() == ["erased"]
    assert "<button" not in (await browser.get(path)).text
    repeated = await browser.post(f"{path}/erasure?lang=en", data=form)
    assert repeated.status_code == 200, "sent twice, as by a double click"


async def test_no_blind_post_erases(registry: Registry, browser: httpx.AsyncClient) -> None:
    """Machines know the link to leave, and every address that derives from it."""
    zoe, mia = await registry.enrol(ADDRESS, "mia@example.test")
    path = leave_path(zoe)
    await browser.post(path)
    await browser.post(leave_path(mia))
    ticket = ticket_of((await browser.get(f"{path}/erasure")).text)
    foreign = ticket_of((await browser.get(f"{leave_path(mia)}/erasure")).text)
    leave = path.rpartition("/")[2]
    old = people.links().erasure_ticket(zoe, registry.clock.now() - timedelta(hours=2))
    blind: list[dict[str, str]] = [
        {},
        {"List-Unsubscribe": "One-Click"},
        {"sure": "yes"},
        {"ticket": ticket},  # a robot that sends forms as it finds them
        *({"sure": "yes", "ticket": other} for other in (leave, foreign, old, "x", "")),
    ]
    for form in blind:
        refused = await browser.post(f"{path}/erasure", data=form)
        assert refused.status_code == 422, form
        assert await registry.statuses() == ["left", "left"], form
    files = {"sure": (None, "yes"), "ticket": (None, ticket)}
    assert (await browser.post(f"{path}/erasure", files=files)).status_code == 422
    assert await registry.statuses() == ["left", "left"]


async def test_an_erasure_that_is_not_confirmed_is_said_to_those_who_hear_the_page(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    path = leave_path(zoe)
    await browser.post(path)
    first = await browser.get(f"{path}/erasure")
    assert "aria-invalid" not in first.text, "only once something is wrong"
    refused = await browser.post(f"{path}/erasure", data={"ticket": ticket_of(first.text)})
    assert "<title>Erreur" in refused.text
    assert 'role="alert" tabindex="-1" autofocus' in refused.text
    assert '<a href="#sure">' in refused.text
    assert 'aria-invalid="true" aria-describedby="sure-error"' in refused.text
    assert 'id="sure-error"' in refused.text
    # The page that answers can be sent.
    form = {"ticket": ticket_of(refused.text), "sure": "yes"}
    assert (await browser.post(f"{path}/erasure", data=form)).status_code == 200
    assert await registry.statuses() == ["erased"]


async def test_only_who_looks_after_people_erases(
    service: Service, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    roles: frozenset[Role] = frozenset({Role.CAMPAIGNS})

    async def verify(_: Any) -> Staff:
        return Staff("hugo", "Hugo L.", roles)

    monkeypatch.setattr(service.api.state.tokens, "verify", verify)
    transport = httpx.ASGITransport(service.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://registry.test") as client:
        headers = {"Authorization": "Bearer x"}
        path = f"/api/members/{zoe}/erasure"
        assert (await client.post(path)).status_code == 401
        assert (await client.post(path, headers=headers)).status_code == 403
        roles = frozenset({Role.REGISTRY})
        assert (await client.post(path, headers=headers)).json()["erased_now"] is True


async def test_an_erasure_waits_for_campaigns_to_confirm_it_once(registry: Registry) -> None:
    (zoe,) = await registry.enrol(ADDRESS)
    await erase(registry, zoe)
    pool = registry.database.pool
    unconfirmed = "SELECT count(*) FROM erasure WHERE acknowledged_on IS NULL"
    assert await pool.fetchval(unconfirmed) == 1
    for day in (TODAY, TODAY + timedelta(days=3)):
        confirmation = ErasureApplied(member_id=zoe, version=2, applied_on=day)
        async with registry.database.transaction() as conn:
            await erasures.apply_erasures(conn, registry.clock, [confirmation])
    assert await pool.fetchval(unconfirmed) == 0
    assert await pool.fetchval("SELECT acknowledged_on FROM erasure") == TODAY


@pytest.mark.parametrize(
    ("name", "drop", "statement"),
    [
        (
            "member_erased_keeps_nothing",
            "ALTER TABLE member DROP CONSTRAINT member_erased_keeps_nothing",
            "UPDATE member SET status = 'erased' WHERE status = 'active'",
        ),
        (
            "member_erased_is_final",
            "DROP TRIGGER member_erased_is_final ON member",
            "UPDATE member SET version = version + 1 WHERE status = 'erased'",
        ),
        (
            "suppression_is_kept",
            "DROP TRIGGER suppression_is_kept ON suppression",
            "DELETE FROM suppression",
        ),
        (
            "suppression_only_grows",
            "DROP TRIGGER suppression_only_grows ON suppression",
            "UPDATE suppression SET since = since - 1000",
        ),
        (
            "contact_needs_newer_consent",
            "DROP TRIGGER contact_needs_newer_consent ON contact",
            "WITH s AS (SELECT email_hash FROM suppression), m AS ("
            " INSERT INTO member (member_id, person_id, language, zone, accepted_on, ends_on,"
            " consent_on, consent_proof) SELECT gen_random_uuid(), gen_random_uuid(), language,"
            " zone, accepted_on, ends_on, consent_on, 'F' FROM member WHERE status = 'active'"
            " RETURNING member_id)"
            " INSERT INTO contact SELECT member_id, 'k', 'x', email_hash, 'm' FROM m, s",
        ),
        (
            "contact_still_needs_newer_consent",
            "DROP TRIGGER contact_still_needs_newer_consent ON contact",
            "UPDATE contact SET email_hash = (SELECT email_hash FROM suppression)",
        ),
    ],
)
async def test_the_database_holds_it(
    registry: Registry, name: str, drop: str, statement: str
) -> None:
    zoe, _ = await registry.enrol(ADDRESS, "leo@example.test")
    await erase(registry, zoe)
    pool = registry.database.pool
    with pytest.raises(asyncpg.CheckViolationError) as violated:
        await pool.execute(statement)
    assert violated.value.constraint_name == name
    await pool.execute(drop)
    await pool.execute(statement)
