"""Comparison of a database's catalog with a freshly migrated one: same constraints, same rights.

The fresh database is created on the same server and dropped afterwards. Comparing whole catalogs
needs no list of rules, in which one could be forgotten. The caller applies the migrations, which
are the rules themselves.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg

from deploy.charter_check.database import fetch, fetch_value
from deploy.charter_check.panel import Migrate

if TYPE_CHECKING:
    from deploy.charter_check.database import Connection

RIGHT = "right"
Catalog = Mapping[tuple[str, str], str]

# Same grants as deploy/postgres/roles.sh, where the service's role does not own its tables.
_ROLES_APART = """
REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{service}";
GRANT USAGE ON SCHEMA public TO "{service}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{service}";
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO "{service}";
"""


@dataclass(frozen=True)
class Difference:
    """Difference in one entry of the catalog; None where the entry is absent."""

    kind: str
    name: str
    migrated: str | None
    present: str | None

    def __str__(self) -> str:
        how = "missing" if self.present is None else "added" if self.migrated is None else "changed"
        return f"{how}: {self.kind} {self.name}"


@dataclass(frozen=True)
class Comparison:
    """Number of rules and rights that the migrations make, and the entries that differ."""

    rules: int
    rights: int
    differences: Sequence[Difference]

    @property
    def other_rules(self) -> list[Difference]:
        return [difference for difference in self.differences if difference.kind != RIGHT]

    @property
    def other_rights(self) -> list[Difference]:
        return [difference for difference in self.differences if difference.kind == RIGHT]


async def listed(connection: "Connection") -> Catalog:
    rows = await fetch(connection, "catalog")
    return {(row["kind"], row["name"]): row["text"] for row in rows}


def differences(
    migrated: Catalog, present: Catalog, restored: Catalog | None = None
) -> list[Difference]:
    """List the differences; `restored` is the migrated catalog as it reads after a restore."""
    restored = restored or migrated
    return [
        Difference(*key, migrated.get(key), present.get(key))
        for key in sorted(migrated.keys() | present.keys())
        if present.get(key) not in (migrated.get(key), restored.get(key))
    ]


async def compare(dsn: str, service: str, connection: "Connection", migrate: Migrate) -> Comparison:
    """Compare a service's database, reached as a role that may create databases."""
    apart = await fetch_value(connection, "catalog_roles_apart", service=service)
    async with _fresh_database(dsn, service, connection, migrate, roles_apart=apart) as fresh:
        migrated = await listed(fresh)
        # A restore recreates triggers from their definitions, which PostgreSQL then prints with
        # fewer brackets.
        await fresh.execute(await fetch_value(fresh, "triggers_made_anew"))
        restored = await listed(fresh)
    rights = sum(kind == RIGHT for kind, _ in migrated)
    return Comparison(
        len(migrated) - rights,
        rights,
        differences(migrated, await listed(connection), restored),
    )


@asynccontextmanager
async def _fresh_database(
    dsn: str,
    service: str,
    connection: "Connection",
    migrate: Migrate,
    *,
    roles_apart: bool,
) -> AsyncIterator["Connection"]:
    name = f"check_{service}_{uuid4().hex}"
    await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        fresh = await asyncpg.connect(dsn, database=name)
        try:
            if roles_apart:
                await fresh.execute(_ROLES_APART.format(database=name, service=service))
            await migrate(fresh, service)
            yield fresh
        finally:
            await fresh.close()
    finally:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
