"""A fresh database per test: one migrated template per service, cloned in milliseconds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

from pydantic import SecretStr

from services.runtime.postgres import database as db
from services.runtime.postgres import migrations
from services.runtime.postgres.database import Database
from tests.support.servers import PostgresServer

Databases = Callable[[str], Awaitable[Database]]
_templates: set[tuple[int, str]] = set()


async def template(server: PostgresServer, service: str) -> str:
    """The name of the service's migrated template, made on first use."""
    name = f"template_{service}"
    if (id(server), service) not in _templates:
        await server.drop_database(name)
        await server.create_database(name)
        conn = await db.connect(server.dsn(name))
        try:
            await migrations.migrate(conn, migrations.for_service(f"services.{service}"))
        finally:
            await conn.close()
        _templates.add((id(server), service))
    return name


@asynccontextmanager
async def clone(server: PostgresServer, service: str) -> AsyncIterator[tuple[str, Database]]:
    """A started Database of `service`, dropped afterwards; with its DSN."""
    name = f"{service}_{uuid4().hex[:8]}"
    await server.create_database(name, await template(server, service))
    database = Database(SecretStr(server.dsn(name)), f"test-{service}")
    await database.start()
    try:
        yield server.dsn(name), database
    finally:
        await database.stop()
        await server.drop_database(name)


@asynccontextmanager
async def factory(server: PostgresServer) -> AsyncIterator[Databases]:
    async with AsyncExitStack() as stack:

        async def make(service: str) -> Database:
            _, database = await stack.enter_async_context(clone(server, service))
            return database

        yield make
