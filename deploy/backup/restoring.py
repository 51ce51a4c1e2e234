"""Restoring: databases return to their saved state, each in one transaction.

Their services catch up with the topics at their next start, before they serve or send anything.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.backup.encryption import opened, read_identity
from deploy.backup.manifest import LONGEST_KEPT, Manifest, NoBackup, read_manifest
from deploy.backup.postgres_tools import (
    SQL,
    DatabaseFailed,
    ErrorOutput,
    check_restore,
    environment,
    query_value,
    server_version,
    tool,
)
from services.runtime.postgres import migrations
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    import pyrage

_PIECE_BYTES = 1 << 20


class BackupDamaged(Refusal):
    sentence = Text(
        fr="Le fichier {file} n'est pas celui qui a été sauvegardé.",
        en="The file {file} is not the one that was saved.",
    )
    way_out = Text(
        fr="Rien n'a été changé. Prenez une autre copie, ou une autre sauvegarde.",
        en="Nothing was changed. Take another copy, or another backup.",
    )


class BackupTooOld(Refusal):
    sentence = Text(
        fr="Cette sauvegarde a {days} jours ; la plus ancienne qui puisse servir en a {most}.",
        en="This backup is {days} days old; the oldest that may be used is {most}.",
    )
    way_out = Text(
        fr="Prenez-en une plus récente : les sujets ne disent plus tout ce qui a suivi celle-ci.",
        en="Take a newer one: the topics no longer say all that has happened since this one.",
    )


class BackupOfNewerVersion(Refusal):
    sentence = Text(
        fr="Cette sauvegarde vient d'une version plus récente ({migrations}).",
        en="This backup is of a newer version ({migrations}).",
    )
    way_out = Text(fr="Installez d'abord cette version.", en="Install that version first.")


class StillServing(Refusal):
    sentence = Text(fr="{service} tourne encore : {who}.", en="{service} is still running: {who}.")
    way_out = Text(
        fr="Arrêtez-le, toutes ses répliques, puis recommencez. Rien n'a été changé.",
        en="Stop it, all its replicas, then try again. Nothing was changed.",
    )


class NotToldYet(Refusal):
    sentence = Text(
        fr="La base de {service} contient {n} événements que personne n'a encore appris : des"
        " départs peut-être.",
        en="The database of {service} holds {n} events that nobody has been told yet: departures"
        " perhaps.",
    )
    way_out = Text(
        fr="Démarrez-le une fois, Kafka accessible, pour qu'il les dise ; ou acceptez de les"
        " perdre : --lose-unsent. Rien n'a été changé.",
        en="Start it once, with Kafka in reach, so that it tells them; or accept to lose them:"
        " --lose-unsent. Nothing was changed.",
    )


def restore(
    backup: Path,
    dsns: Mapping[str, str],
    identity: str,
    instant: datetime,
    *,
    lose_unsent: bool = False,
) -> Iterator[str]:
    """Restore databases, each in one transaction, and yield the name of each when it is done.

    No replica of their services may run. `lose_unsent` accepts that events on the outbox are lost,
    which no other service has received.

    Raises NoBackup, BackupDamaged, BackupTooOld, BackupOfNewerVersion, BackupOfNewerServer,
    ToolsTooOld, WrongKey, StillServing, NotToldYet: no database has changed; or DatabaseFailed:
    those not yielded have not changed.
    """
    manifest = read_manifest(backup)
    key = read_identity(identity)
    for service, dsn in dsns.items():
        _check(backup, manifest, service, instant)
        saved = manifest.databases[service]
        check_restore(saved.server, saved.tools, server_version(service, dsn))
        if sessions := query_value(service, dsn, "sessions"):
            raise StillServing(service=service, who=", ".join(sessions.splitlines()))
        if not lose_unsent and (unsent := int(query_value(service, dsn, "unsent"))):
            raise NotToldYet(service=service, n=unsent)
    for service, dsn in dsns.items():
        file = backup / manifest.databases[service].file
        _load(service, dsn, file, key, manifest.saved_at)
        yield service


def _check(backup: Path, manifest: Manifest, service: str, instant: datetime) -> None:
    saved = manifest.databases.get(service)
    if saved is None:
        raise NoBackup(folder=backup)
    if (age := instant - manifest.saved_at) > LONGEST_KEPT:
        raise BackupTooOld(days=age.days, most=LONGEST_KEPT.days)
    known_migrations = {
        f"{m.origin}/{m.name}" for m in migrations.for_service(f"services.{service}")
    }
    if newer := set(saved.migrations) - known_migrations:
        raise BackupOfNewerVersion(migrations=", ".join(sorted(newer)))
    file = backup / saved.file
    if not file.is_file() or _digest(file) != saved.sha256:
        raise BackupDamaged(file=file)


def _load(
    service: str, dsn: str, file: Path, key: "pyrage.x25519.Identity", saved_at: datetime
) -> None:
    command = [tool("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"]
    command += [f"--set=saved_at={saved_at.isoformat()}", "--output", os.devnull]
    with subprocess.Popen(
        command,
        env=environment(dsn),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as psql:
        assert psql.stdin is not None
        complaints = ErrorOutput(psql.stderr)
        try:
            psql.stdin.write((SQL / "restore_begin.sql").read_bytes())
            with opened(file, key) as dump:
                shutil.copyfileobj(dump, psql.stdin, _PIECE_BYTES)
            # Only at its end is the dump known to be complete; until then nothing is committed.
            psql.stdin.write((SQL / "restore_end.sql").read_bytes())
            psql.stdin.flush()
        except BrokenPipeError:
            pass  # psql has stopped at an error and reports it.
        except BaseException:
            psql.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                psql.stdin.close()
        if psql.wait():
            raise DatabaseFailed(service=service, said=complaints.text)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
