"""Leaving: one click, no sign-in; once it is done no message starts."""

import asyncio
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import OKPKey

from deploy.demo.members import forms_of, links_of
from services.contracts.events.campaigns import OrderKind
from services.registry.erasures import use_cases as erasures
from services.registry.imports import use_cases as imports
from services.registry.member_space import use_cases as member_space
from services.registry.messages.links import MemberLinks
from services.runtime.service import Service
from tests.support import registry as people
from tests.support.registry import (
    TODAY,
    Registry,
    csv_file,
    encryptor,
    leave_path,
    line,
    order,
    project,
)
from tests.support.running import free_port, listening
from tests.support.servers import eventually

REQUESTS = Path(__file__).parents[3] / "cases/29-unsubscribe-by-machines/requests.sh"
UNTIL = date(2029, 3, 1)


async def test_looking_at_the_page_changes_nothing_and_its_button_leaves(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    later = order(member, first=TODAY + timedelta(days=5))
    await registry.receive(later)
    page = await browser.get(leave_path(member))
    assert page.status_code == 200
    assert "<button" in page.text
    assert await registry.statuses() == ["active"]

    farewell = await browser.post(leave_path(member))
    assert farewell.status_code == 200
    assert "C'est fait" in farewell.text.replace("&#39;", "'")
    assert await registry.statuses() == ["left"]
    assert await registry.state(later) == "refused not_active"
    rows = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE kind = 'member.state' ORDER BY id"
    )
    assert json.loads(rows[-1]["body"]) == {
        "member_id": str(member),
        "version": 2,
        "status": "left",
    }


async def test_the_one_click_of_mail_programs_leaves_too(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    """RFC 8058: a POST with a fixed body, no page before it."""
    [member] = await registry.enrol("zoe@example.test")
    answer = await browser.post(leave_path(member), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert await registry.statuses() == ["left"]


async def test_machines_that_look_at_the_link_change_nothing_and_find_it_alive(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    url = leave_path(member)
    scanner = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks", "Accept": "*/*"}
    for method, address in (
        ("HEAD", url),
        ("GET", url),
        ("OPTIONS", url),
        *(
            (method, url + glued)
            for method in ("GET", "HEAD")
            for glued in (".", "%3E", ")", ",", "%C2%BB")
        ),
    ):
        answer = await browser.request(method, address, headers=scanner)
        assert answer.status_code in (200, 204), (method, address)
    assert await registry.statuses() == ["active"]


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"json": {"List-Unsubscribe": "One-Click"}},
    ],
    ids=["form", "multipart", "nothing", "json"],
)
async def test_one_click_answers_200_in_any_form_and_when_it_is_repeated(
    registry: Registry, browser: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    for _ in range(3):
        answer = await browser.post(leave_path(member), headers={"Accept": "*/*"}, **sent)
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert await registry.statuses() == ["left"]


@pytest.mark.parametrize(
    ("standing", "ends"),
    [
        ("active", "left"),
        ("paused", "left"),
        ("suspended", "left"),
        ("left", "left"),
        ("expired", "expired"),
        ("erased", "erased"),
    ],
)
async def test_whatever_the_page_offers_in_any_state_is_accepted_when_it_is_followed(
    registry: Registry, browser: httpx.AsyncClient, standing: str, ends: str
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    async with registry.database.transaction() as conn:
        if standing == "left":
            await member_space.withdraw(conn, registry.clock, member)
        elif standing == "erased":
            await erasures.erase_member(conn, registry.clock, member)
        else:
            await conn.execute("UPDATE member SET status = $1", standing)
    url = f"http://registry.test{leave_path(member)}"
    page = await browser.get(url)
    for form in forms_of(page.text, url):
        page = await browser.post(form)
        assert page.status_code == 200, form
    for target in links_of(page.text, url):
        linked_page = await browser.get(target)
        assert linked_page.status_code == 200, target
    assert await registry.statuses() == [ends]


async def test_requests_of_scanners_mail_programs_and_robots_over_a_real_server(
    registry: Registry, service: Service
) -> None:
    """The script of public reports: A to D look, E to G unsubscribe, H is a robot's blind POST."""
    [member] = await registry.enrol("zoe@example.test")
    url = f"http://127.0.0.1:{free_port()}"
    async with listening(service.api, url):
        script = await asyncio.create_subprocess_exec(
            "bash", str(REQUESTS), url + leave_path(member), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await script.communicate()
    replies = {line[0]: line[42:].split() for line in output.decode().splitlines()}
    for letter in "ABCD":
        assert set(replies[letter]) <= {"200", "204"}, output.decode()
    assert replies["E"] == ["200", "redirect="]
    assert replies["F"] == replies["G"] == ["200"]
    assert replies["H"] == ["422"]
    assert await registry.statuses() == ["left"]


async def test_the_link_of_a_merged_identity_leaves_for_the_member_it_became(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    first, second, survivor = await registry.enrol(
        "zoe@example.test", "z.durand@example.test", "zoe.durand@example.test"
    )
    merge = "UPDATE member SET status = 'merged', merged_into = $2 WHERE member_id = $1"
    await registry.database.pool.execute(merge, first, second)
    await registry.database.pool.execute(merge, second, survivor)
    assert 'class="main"' in (await browser.get(leave_path(first))).text
    assert "C&#39;est fait" in (await browser.post(leave_path(first))).text
    status_of = "SELECT status FROM member WHERE member_id = $1"
    assert await registry.database.pool.fetchval(status_of, survivor) == "left"


async def test_leaving_twice_is_leaving_once(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    await browser.post(leave_path(member))
    events = await registry.database.pool.fetchval("SELECT count(*) FROM outbox")
    second_answer = await browser.post(leave_path(member), headers={"Accept-Language": "en"})
    assert second_answer.status_code == 200
    assert "no longer a member of the panel" in second_answer.text
    assert await registry.database.pool.fetchval("SELECT count(*) FROM outbox") == events
    assert 'class="main"' not in (await browser.get(leave_path(member))).text


@pytest.mark.parametrize("wrong", ["expired", "tampered", "cut", "foreign", "other purpose"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_valid_says_so_and_changes_nothing(
    registry: Registry, browser: httpx.AsyncClient, wrong: str, method: str
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    good = leave_path(member)
    foreign = MemberLinks(OKPKey.generate_key("Ed25519"), people.REGISTRY_URL, people.CAMPAIGNS_URL)
    invitation = people.links().invitation(member, uuid4(), UNTIL)
    bad = {
        "expired": good,
        "tampered": good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB"),
        "cut": good[:-20],
        "foreign": leave_path(member, foreign),
        "other purpose": f"/leave/{invitation.rpartition('/')[2]}",
    }[wrong]
    if wrong == "expired":
        registry.clock.advance(timedelta(days=365 * 4))
    answer = await browser.request(method, bad)
    assert answer.status_code == 403
    assert "valable" in answer.text
    assert await registry.statuses() == ["active"]


async def test_a_valid_link_of_nobody_here_is_no_error(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(leave_path(uuid4()))
    assert answer.status_code == 404


async def test_withdrawal_waits_for_the_message_being_sent_and_then_none_starts(
    registry: Registry,
) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    survey, other = project(), project()
    await registry.apply_projects(survey, other)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)

    async def leave() -> member_space.Withdrawal:
        async with registry.database.transaction() as conn:
            return await member_space.withdraw(conn, registry.clock, member)

    async with registry.sending():
        await holding.wait()
        queued = order(member, other, kind=OrderKind.REPORT)
        leaving = asyncio.create_task(leave())

        async def waits() -> bool:
            return bool(
                await registry.database.pool.fetchval(
                    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
                )
            )

        await eventually(waits, "the withdrawal waits")
        # A message that is due while the withdrawal waits must not overtake it.
        await registry.receive(queued)
        assert not leaving.done()
        assert await registry.statuses() == ["active"]
        go_on.set()
        assert (await leaving).was_member
        await registry.becomes(invitation, "sent")
        await registry.becomes(queued, "refused not_active")
    assert len(registry.mail()) == 1


async def test_leaving_and_being_imported_again_gains_nothing(registry: Registry) -> None:
    survey = project()
    await registry.apply_projects(survey)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, survey)
    await registry.receive(invitation)
    async with registry.sending():
        await registry.becomes(invitation, "sent")
    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
    async with registry.database.transaction() as conn:
        report = await imports.import_members(
            conn,
            registry.clock,
            encryptor(),
            csv_file(line("Zoe@example.test")),
            "en",
            accept_valid=True,
        )
    assert report.imported == 0
    assert "has left the panel" in report.errors[0].reason
    lock = await registry.lock(member)
    assert lock is not None
    assert lock["last_day"] == TODAY


async def test_after_leaving_no_address_is_left_to_write_to(registry: Registry) -> None:
    [member] = await registry.enrol("zoe@example.test")
    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
    assert await registry.database.pool.fetchval("SELECT count(*) FROM contact") == 0
    row = await registry.database.pool.fetchrow("SELECT * FROM suppression")
    assert row is not None
    assert row["email_hash"] == encryptor().hash("zoe@example.test")
