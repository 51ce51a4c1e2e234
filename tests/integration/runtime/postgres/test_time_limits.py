"""The database cancels statements that take too long; the response is 503, nothing stays broken."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from deploy.generate.describe import build
from services.runtime.postgres import database as db
from services.runtime.postgres.database import Database, long_running
from services.runtime.service import Service
from tests.support import databases
from tests.support.servers import PostgresServer

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.fixture
async def hasty(
    postgres_server: PostgresServer,
) -> AsyncIterator[Service]:
    """feedback, whose requests may take a twentieth of a second."""
    async with databases.clone(postgres_server, "feedback") as (dsn, _):
        service = build("feedback", database_dsn=dsn)
        limits = dict.fromkeys(LIMITS, "50ms")
        service.database = Database(SecretStr(dsn), connections=2, limits=limits)
        await service.database.start()
        try:
            yield service
        finally:
            await service.database.stop()


def asking(service: Service) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(service.api)
    return httpx.AsyncClient(transport=transport, base_url="http://panel.test")


async def long_statement(database: Database) -> None:
    async with database.transaction() as conn:
        await conn.execute("SELECT pg_sleep(30)")


async def long_wait_for_a_lock(database: Database) -> None:
    holder = await database.dedicated("held")
    try:
        await holder.execute("SELECT pg_advisory_lock(1)")
        async with database.transaction() as conn:
            await conn.execute("SELECT pg_advisory_xact_lock(1)")
    finally:
        await holder.close()


async def idles_in_a_transaction(database: Database) -> None:
    async with database.transaction() as conn:
        pid = await conn.fetchval("SELECT pg_backend_pid()")
        looking = await database.dedicated("looking")
        while await looking.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid):
            await asyncio.sleep(0.01)
        await looking.close()
        await conn.execute("SELECT 1")


@pytest.mark.parametrize("work", [long_statement, long_wait_for_a_lock, idles_in_a_transaction])
async def test_a_statement_that_takes_too_long_is_cancelled_and_the_response_is_503(
    hasty: Service, work: Any
) -> None:
    @hasty.api.get("/api/long")
    async def long() -> None:
        await work(hasty.database)

    async with asking(hasty) as client:
        answer = await client.get("/api/long", headers={"Accept-Language": "en"})
        assert answer.status_code == 503, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["retry-after"]
        assert answer.json()["detail"] == "The operation took too long and was stopped."
    assert hasty.unexpected_errors == 0
    for _ in range(3):
        async with hasty.database.transaction() as conn:
            assert await conn.fetchval("SELECT 1") == 1


async def test_without_a_free_connection_the_response_is_503(
    hasty: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_ACQUIRE_SECONDS", 0.05)

    @hasty.api.get("/api/long")
    async def one_more() -> None:
        async with hasty.database.read_only():
            pass

    async with hasty.database.pool.acquire(), hasty.database.pool.acquire(), asking(hasty) as asks:
        assert (await asks.get("/api/long")).status_code == 503
    async with asking(hasty) as client:
        assert (await client.get("/api/long")).status_code == 200


async def test_long_running_work_has_its_own_limits_which_end_with_it(hasty: Service) -> None:
    async def limits(conn: db.Connection) -> list[str]:
        return [str(await conn.fetchval(f"SHOW {name}")) for name in LIMITS]

    with long_running():
        for begin in (hasty.database.transaction, hasty.database.read_only):
            async with begin() as conn:
                assert await limits(conn) == ["15min", "5min", "15min"]
                await conn.execute("SELECT pg_sleep(0.1)")
    async with hasty.database.transaction() as conn:
        assert await limits(conn) == ["50ms"] * 3
        with pytest.raises(asyncpg.QueryCanceledError):
            await conn.execute("SELECT pg_sleep(30)")


async def test_jobs_are_long_running(hasty: Service) -> None:
    limits: asyncio.Queue[str] = asyncio.Queue()

    async def job() -> None:
        async with hasty.database.transaction() as conn:
            limits.put_nowait(await conn.fetchval("SHOW statement_timeout"))

    hasty.every(3600, "job", job)
    _, repeat = hasty._jobs[-1]
    task = asyncio.ensure_future(repeat())
    assert await asyncio.wait_for(limits.get(), 10) == "15min"
    task.cancel()


async def test_requests_are_limited_as_configured_in_production(
    postgres_server: PostgresServer,
) -> None:
    async with (
        databases.clone(postgres_server, "feedback") as (_, database),
        database.transaction() as conn,
    ):
        limits = [await conn.fetchval(f"SHOW {name}") for name in LIMITS]
    assert limits == ["30s", "15s", "1min"]


async def test_the_client_waits_for_long_running_work_as_long_as_the_server(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_STATEMENT_SECONDS", 0.2)
    async with databases.clone(postgres_server, "feedback") as (dsn, _):
        database = Database(SecretStr(dsn), connections=1)
        await database.start()
        try:
            with long_running():
                for begin in (database.transaction, database.read_only):
                    async with begin() as conn:
                        await conn.execute("SELECT pg_sleep(0.5)")
                        await conn.fetchval("SELECT pg_sleep(0.5)::text")
            with pytest.raises(TimeoutError):
                async with database.transaction() as conn:
                    await conn.execute("SELECT pg_sleep(0.5)")
        finally:
            await database.stop()
