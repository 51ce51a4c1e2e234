"""The registry as a process of its own, as it is deployed, and what operators do with it.

Tests of faults kill the process, back its database up and restore it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import httpx

from deploy import backup
from services.contracts.http.registry import ImportReport
from services.registry.imports import use_cases as imports
from tests.support import registry as people
from tests.support.registry import NOON, Registry
from tests.support.servers import eventually

BACKED_UP_AT = NOON - timedelta(hours=2)


class MailServerPause:
    """A pause of the mail server: `reached` when a sender gets there; it continues on `resume`."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.resume = asyncio.Event()

    async def __call__(self, _: str) -> None:
        self.reached.set()
        await self.resume.wait()


class RegistryProcess:
    """The registry's own command, on the test's database, broker and mail server."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.registry",
                "serve",
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                # It ends by itself: consumers have left their groups, messages are finished.
                assert await asyncio.wait_for(process.wait(), 30) == 0


async def kill(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


@dataclass
class OperatedRegistry:
    """A registry process that operators back up and restore, with its database and its bus."""

    registry: Registry
    process: RegistryProcess
    url: str
    kafka: str
    dsn: str
    folder: Path
    identity: str
    recipient: str

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.subprocess.Process]:
        async with self.process.serving() as process, httpx.AsyncClient() as client:

            async def is_live() -> bool:
                try:
                    return (await client.get(f"{self.url}/health/live")).is_success
                except httpx.TransportError:
                    return False

            await eventually(is_live, "the registry has started", within=60)
            yield process

    async def back_up(self) -> Path:
        return await asyncio.to_thread(
            backup.save, {"registry": self.dsn}, self.folder, self.recipient, BACKED_UP_AT
        )

    async def restore(self, saved: Path, *, lose_unsent: bool = False) -> None:
        await self.registry.database.stop()
        try:
            dsns = {"registry": self.dsn}
            restored = backup.restore(saved, dsns, self.identity, NOON, lose_unsent=lose_unsent)
            await asyncio.to_thread(list, restored)
        finally:
            await self.registry.database.start()

    async def run(self, use_case: Callable[..., Awaitable[object]], *arguments: object) -> None:
        """One use case in a transaction of its own."""
        async with self.registry.database.transaction() as conn:
            await use_case(conn, self.registry.clock, *arguments)

    async def wait_until_relayed(self) -> None:
        async def outbox_is_empty() -> bool:
            unsent = "SELECT count(*) FROM outbox WHERE topic IS NOT NULL"
            return not await self.registry.database.pool.fetchval(unsent)

        await eventually(outbox_is_empty, "everything is on the topics")

    async def wait_until_recovered(self) -> None:
        async def has_recovered() -> bool:
            recovered = "SELECT NOT recovering() FROM recovery LIMIT 1"
            return bool(await self.registry.database.pool.fetchval(recovered))

        await eventually(has_recovered, "the registry has caught up", within=40)

    async def status(self, member_id: UUID) -> str:
        status_of_member = "SELECT status FROM member WHERE member_id = $1"
        return str(await self.registry.database.pool.fetchval(status_of_member, member_id))

    async def addresses(self, *member_ids: UUID) -> int:
        """How many of these members still have an address."""
        contacts = "SELECT count(*) FROM contact WHERE member_id = ANY ($1)"
        return int(await self.registry.database.pool.fetchval(contacts, member_ids))

    async def last_day(self, member_id: UUID) -> date | None:
        lock = await self.registry.lock(member_id)
        return None if lock is None else lock["last_day"]

    async def import_again(self, *addresses: str) -> ImportReport:
        rows = people.csv_file(*(people.line(address) for address in addresses))
        async with self.registry.database.transaction() as conn:
            return await imports.import_members(
                conn, self.registry.clock, people.encryptor(), rows, "en", accept_valid=True
            )
