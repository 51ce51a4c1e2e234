"""The operators' drill: databases are lost and restored, then all of Kafka.

A panel goes on after its backup. Then registry is restored, then campaigns, then both; at last
every topic is lost. Each time the panel continues and the charter check runs, on the mail server's
journal first: nobody was solicited twice within 31 days, nor written to after leaving.
"""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from deploy.charter_check.mail_journal import Journal
from deploy.demo import demonstration as demo
from deploy.demo.demonstration import Demonstration
from deploy.demo.members import Members, Rates
from deploy.local import clock as clocks
from deploy.local import endpoints
from deploy.local.endpoints import SERVICES, Endpoints
from deploy.local.staff import LocalStaff
from services.contracts.http.campaigns import CampaignSheet
from tests.acceptance.command import panel, started, wait_until_up

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

PEOPLE = 600
AFTERNOON_IN_PARIS = "2026-11-24 14:30"
RATES = Rates(accept=0.5, decline=0.1, leave_panel=0.1, answer=0.3)


class Panel(Demonstration):
    """The demonstration on a panel that is stopped and restored."""

    async def begin(self) -> list[UUID]:
        await self._import()
        return await self.projects()

    async def projects(self) -> list[UUID]:
        return [draft.project_id for draft in await self._projects()]

    async def solicit(self, project: UUID, people: int) -> Counter[str]:
        sheet = CampaignSheet(project_id=project, title=f"{people} personnes", wanted=people)
        return (await self._wave([sheet])).acts

    def months_pass(self) -> None:
        self._clock.change(clocks.advanced(demo.MONTH_LATER))

    async def catch_up(self) -> None:
        await self._until_memberships_ended()


@contextmanager
def running(data_dir: Path, *options: str) -> Iterator[Endpoints]:
    with started(data_dir, *options) as process:
        wait_until_up(process, data_dir)
        yield endpoints.read(data_dir)


def live(stack: Endpoints, work: Callable[[Panel, LocalStaff], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with LocalStaff(stack, "en") as staff, Members(demo.SEED, RATES) as members:
            people = Panel(stack, staff, members, lambda *_: None)
            return await work(people, staff)

    return asyncio.run(run())


def solicit(stack: Endpoints, project: UUID, people: int) -> None:
    live(stack, lambda simulated, _: simulated.solicit(project, people))


def judged(data_dir: Path) -> dict[str, int]:
    """Assert that every promise holds; returns the number of cases per promise."""
    report = json.loads(panel("check", "--json", data_dir=data_dir).stdout)
    broken = {promise["code"]: promise for promise in report["promises"] if not promise["holds"]}
    assert not broken, broken
    return {promise["code"]: promise["looked_at"] for promise in report["promises"]}


def output_of(*command: str, data_dir: Path) -> str:
    ended = panel(*command, data_dir=data_dir)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def recipients(stack: Endpoints) -> list[str]:
    return [message.recipient for message in Journal(stack.mail_journal).new() if message.solicits]


async def gone(stack: Endpoints) -> int:
    """Number of members who left or were erased, in registry."""
    connection = await asyncpg.connect(stack.dsn("registry"))
    try:
        query = "SELECT count(*) FROM member WHERE status IN ('left', 'erased')"
        return int(await connection.fetchval(query))
    finally:
        await connection.close()


async def someone(stack: Endpoints) -> UUID:
    connection = await asyncpg.connect(stack.dsn("registry"))
    try:
        query = "SELECT member_id FROM member WHERE status = 'active' ORDER BY member_id LIMIT 1"
        return UUID(str(await connection.fetchval(query)))
    finally:
        await connection.close()


def test_databases_and_topics_are_lost_and_every_promise_is_kept(
    servers_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "MEMBERS", PEOPLE)
    data_dir = servers_directory / "drill"
    # Sending hours from the Antilles to Réunion. At the machine's own hour, members who live where
    # it is night are written to the next day only, and the first wave would wait for them.
    with running(data_dir, "--clock-at", AFTERNOON_IN_PARIS) as stack:
        first, second = live(stack, lambda people, _: people.begin())
        solicit(stack, first, 80)
        output_of("backup", data_dir=data_dir)
        (saved,) = (data_dir / "backups").iterdir()

        async def since(people: Panel, staff: LocalStaff) -> None:
            people.months_pass()
            await people.catch_up()
            acts = await people.solicit(second, 90)
            assert acts["leave_panel"] > 2
            await staff.erase_member(await someone(stack))

        live(stack, since)
        solicited, departed = recipients(stack), asyncio.run(gone(stack))
        looked_at = judged(data_dir)
        assert looked_at["messages_apart"] == len(solicited) == 170
        refused = panel("restore", str(saved), "--service", "registry", data_dir=data_dir)
        assert refused.returncode == 2
        assert "Stop it first" in refused.stderr

    for services in (["registry"], ["campaigns"], ["registry", "campaigns"]):
        options = [word for name in services for word in ("--service", name)]
        output_of("restore", str(saved), *options, data_dir=data_dir)
        with running(data_dir) as stack:
            assert recipients(stack) == solicited
            # As many as could ever be asked on this day, in whatever order the draw takes them.
            if "campaigns" in services:
                # Those that were open give out no more credentials: nobody is asked for them.
                second, _ = live(stack, lambda people, _: people.projects())
            solicit(stack, second, 40)
            solicited = recipients(stack)
            assert asyncio.run(gone(stack)) >= departed
            departed = asyncio.run(gone(stack))
            assert judged(data_dir)["messages_apart"] == len(solicited)

    shutil.rmtree(data_dir / "kafka")
    with running(data_dir) as stack:

        async def told_again(people: Panel, staff: LocalStaff) -> None:
            for name in SERVICES:
                await staff.republish(name)
            await people.solicit(second, 40)

        live(stack, told_again)
        solicited = recipients(stack)
        assert len(solicited) == 170 + 4 * 40
        assert judged(data_dir)["messages_apart"] == len(solicited)
