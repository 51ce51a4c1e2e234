"""The charter check's own access to PostgreSQL: named queries with named parameters.

The runtime has the same; the check shares no code with the services, so that a defect there cannot
hide itself here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

Row: TypeAlias = Mapping[str, Any]
Parameter: TypeAlias = str | datetime

_HEADER = re.compile(r"^-- ([a-z][a-z_]*): ", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![\w:]):([a-z][a-z_]*)")
# A colon means nothing in a comment or in a literal.
_OPAQUE = re.compile(r"(--[^\n]*|'(?:[^']|'')*')")


@dataclass(frozen=True)
class Query:
    """SQL with numbered parameters, and their names in the order of the numbers."""

    text: str
    parameters: tuple[str, ...]

    @classmethod
    def parse(cls, sql: str) -> "Query":
        names: dict[str, int] = {}

        def number(match: re.Match[str]) -> str:
            return f"${names.setdefault(match[1], len(names) + 1)}"

        pieces = _OPAQUE.split(sql)
        pieces[::2] = [_PARAMETER.sub(number, piece) for piece in pieces[::2]]
        return cls("".join(pieces), tuple(names))

    def values(self, parameters: Mapping[str, Parameter]) -> list[Parameter]:
        assert parameters.keys() == set(self.parameters), (parameters, self.parameters)
        return [parameters[name] for name in self.parameters]


def _load_queries() -> dict[str, Query]:
    queries: dict[str, Query] = {}
    for file in sorted(files(__package__).joinpath("sql").iterdir(), key=lambda file: file.name):
        text = file.read_text()
        starts = list(_HEADER.finditer(text))
        for start, following in zip(starts, [*starts[1:], None], strict=True):
            assert start[1] not in queries, start[1]
            end = following.start() if following else len(text)
            queries[start[1]] = Query.parse(text[start.start() : end])
    return queries


QUERIES = _load_queries()


async def fetch(
    connection: "Connection", query: str, **parameters: Parameter
) -> list[asyncpg.Record]:
    """All rows of a named query of `sql/`."""
    statement = QUERIES[query]
    rows: list[asyncpg.Record] = await connection.fetch(
        statement.text, *statement.values(parameters)
    )
    return rows


async def fetch_row(
    connection: "Connection", query: str, **parameters: Parameter
) -> asyncpg.Record:
    """The only row of a named query."""
    (row,) = await fetch(connection, query, **parameters)
    return row


async def fetch_value(connection: "Connection", query: str, **parameters: Parameter) -> Any:
    """The only value of a named query."""
    (value,) = await fetch_row(connection, query, **parameters)
    return value
