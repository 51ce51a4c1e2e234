"""A database that is unreachable or changes under a service: 503 with Retry-After, never 500."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from deploy.generate.describe import SERVICES, build
from services.contracts.http.common import Role
from services.runtime.service import Service
from tests.contract.edges import addresses
from tests.support import databases
from tests.support.running import Issuer, signing_in
from tests.support.servers import PostgresServer

pytestmark = pytest.mark.servers

ROLES = (Role.CAMPAIGNS, Role.ANALYSIS, Role.DECISION, Role.OPERATIONS, Role.AUDIT)
PEOPLE = (Role.REGISTRY, Role.CAMPAIGNS, Role.OPERATIONS, Role.AUDIT)


class Line:
    """Connection to the database, which a test can cut."""

    def __init__(self, host: str, port: int) -> None:
        self._place = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._place)
        self._writers |= {writer, back}

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65_536):
                    target.write(data)
                    await target.drain()
            target.close()

        await asyncio.gather(copy(reader, back), copy(there, writer))


@asynccontextmanager
async def service_by_a_line(
    name: str, server: PostgresServer, issuer: Issuer
) -> AsyncIterator[tuple[Service, Line, str]]:
    async with databases.clone(server, name) as (dsn, _):
        parts = urlsplit(dsn)
        line = Line(parts.hostname or "127.0.0.1", parts.port or 5432)
        await line.open()
        by_line = dsn.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{line.port}")
        service = build(name, database_dsn=by_line, issuer=issuer.url, mode="local")
        await service.database.start()
        try:
            yield service, line, dsn
        finally:
            service.database.pool.terminate()
            await line.cut()


def asking(service: Service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(service.api, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://panel.test")


@pytest.mark.parametrize("name", SERVICES)
async def test_without_its_database_a_service_returns_503_with_retry_after(
    name: str, postgres_server: PostgresServer
) -> None:
    refused = 0
    async with (
        signing_in() as issuer,
        service_by_a_line(name, postgres_server, issuer) as (service, line, _),
        asking(service) as client,
    ):
        staff = issuer.headers(*(PEOPLE if name == "registry" else ROLES))
        readable = [path for path, methods in addresses(name).items() if "GET" in methods]
        for moment in ("the sessions are cut", "none can be had"):
            if moment == "the sessions are cut":
                await line.cut()
            for path in readable:
                if path in ("/api/hints", "/health/ready"):
                    continue
                for headers in (staff, {"Accept": "text/html"}):
                    answer = await client.get(path, headers=headers)
                    assert answer.status_code != 500, (moment, path, answer.text)
                    if answer.status_code == 503:
                        refused += 1
                        assert answer.headers["retry-after"] == "5", path
        assert service.unexpected_errors == 0
        assert (await client.get("/metrics")).status_code == 503
        # Once the database is back, requests succeed without a restart.
        await line.open()
        assert (await client.get("/metrics")).status_code == 200
    assert refused > 2


async def test_a_page_explains_that_the_database_is_unreachable(
    postgres_server: PostgresServer,
) -> None:
    async with (
        signing_in() as issuer,
        service_by_a_line("feedback", postgres_server, issuer) as (service, line, _),
        asking(service) as client,
    ):
        await line.cut()
        await client.get("/figures")
        headers = {"Accept": "text/html", "Accept-Language": "fr"}
        answer = await client.get("/figures", headers=headers)
    assert answer.status_code == 503
    assert "sa base de données est injoignable" in answer.text


CHANGES = (
    # Changes of columns that statements name, as in a migration.
    "ALTER TABLE {table} ALTER COLUMN {column} TYPE {type}",
    "REINDEX TABLE CONCURRENTLY {table}",
    "ALTER TABLE {table} ADD COLUMN of_a_migration int",
    "ALTER TABLE {table} DROP COLUMN of_a_migration",
)


async def test_a_migration_under_a_live_pool_fails_no_request(
    postgres_server: PostgresServer,
) -> None:
    """Every session has prepared the statement before the table changes under it."""
    async with (
        signing_in() as issuer,
        service_by_a_line("feedback", postgres_server, issuer) as (service, _, dsn),
        asking(service) as client,
    ):

        @service.api.post("/api/standing")
        async def standing(sent: dict[str, int]) -> dict[str, int]:
            async with service.database.transaction() as conn:
                row = await conn.fetchrow("SELECT * FROM changing WHERE number >= $1", sent["n"])
                assert row is not None
                return {"number": row["number"]}

        owner = await asyncpg.connect(dsn)
        try:
            await owner.execute("CREATE TABLE changing AS SELECT 1 AS number")
            await owner.execute("CREATE UNIQUE INDEX changing_number ON changing (number)")
            table = {"table": "changing", "column": "number", "type": "bigint"}
            for change in CHANGES:
                for _ in range(2):
                    requests = [client.post("/api/standing", json={"n": 1}) for _ in range(8)]
                    answers = await asyncio.gather(*requests)
                    assert {answer.status_code for answer in answers} == {200}, answers[0].text
                    assert answers[0].json() == {"number": 1}
                await owner.execute(change.format(**table))
            assert (await client.post("/api/standing", json={"n": 1})).status_code == 200
        finally:
            await owner.close()
        assert service.unexpected_errors == 0


async def test_committed_work_is_never_repeated(postgres_server: PostgresServer) -> None:
    tries = 0
    async with (
        signing_in() as issuer,
        service_by_a_line("feedback", postgres_server, issuer) as (service, _, _),
        asking(service) as client,
    ):

        @service.api.post("/api/twice")
        async def twice() -> None:
            nonlocal tries
            tries += 1
            async with service.database.transaction() as conn:
                await conn.execute("SELECT 1")
            raise asyncpg.InvalidCachedStatementError

        @service.api.post("/api/stale")
        async def stale() -> None:
            nonlocal tries
            tries += 1
            raise asyncpg.InvalidCachedStatementError

        assert (await client.post("/api/twice")).status_code == 500
        assert tries == 1
        answer = await client.post("/api/stale")
        assert (answer.status_code, tries) == (503, 3)
