"""Forward-only migrations: numbered SQL files, applied once each, in order, never edited.

After a rollback of the software, an older version finds files applied that it does not have. It may
run, as migrations only add; those named `…_contract_…` remove something, and end that way back.

The checksum of an applied file is stored; a file that changed afterwards prevents the start: two
databases that both claim number 7 would no longer be the same.
"""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

from services.runtime.postgres.database import Connection
from services.runtime.postgres.locks import AdvisoryLock


class MigrationConflict(Exception):
    """The files applied in the database are not those of the code."""


@dataclass(frozen=True)
class Migration:
    origin: str
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def of_package(package: str) -> list[Migration]:
    folder = files(package).joinpath("migrations")
    return [
        Migration(package.rpartition(".")[2], file.name, file.read_text())
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".sql")
    ]


def for_service(package: str) -> list[Migration]:
    """The runtime's own tables, then the service's."""
    return [*of_package("services.runtime"), *of_package(package)]


async def missing(
    conn: Connection, migrations: list[Migration], *, rolled_back: bool = False
) -> list[Migration]:
    """Migrations not applied yet, in order. Needs the table `schema_migration`.

    `rolled_back`: accept applied files that are newer than this code, if they only added.
    Raises MigrationConflict when an applied file was changed or is unknown to this code.
    """
    applied = {
        (row["origin"], row["name"]): row["checksum"]
        for row in await conn.fetch("SELECT origin, name, checksum FROM schema_migration")
    }
    checksums = {(m.origin, m.name): m.checksum for m in migrations}
    for key, checksum in applied.items():
        if key not in checksums:
            if rolled_back and _only_added_later(key, migrations):
                continue
            raise MigrationConflict(f"{'/'.join(key)} was applied by a newer version")
        if checksums[key] != checksum:
            raise MigrationConflict(f"{'/'.join(key)} was changed after it was applied")
    return [m for m in migrations if (m.origin, m.name) not in applied]


def _only_added_later(applied: tuple[str, str], migrations: list[Migration]) -> bool:
    origin, name = applied
    newest = max((m.name for m in migrations if m.origin == origin), default="")
    return name > newest and "_contract_" not in name


async def migrate(conn: Connection, migrations: list[Migration]) -> list[str]:
    """Apply the missing migrations, each in a transaction; return their names.

    Raises MigrationConflict when an applied file was changed, or is unknown to this code and
    removed something.
    """
    await conn.execute("SELECT pg_advisory_lock($1)", AdvisoryLock.MIGRATION)
    try:
        await conn.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (origin text, name text,"
            " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),"
            " PRIMARY KEY (origin, name))"
        )
        applied = []
        for migration in await missing(conn, migrations, rolled_back=True):
            async with conn.transaction():
                await conn.execute("SET LOCAL lock_timeout = '10s'")
                await conn.execute(migration.sql)
                await conn.execute(
                    "INSERT INTO schema_migration (origin, name, checksum) VALUES ($1, $2, $3)",
                    migration.origin,
                    migration.name,
                    migration.checksum,
                )
            applied.append(f"{migration.origin}/{migration.name}")
        return applied
    finally:
        await conn.execute("SELECT pg_advisory_unlock($1)", AdvisoryLock.MIGRATION)
