"""PostgreSQL: the connection pool and its transactions, with time limits.

Only the outermost edge (consumers, api, pages, jobs) calls `Database.transaction`; use cases and
stores receive the connection, so a refusal anywhere rolls the whole change back.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy
from pydantic import SecretStr

from services.runtime.observability import tracing

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

# A client whose machine vanished must not hold its session's locks (a member, the relay's lead) for
# the two hours that systems wait by default: the server probes after half a minute of silence.
_KEEPALIVE_SETTINGS = {
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# Somebody waits for the response: a longer statement is cancelled, and its locks released. Shorter
# than the time-outs of proxies, so that the response is ours.
REQUEST_LIMITS = {
    "statement_timeout": "30s",
    "lock_timeout": "15s",
    "idle_in_transaction_session_timeout": "60s",
}
_LONG_RUNNING_LIMITS = """
SET LOCAL statement_timeout = '15min';
SET LOCAL lock_timeout = '5min';
SET LOCAL idle_in_transaction_session_timeout = '15min'"""


class ConnectionLost(ConnectionError):
    """The session ended within a transaction, which was rolled back."""


class DatabaseReplaced(ConnectionLost):
    """The database was restored from a backup while this process could not reach it."""


class DatabaseUnreachable(ConnectionError):
    """No session can be had: the server is down, starting, full, or out of reach."""


# Sessions ended from outside: a shutdown, a crash, a lost network.
_SESSION_ENDED = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
# A table, a type or an index was changed under a statement that this session had prepared. The
# library forgets its prepared statements, so that the same work succeeds when repeated.
STALE_STATEMENT_ERRORS = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.InvalidSQLStatementNameError,
)
# Nobody's mistake, and worth another try: time limits of the server and of the client.
UNAVAILABLE_ERRORS = (
    ConnectionLost,
    DatabaseUnreachable,
    asyncpg.InsufficientResourcesError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    TimeoutError,
)
# The client's own limits, for a server that does not answer at all: longer than the server's.
_STATEMENT_SECONDS = 60.0
_LONG_STATEMENT_SECONDS = 960.0
_ACQUIRE_SECONDS = 15
_CONNECT_SECONDS = 10
_long_running: ContextVar[bool] = ContextVar("long_running", default=False)
_commits: ContextVar[list[bool] | None] = ContextVar("commits", default=None)


@contextmanager
def count_commits() -> Iterator[list[bool]]:
    """Collect an entry for each transaction committed in the context.

    A request may be repeated only if it has committed nothing.
    """
    commits: list[bool] = []
    token = _commits.set(commits)
    try:
        yield commits
    finally:
        _commits.reset(token)


@contextmanager
def long_running() -> Iterator[None]:
    """Allow a quarter of an hour for each statement of the transactions begun in the context.

    For jobs, batches of events, imports, and whoever waits for a message that is on its way.
    """
    token = _long_running.set(True)
    try:
        yield
    finally:
        _long_running.reset(token)


class PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # untyped
    """A connection whose client-side time limit depends on `long_running`.

    asyncpg takes a limit for a connection or for a statement, but none for a while.
    """

    __slots__ = ()

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> Any:
        return await super().execute(query, *args, timeout=_limit(timeout))

    async def executemany(self, command: str, args: Any, *, timeout: float | None = None) -> None:
        await super().executemany(command, args, timeout=_limit(timeout))

    async def copy_records_to_table(
        self, table_name: str, *, timeout: float | None = None, **options: Any
    ) -> Any:
        return await super().copy_records_to_table(table_name, timeout=_limit(timeout), **options)

    async def fetch(
        self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None
    ) -> Any:
        return await super().fetch(query, *args, timeout=_limit(timeout), record_class=record_class)

    async def fetchrow(
        self, query: str, *args: Any, timeout: float | None = None, record_class: Any = None
    ) -> Any:
        return await super().fetchrow(
            query, *args, timeout=_limit(timeout), record_class=record_class
        )

    async def fetchval(
        self, query: str, *args: Any, column: int = 0, timeout: float | None = None
    ) -> Any:
        return await super().fetchval(query, *args, column=column, timeout=_limit(timeout))


def _limit(timeout: float | None) -> float:
    if timeout is not None:
        return timeout
    return _LONG_STATEMENT_SECONDS if _long_running.get() else _STATEMENT_SECONDS


async def _set_codecs(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    for json_type in ("json", "jsonb"):
        await connection.set_type_codec(
            json_type,
            encoder=lambda value: orjson.dumps(value).decode(),
            decoder=orjson.loads,
            schema="pg_catalog",
        )


async def connect(dsn: str, application: str = "panel") -> "asyncpg.Connection[asyncpg.Record]":
    """A connection outside the pool, for session-level locks and LISTEN. The caller closes it."""
    connection = await asyncpg.connect(
        dsn,
        server_settings={"application_name": application, **_KEEPALIVE_SETTINGS},
        timeout=_CONNECT_SECONDS,
    )
    await _set_codecs(connection)
    return connection


class Database:
    """The service's connection pool. Usable once started."""

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
        self._identity: tuple[str, Any] | None = None
        self.replaced = asyncio.Event()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._dsn.get_secret_value(),
            connection_class=PooledConnection,
            min_size=1,
            max_size=self._connections,
            init=self._initialise,
            server_settings={
                "application_name": self._application,
                **_KEEPALIVE_SETTINGS,
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

    def pin_identity(self, query: str, value: Any) -> None:
        """Refuse new connections on which `query` has another value, and then set `replaced`.

        The state of this process is not that of the database which it would then reach.
        """
        self._identity = (query, value)

    async def dedicated(self, purpose: str) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection outside the pool, for session-level locks and LISTEN."""
        connection = await connect(self._dsn.get_secret_value(), f"{self._application}:{purpose}")
        await self._check_identity(connection)
        return connection

    async def _initialise(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        await _set_codecs(connection)
        await self._check_identity(connection)

    async def _check_identity(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        if self._identity is None:
            return
        query, value = self._identity
        if await connection.fetchval(query) != value:
            self.replaced.set()
            connection.terminate()
            raise DatabaseReplaced("the database was restored from a backup")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._begin() as connection:
            if traceparent := tracing.current_traceparent():
                # The default of outbox.traceparent reads it.
                await connection.execute(
                    "SELECT set_config('panel.traceparent', $1, true)", traceparent
                )
            yield connection

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[Connection]:
        """One consistent snapshot for several queries; the server refuses to write."""
        async with self._begin(isolation="repeatable_read", readonly=True) as connection:
            yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A pooled connection without a transaction, for one short statement."""
        seconds = None if _long_running.get() else _ACQUIRE_SECONDS
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
            expected = isinstance(error, ConnectionLost | DatabaseUnreachable)
            if _is_lost(connection) and not expected:
                raise ConnectionLost("the database ended the session") from error
            raise
        finally:
            await self.pool.release(connection)

    @asynccontextmanager
    async def _begin(self, **options: Any) -> AsyncIterator[Connection]:
        async with self.connection() as connection:
            async with connection.transaction(**options):
                if _long_running.get():
                    await connection.execute(_LONG_RUNNING_LIMITS)
                yield connection
            commits = _commits.get()
            if commits is not None and not options:
                commits.append(True)


def _is_lost(connection: Connection) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True  # the pool has already taken the connection away
