"""Leaving: one click, no login, and once it is done no message starts."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc.jwk import OKPKey

from deploy.demo.members import forms_of, links_of
from services.contracts.events.campaigns import OrderKind
from services.contracts.http.common import Role
from services.registry import recovery
from services.registry.app import build
from services.registry.erasures import use_cases as erasures
from services.registry.imports import use_cases as imports
from services.registry.member_space import use_cases as member_space
from services.registry.messages.links import MemberLinks
from services.registry.settings import RegistrySettings
from services.runtime.http.staff_tokens import Staff
from services.runtime.service import Service
from tests.support import registry as people
from tests.support.registry import TODAY, Registry, csv_file, encryptor, line, order, project
from tests.support.running import free_port, listening
from tests.support.servers import eventually

REQUESTS = Path(__file__).parents[3] / "cases/29-unsubscribe-by-machines/requests.sh"
UNTIL = date(2029, 3, 1)


@pytest.fixture
async def service(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    for name, value in people.environment("postgresql://unused", 1, tmp_path / "clock").items():
        monkeypatch.setenv(name, value)
    built = build(RegistrySettings())
    built.clock = registry.clock
    built.database = registry.database
    return built


@pytest.fixture
async def browser(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service.api)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry.test", headers={"Accept": "text/html"}
    ) as client:
        yield client


def link(member_id: UUID, links: MemberLinks | None = None) -> str:
    url = (links or people.links()).leave(member_id, UNTIL)
    return url.removeprefix("http://registry.test")


async def status(registry: Registry) -> list[str]:
    rows = await registry.database.pool.fetch("SELECT status FROM member")
    return [row["status"] for row in rows]


async def test_looking_at_the_page_changes_nothing_and_its_button_leaves(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    later = order(member, first=TODAY + timedelta(days=5))
    await registry.receive(later)
    shown = await browser.get(link(member))
    assert shown.status_code == 200
    assert "<button" in shown.text
    assert await status(registry) == ["active"]

    done = await browser.post(link(member))
    assert done.status_code == 200
    assert "C'est fait" in done.text.replace("&#39;", "'")
    assert await status(registry) == ["left"]
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
    answer = await browser.post(link(member), data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert await status(registry) == ["left"]


async def test_machines_that_look_at_the_link_change_nothing_and_find_it_alive(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    url = link(member)
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
        looked = await browser.request(method, address, headers=scanner)
        assert looked.status_code in (200, 204), (method, address)
    assert await status(registry) == ["active"]


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
        answer = await browser.post(link(member), headers={"Accept": "*/*"}, **sent)
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert await status(registry) == ["left"]


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
    url = f"http://registry.test{link(member)}"
    page = await browser.get(url)
    for form in forms_of(page.text, url):
        page = await browser.post(form)
        assert page.status_code == 200, form
    for target in links_of(page.text, url):
        looked = await browser.get(target)
        assert looked.status_code == 200, target
    assert await status(registry) == [ends]


async def test_requests_of_scanners_mail_programs_and_robots_over_a_real_server(
    registry: Registry, service: Service
) -> None:
    """The script of public reports: A to D look, E to G unsubscribe, H is a robot's blind POST."""
    [member] = await registry.enrol("zoe@example.test")
    url = f"http://127.0.0.1:{free_port()}"
    async with listening(service.api, url):
        script = await asyncio.create_subprocess_exec(
            "bash", str(REQUESTS), url + link(member), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await script.communicate()
    said = {line[0]: line[42:].split() for line in output.decode().splitlines()}
    for looks in "ABCD":
        assert set(said[looks]) <= {"200", "204"}, output.decode()
    assert said["E"] == ["200", "redirect="]
    assert said["F"] == said["G"] == ["200"]
    assert said["H"] == ["422"]
    assert await status(registry) == ["left"]


async def test_the_link_of_a_merged_identity_leaves_for_the_member_it_became(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    first, second, survivor = await registry.enrol(
        "zoe@example.test", "z.durand@example.test", "zoe.durand@example.test"
    )
    merge = "UPDATE member SET status = 'merged', merged_into = $2 WHERE member_id = $1"
    await registry.database.pool.execute(merge, first, second)
    await registry.database.pool.execute(merge, second, survivor)
    assert 'class="main"' in (await browser.get(link(first))).text
    assert "C&#39;est fait" in (await browser.post(link(first))).text
    left = "SELECT status FROM member WHERE member_id = $1"
    assert await registry.database.pool.fetchval(left, survivor) == "left"


async def test_leaving_twice_is_leaving_once(
    registry: Registry, browser: httpx.AsyncClient
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    await browser.post(link(member))
    events = await registry.database.pool.fetchval("SELECT count(*) FROM outbox")
    again = await browser.post(link(member), headers={"Accept-Language": "en"})
    assert again.status_code == 200
    assert "no longer a member of the panel" in again.text
    assert await registry.database.pool.fetchval("SELECT count(*) FROM outbox") == events
    assert 'class="main"' not in (await browser.get(link(member))).text


@pytest.mark.parametrize("wrong", ["expired", "tampered", "cut", "foreign", "other purpose"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_is_not_valid_says_so_and_changes_nothing(
    registry: Registry, browser: httpx.AsyncClient, wrong: str, method: str
) -> None:
    [member] = await registry.enrol("zoe@example.test")
    good = link(member)
    foreign = MemberLinks(OKPKey.generate_key("Ed25519"), people.REGISTRY_URL, people.CAMPAIGNS_URL)
    invitation = people.links().invitation(member, uuid4(), UNTIL)
    bad = {
        "expired": good,
        "tampered": good[:-4] + ("AAAA" if not good.endswith("AAAA") else "BBBB"),
        "cut": good[:-20],
        "foreign": link(member, foreign),
        "other purpose": f"/leave/{invitation.rpartition('/')[2]}",
    }[wrong]
    if wrong == "expired":
        registry.clock.advance(timedelta(days=365 * 4))
    answer = await browser.request(method, bad)
    assert answer.status_code == 403
    assert "valable" in answer.text
    assert await status(registry) == ["active"]


async def test_a_valid_link_of_nobody_here_is_no_error(browser: httpx.AsyncClient) -> None:
    answer = await browser.post(link(uuid4()))
    assert answer.status_code == 404


async def test_withdrawal_waits_for_the_message_being_sent_and_then_none_starts(
    registry: Registry,
) -> None:
    holding, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        holding.set()
        await go_on.wait()

    registry.catcher.reply = hold
    about, other = project(), project()
    await registry.hold(about, other)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, about)
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
        assert await status(registry) == ["active"]
        go_on.set()
        assert (await leaving).was_member
        await registry.becomes(invitation, "sent")
        await registry.becomes(queued, "refused not_active")
    assert len(registry.mail()) == 1


async def test_leaving_and_being_imported_again_gains_nothing(registry: Registry) -> None:
    about = project()
    await registry.hold(about)
    [member] = await registry.enrol("zoe@example.test")
    invitation = order(member, about)
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


class SignedIn:
    """Stands where tokens are verified; the tokens themselves are tested with runtime."""

    def __init__(self, *roles: Role) -> None:
        self._staff = Staff("ana", "Ana", frozenset(roles))

    async def verify(self, token: str) -> Staff:
        return self._staff


async def test_staff_import_a_sheet_and_read_counts(
    service: Service, browser: httpx.AsyncClient, registry: Registry
) -> None:
    service.api.state.tokens = SignedIn(Role.REGISTRY)
    asked = {"Authorization": "Bearer x", "Accept-Language": "en"}
    content = csv_file(line("a@example.test"), line("bad")).getvalue()

    async def import_(**query: str) -> httpx.Response:
        return await browser.post(
            "/api/members/imports", params=query, content=content, headers=asked
        )

    dry = (await import_(dry_run="true")).json()
    assert (dry["kept"], dry["valid"], dry["errors"][0]["line"]) == (False, 1, 3)
    done = (await import_(accept_valid="true")).json()
    assert (done["kept"], done["imported"]) == (True, 1)
    counts = (await browser.get("/api/members/counts", headers=asked)).json()
    assert counts == {"by_status": {"active": 1}}
    await registry.receive(order(uuid4()))
    deliveries = (await browser.get("/api/deliveries/counts", headers=asked)).json()
    assert deliveries == {"by_state": {"refused": 1}, "refused_by_reason": {"not_active": 1}}

    content = csv_file(line("b@example.test", last_contact="")).getvalue()
    unconfirmed = (await import_(accept_valid="true")).json()
    assert (unconfirmed["kept"], unconfirmed["valid"]) == (False, 1)
    assert "can be solicited before" in unconfirmed["to_confirm"]
    assert (await import_(accept_month="true")).json()["imported"] == 1

    refused = await browser.post("/api/members/imports", content=b"Nom\nx\n", headers=asked)
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) == 3
    service.api.state.tokens = SignedIn(Role.CAMPAIGNS)
    assert (await import_()).status_code == 403


async def test_republishing_says_every_current_state_once_more(registry: Registry) -> None:
    [member] = await registry.enrol("zoe@example.test")
    await registry.receive(order(uuid4()), order(member, first=TODAY + timedelta(days=3)))
    await registry.database.pool.execute("DELETE FROM outbox")
    async with registry.database.transaction() as conn:
        said = await recovery.republish(conn, registry.clock)
    assert said == {"member.state": 1, "delivery.state": 1, "figures.state": 0}
    assert await registry.database.pool.fetchval("SELECT count(*) FROM outbox") == 2


async def test_who_leaves_while_all_is_republished_is_said_to_have_left_last(
    registry: Registry,
) -> None:
    [member] = await registry.enrol("zoe@example.test")

    async def republish() -> None:
        async with registry.database.transaction() as conn:
            await recovery.republish(conn, registry.clock)

    async def waits_or_is_done() -> bool:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return task.done() or bool(await registry.database.pool.fetchval(waiting))

    async with registry.database.transaction() as conn:
        await member_space.withdraw(conn, registry.clock, member)
        task = asyncio.create_task(republish())
        await eventually(waits_or_is_done, "republishing met the departure")
    await task
    bodies = await registry.database.pool.fetch(
        "SELECT body FROM outbox WHERE key = $1 ORDER BY id", str(member)
    )
    assert [json.loads(row["body"])["version"] for row in bodies] == [1, 2, 2]
    assert json.loads(bodies[-1]["body"])["status"] == "left"
