"""PostgreSQL: the pool, transactions, and named queries read from .sql files.

Only the outermost edge (consumers, api, pages, jobs) calls `Database.transaction`; use cases and
stores receive the connection, so a refusal anywhere rolls the whole change back.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, nullcontext
from contextvars import ContextVar
from importlib.resources import files
from typing import Any, TypeAlias, TypeVar

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from pydantic import SecretStr

from services.runtime.observability import tracing

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
T = TypeVar("T")

# A client whose machine vanished must not hold its session's locks (a member, the relay's lead) for
# the two hours that systems wait by default: the server looks after half a minute of silence.
_SETTINGS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# Somebody waits for an answer: what takes longer is given up, and with it the locks that it holds.
# Less than proxies wait, so that the answer is ours.
REQUEST_LIMITS = {
    "statement_timeout": "30s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
}
_PATIENT_LIMITS = """
SET LOCAL statement_timeout = '15min';
SET LOCAL lock_timeout = '5min';
SET LOCAL idle_in_transaction_session_timeout = '15min'"""


class ConnectionLost(ConnectionError):
    """The session ended within a transaction, of which nothing stays."""


class DatabaseReplaced(ConnectionLost):
    """It was put back from a backup while this process could not see it."""


class DatabaseUnreachable(ConnectionError):
    """No session can be had: the server is down, starting, full, or out of reach."""


# What ends a session from outside: a shutdown, a crash, a lost network.
_SESSION_ENDED = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
# A table, a type or an index was changed under a statement that this session had prepared. The
# library forgets what it prepared, so that the same work, done again, succeeds.
STALE_STATEMENT_ERRORS = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.InvalidSQLStatementNameError,
)
# What comes of it, the server's and ours: nobody's mistake, and worth another try.
UNAVAILABLE_ERRORS = (
    ConnectionLost,
    DatabaseUnreachable,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    TimeoutError,
)
# The client's own, for a server that does not answer at all: later than the server's.
_COMMAND_SECONDS = 60.0
_PATIENT_COMMAND_SECONDS = 960.0
_ACQUIRE_SECONDS = 15
_CONNECT_SECONDS = 10
_patient: ContextVar[bool] = ContextVar("patient", default=False)
_commits: ContextVar[list[bool] | None] = ContextVar("commits", default=None)


@contextmanager
def count_commits() -> Iterator[list[bool]]:
    """Collects an entry for each transaction that is committed within, for whoever may repeat
    only work of which nothing stays."""
    commits: list[bool] = []
    before = _commits.set(commits)
    try:
        yield commits
    finally:
        _commits.reset(before)


@contextmanager
def long_running() -> Iterator[None]:
    """For work that may be long: jobs, batches of events, imports, and what waits for a message
    that is on its way. Transactions begun within have a quarter of an hour for each statement."""
    before = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(before)


_HEADER = re.compile(r"^-- ([a-z][a-z0-9_]*): ", re.MULTILINE)


class Queries:
    """The named queries of a package's `sql/` folder, as attributes.

    In the files each query starts with the line `-- name: what it is for`.
    """

    def __init__(self, package: str, folder: str = "sql") -> None:
        self._queries: dict[str, str] = {}
        for file in sorted(files(package).joinpath(folder).iterdir(), key=lambda f: f.name):
            if not file.name.endswith(".sql") or file.name == "schema.sql":
                continue
            text = file.read_text()
            starts = list(_HEADER.finditer(text))
            for start, following in zip(starts, [*starts[1:], None], strict=True):
                name = start[1]
                if name in self._queries:
                    raise ValueError(f"two queries are called {name} in {package}/{folder}")
                self._queries[name] = text[
                    start.start() : following.start() if following else len(text)
                ].strip()

    def __getattr__(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise AttributeError(f"no query is called {name}") from None


async def _prepare(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind,
            encoder=lambda value: orjson.dumps(value).decode(),
            decoder=orjson.loads,
            schema="pg_catalog",
        )


async def connect(dsn: str, application: str = "panel") -> "asyncpg.Connection[asyncpg.Record]":
    """A connection outside the pool, for session-level locks and LISTEN. The caller closes it."""
    connection = await asyncpg.connect(
        dsn,
        server_settings={"application_name": application, **_SETTINGS},
        timeout=_CONNECT_SECONDS,
    )
    await _prepare(connection)
    return connection


class Database:
    """The service's pool. Usable once started."""

    def __init__(
        self,
        dsn: SecretStr,
        application: str = "panel",
        connections: int = 10,
        limits: Mapping[str, str] = REQUEST_LIMITS,
    ) -> None:
        self._dsn = dsn
        self._application = application
        self._connections = connections
        self._limits = limits
        self._same: tuple[str, Any] | None = None
        self.replaced = asyncio.Event()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._dsn.get_secret_value(),
            min_size=1,
            max_size=self._connections,
            init=self._ready,
            command_timeout=_COMMAND_SECONDS,
            server_settings={
                "application_name": self._application,
                **_SETTINGS,
                **self._limits,
            },
        )

    async def stop(self) -> None:
        if self._pool:
            await self._pool.close()
            self._pool = None

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        if self._pool is None:
            raise RuntimeError("the database is used before it is started")
        return self._pool

    def stay(self, question: str, answer: Any) -> None:
        """From now on a new connection on which this question has another answer is refused, and
        `replaced` is set: what this process knows is not of the database that it would find."""
        self._same = (question, answer)

    async def dedicated(self, purpose: str) -> "asyncpg.Connection[asyncpg.Record]":
        connection = await connect(self._dsn.get_secret_value(), f"{self._application}:{purpose}")
        await self._must_be_the_same(connection)
        return connection

    async def _ready(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await _prepare(connection)
        await self._must_be_the_same(connection)

    async def _must_be_the_same(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        if self._same is None:
            return
        question, answer = self._same
        if await connection.fetchval(question) != answer:
            self.replaced.set()
            connection.terminate()
            raise DatabaseReplaced("the database was put back from a backup")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._begun() as connection:
            if traceparent := tracing.current():
                # The outbox's rows take it from there.
                await connection.execute(
                    "SELECT set_config('panel.traceparent', $1, true)", traceparent
                )
            yield connection

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[Connection]:
        """One consistent snapshot for several reads; writing is refused by the server."""
        async with self._begun(isolation="repeatable_read", readonly=True) as connection:
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """For one short statement, which needs no transaction."""
        seconds = None if _patient.get() else _ACQUIRE_SECONDS
        try:
            connection = await self.pool.acquire(timeout=seconds)
        except (TimeoutError, ConnectionLost):
            raise
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnreachable(f"no session: {type(error).__name__}") from error
        try:
            yield connection
        except _SESSION_ENDED as error:
            raise ConnectionLost("the database ended the session") from error
        except (asyncpg.InterfaceError, ConnectionError) as error:
            if _is_lost(connection) and not isinstance(error, ConnectionLost | DatabaseUnreachable):
                raise ConnectionLost("the database ended the session") from error
            raise
        finally:
            await self.pool.release(connection)

    @asynccontextmanager
    async def _begun(self, **kind: Any) -> AsyncIterator[Connection]:
        patient = _patient.get()
        async with self.connection() as connection:
            with _waiting_longer(connection) if patient else nullcontext():
                async with connection.transaction(**kind):
                    if patient:
                        await connection.execute(_PATIENT_LIMITS)
                    yield connection
            commits = _commits.get()
            if commits is not None and not kind:
                commits.append(True)


@contextmanager
def _waiting_longer(connection: Connection) -> Iterator[None]:
    """The library has a limit for a connection and one for a statement, but none for a while."""
    own = getattr(connection, "_con", connection)
    before = own._config
    own._config = before._replace(command_timeout=_PATIENT_COMMAND_SECONDS)
    try:
        yield
    finally:
        own._config = before


def _is_lost(connection: Connection) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True  # the pool took it away already


async def maybe(conn: Connection, shape: type[T], query: str, *args: Any) -> T | None:
    """The one row as `shape`, a dataclass whose fields are the query's columns, or None."""
    row = await conn.fetchrow(query, *args)
    return None if row is None else shape(**row)


async def many(conn: Connection, shape: type[T], query: str, *args: Any) -> list[T]:
    return [shape(**row) for row in await conn.fetch(query, *args)]
