"""Named queries with named parameters, read from .sql files.

A query in a file begins with the line `-- name: its purpose` and refers to its parameters as
`:member_id`. PostgreSQL knows numbered parameters only, so each name becomes a number when the file
is read; literals, comments, quoted identifiers and casts (`::date`) stay as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol, TypeVar

import asyncpg

T = TypeVar("T")

_HEADER = re.compile(r"^-- ([a-z][a-z0-9_]*): ", re.MULTILINE)
# Either text in which a colon means nothing, or a parameter. Order matters: the first that fits.
_TOKEN = re.compile(
    r"""
    --[^\n]*                                    # a comment
    | /\*.*?\*/
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$           # a dollar-quoted body
    | [eE]'(?:[^'\\]|''|\\.)*'                  # a literal with escapes
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"                            # a quoted identifier
    | ::                                        # a cast
    | (?<![\w:]):(?P<name>[a-z_][a-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Query:
    """SQL with numbered parameters, as the server takes it, and the names of its parameters."""

    text: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, sql: str) -> "Query":
        names: dict[str, int] = {}

        def number(match: re.Match[str]) -> str:
            name = match["name"]
            return match[0] if name is None else f"${names.setdefault(name, len(names) + 1)}"

        return cls(_TOKEN.sub(number, sql), tuple(names))

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the numbers.

        Raises TypeError when a parameter is missing or unknown to the query.
        """
        if parameters.keys() != set(self.names):
            missing = sorted(set(self.names) - parameters.keys())
            unknown = sorted(parameters.keys() - set(self.names))
            raise TypeError(f"missing parameters: {missing}; unknown parameters: {unknown}")
        return [parameters[name] for name in self.names]


class Queries:
    """The named queries of a package, as attributes.

    They are read from the .sql files beside its modules, or in one of its folders.

    Raises ValueError where two queries have the same name.
    """

    def __init__(self, package: str, folder: str = ".") -> None:
        self._queries: dict[str, Query] = {}
        for file in sorted(files(package).joinpath(folder).iterdir(), key=lambda f: f.name):
            if not file.name.endswith(".sql"):
                continue
            text = file.read_text()
            starts = list(_HEADER.finditer(text))
            for start, following in zip(starts, [*starts[1:], None], strict=True):
                name = start[1]
                if name in self._queries:
                    raise ValueError(f"two queries are called {name} in {package}/{folder}")
                end = following.start() if following else len(text)
                self._queries[name] = Query.parse(text[start.start() : end].strip())

    def __getattr__(self, name: str) -> Query:
        try:
            return self._queries[name]
        except KeyError:
            raise AttributeError(f"no query is called {name}") from None


class Executor(Protocol):
    """A connection or a pool."""

    async def execute(self, query: str, *args: Any) -> str: ...
    async def fetch(self, query: str, *args: Any) -> list[asyncpg.Record]: ...
    async def fetchrow(self, query: str, *args: Any) -> asyncpg.Record | None: ...
    async def fetchval(self, query: str, *args: Any) -> Any: ...


async def execute(conn: Executor, query: Query, /, **parameters: Any) -> str:
    """Run a statement; the server's command tag, such as `UPDATE 3`."""
    return await conn.execute(query.text, *query.values(parameters))


async def execute_counted(conn: Executor, query: Query, /, **parameters: Any) -> int:
    """Run a statement; the number of rows that it affected."""
    return int((await execute(conn, query, **parameters)).rpartition(" ")[2])


async def fetch(conn: Executor, query: Query, /, **parameters: Any) -> list[asyncpg.Record]:
    """All rows."""
    return await conn.fetch(query.text, *query.values(parameters))


async def fetch_row(conn: Executor, query: Query, /, **parameters: Any) -> asyncpg.Record | None:
    """The first row, or None."""
    return await conn.fetchrow(query.text, *query.values(parameters))


async def fetch_value(conn: Executor, query: Query, /, **parameters: Any) -> Any:
    """The first column of the first row, or None."""
    return await conn.fetchval(query.text, *query.values(parameters))


async def fetch_optional(
    conn: Executor, shape: type[T], query: Query, /, **parameters: Any
) -> T | None:
    """The first row as `shape`, a dataclass whose fields are the query's columns, or None."""
    row = await fetch_row(conn, query, **parameters)
    return None if row is None else shape(**row)


async def fetch_all(conn: Executor, shape: type[T], query: Query, /, **parameters: Any) -> list[T]:
    """All rows, each as `shape`, a dataclass whose fields are the query's columns."""
    return [shape(**row) for row in await fetch(conn, query, **parameters)]
