"""Saving: write the manifest and, for each database, a plain dump, compressed and encrypted.

A backup gets its name only when it is complete and on the disk.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage

from deploy.backup.encryption import HashingWriter
from deploy.backup.manifest import LONGEST_KEPT, MANIFEST, Manifest, Saved
from deploy.backup.postgres_tools import (
    DatabaseFailed,
    ErrorOutput,
    check_backup,
    environment,
    query_value,
    server_version,
    tool,
    tool_version,
)
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_UNFINISHED = ".unfinished"
_NAMED = "%Y-%m-%dT%H-%M-%SZ"


class KeptTooLong(Refusal):
    sentence = Text(
        fr="Les sauvegardes se gardent {most} jours au plus.",
        en="Backups are kept for {most} days at most.",
    )


def save(dsns: Mapping[str, str], folder: Path, recipient: str, instant: datetime) -> Path:
    """Back up these databases into a new folder inside `folder` and return it.

    Raises DatabaseFailed, ToolsTooOld.
    """
    for name, dsn in dsns.items():
        check_backup(server_version(name, dsn))
    backup = folder / instant.astimezone(UTC).strftime(_NAMED)
    draft = backup.with_name(backup.name + _UNFINISHED)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        databases = {name: _dump(name, dsn, draft, recipient) for name, dsn in dsns.items()}
        manifest = Manifest(saved_at=instant, databases=databases)
        _durable(draft / MANIFEST, manifest.model_dump_json(indent=2))
        draft.rename(backup)
        _sync(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for name, dsn in dsns.items():
        query_value(name, dsn, "saved", saved_at=instant.isoformat())
    return backup


def forget(folder: Path, instant: datetime, keep: timedelta = LONGEST_KEPT) -> list[Path]:
    """Delete and return the backups in `folder` older than `keep`. Raises KeptTooLong."""
    if keep > LONGEST_KEPT:
        raise KeptTooLong(most=LONGEST_KEPT.days)
    old = []
    for path in sorted(folder.iterdir()):
        made_at = _made_at(path)
        if made_at is not None and instant - made_at > keep:
            shutil.rmtree(path)
            old.append(path)
    return old


def _made_at(path: Path) -> datetime | None:
    """Read the time from the name: an interrupted backup has dumps and no readable manifest."""
    try:
        return datetime.strptime(path.name.removesuffix(_UNFINISHED), f"{_NAMED[:-1]}%z")
    except ValueError:
        return None


def _dump(service: str, dsn: str, folder: Path, recipient: str) -> Saved:
    migrations_applied = tuple(query_value(service, dsn, "applied").splitlines())
    path = _private(folder / f"{service}.sql.gz.age")
    command = [tool("pg_dump"), "--format=plain", "--no-owner", "--compress=gzip:3"]
    with (
        subprocess.Popen(
            command, env=environment(dsn), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as dump,
        path.open("wb") as file,
    ):
        assert dump.stdout is not None
        complaints = ErrorOutput(dump.stderr)
        sealed = HashingWriter(file)
        pyrage.encrypt_io(dump.stdout, sealed, [pyrage.x25519.Recipient.from_str(recipient)])
        if dump.wait():
            raise DatabaseFailed(service=service, said=complaints.text)
        file.flush()
        os.fsync(file.fileno())
    return Saved(
        file=path.name,
        bytes=sealed.count,
        sha256=sealed.digest.hexdigest(),
        server=server_version(service, dsn),
        tools=tool_version("pg_dump"),
        migrations=migrations_applied,
    )


def _durable(path: Path, text: str) -> None:
    with _private(path).open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Flush a folder, so that its entries survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path
