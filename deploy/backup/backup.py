"""Backups: each database as PostgreSQL's own tools write it, sealed for whoever keeps the key.

A backup is a folder: `manifest.json` and, for each database, a plain dump, compressed, encrypted
with age (https://age-encryption.org/v1) to a public key. Who makes backups cannot read them. A
database is put back whole or not at all, alone or with the others, and says of itself that it was;
its service then catches up before it does anything else (services/runtime/messaging/recovery.py).
"""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import IO, Literal

import pyrage
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from deploy.backup.postgres_tools import (
    DatabaseFailed,
    ask,
    check_backup,
    check_restore,
    environment,
    server_version,
    tool,
    tool_version,
)
from services.runtime.postgres import migrations
from services.runtime.refusal import Refusal
from services.runtime.settings import DatabaseUri, Environment, from_environment
from services.runtime.text import Text

# Backups are deleted by age, so that an erased member does not live on in them
# (docs/design.md, Erasure and restore).
LONGEST_KEPT = timedelta(days=35)
MANIFEST = "manifest.json"
_UNFINISHED = ".unfinished"
_NAMED = "%Y-%m-%dT%H-%M-%SZ"
_PIECE = 1 << 20
_SQL = Path(__file__).parent / "sql"


class NoBackup(Refusal):
    sentence = Text(
        fr="Il n'y a pas de sauvegarde lisible dans {folder}.",
        en="There is no backup that can be read in {folder}.",
    )


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


class WrongKey(Refusal):
    sentence = Text(
        fr="Cette clé n'ouvre pas la sauvegarde.", en="This key does not open the backup."
    )
    way_out = Text(
        fr="Rien n'a été changé. Il faut l'identité age pour laquelle elle a été faite.",
        en="Nothing was changed. It takes the age identity that the backup was made for.",
    )


class KeptTooLong(Refusal):
    sentence = Text(
        fr="Les sauvegardes se gardent {most} jours au plus.",
        en="Backups are kept for {most} days at most.",
    )


class Saved(BaseModel):
    """One database's dump."""

    model_config = ConfigDict(frozen=True)

    file: str
    bytes: int
    sha256: str
    server: str
    # Of pg_dump; backups of before do not say.
    tools: str = ""
    migrations: tuple[str, ...]


class Manifest(BaseModel):
    """What a backup holds. `saved_at`: the moment that its databases show, or one just before."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    saved_at: AwareDatetime
    databases: dict[str, Saved]


class BackupSettings(Environment):
    """Of a deployment: its databases, each by the role that owns it, and the keys of backups."""

    model_config = SettingsConfigDict(env_prefix="PANEL_BACKUP_")

    recipient: str = Field(description="age public key, to which backups are encrypted")
    identity: SecretStr | None = Field(
        None, description="age identity that opens them, to restore; where none is, nobody can"
    )
    registry_dsn: DatabaseUri = Field(
        description="PostgreSQL connection URI of the role that owns registry's tables"
    )
    campaigns_dsn: DatabaseUri = Field(description="the same of campaigns")
    responses_dsn: DatabaseUri = Field(description="the same of responses")
    feedback_dsn: DatabaseUri = Field(description="the same of feedback")

    @classmethod
    def given(cls) -> "BackupSettings | None":
        """As the environment has them; none where it says nothing of backups.

        Raises WrongSettings.
        """
        if not any(name.startswith("PANEL_BACKUP_") for name in os.environ):
            return None
        return from_environment(cls)

    @field_validator("recipient")
    @classmethod
    def recipient_is_a_key(cls, recipient: str) -> str:
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise ValueError("must be an age public key, age1…") from None
        return recipient

    def dsns(self) -> dict[str, str]:
        return {
            name.removesuffix("_dsn"): getattr(self, name).get_secret_value()
            for name in type(self).model_fields
            if name.endswith("_dsn")
        }


def new_identity() -> tuple[str, str]:
    """(secret identity, public recipient) in age's own writing."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(identity: str) -> str:
    """The public key that goes with it. Raises WrongKey."""
    return str(_key(identity).to_public())


def save(dsns: Mapping[str, str], folder: Path, recipient: str, now: datetime) -> Path:
    """Back these databases up into a new folder inside `folder`, which is returned.

    It appears under its name only when complete. Raises DatabaseFailed, ToolsTooOld.
    """
    for name, dsn in dsns.items():
        check_backup(server_version(name, dsn))
    made = folder / now.astimezone(UTC).strftime(_NAMED)
    draft = made.with_name(made.name + _UNFINISHED)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        databases = {name: _dump(name, dsn, draft, recipient) for name, dsn in dsns.items()}
        manifest = Manifest(saved_at=now, databases=databases)
        _durable(draft / MANIFEST, manifest.model_dump_json(indent=2))
        draft.rename(made)
        _sync(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    for name, dsn in dsns.items():
        ask(name, dsn, "saved", saved_at=now.isoformat())
    return made


def forget(folder: Path, now: datetime, keep: timedelta = LONGEST_KEPT) -> list[Path]:
    """Delete the backups in `folder` that are older; returns them. Raises KeptTooLong."""
    if keep > LONGEST_KEPT:
        raise KeptTooLong(most=LONGEST_KEPT.days)
    old = []
    for path in sorted(folder.iterdir()):
        made_at = _made_at(path)
        if made_at is not None and now - made_at > keep:
            shutil.rmtree(path)
            old.append(path)
    return old


def _made_at(path: Path) -> datetime | None:
    """By its name: what was cut short has dumps in it, and no manifest that can be read."""
    try:
        return datetime.strptime(path.name.removesuffix(_UNFINISHED), f"{_NAMED[:-1]}%z")
    except ValueError:
        return None


def read(backup: Path) -> Manifest:
    """Raises NoBackup."""
    try:
        return Manifest.model_validate_json((backup / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise NoBackup(folder=backup) from error


def restore(
    backup: Path,
    dsns: Mapping[str, str],
    identity: str,
    now: datetime,
    *,
    lose_unsent: bool = False,
) -> Iterator[str]:
    """Put databases back, each in one transaction; yields each that is. None of their services'
    replicas may run. `lose_unsent`: also what a database holds that nobody was told yet.

    Raises NoBackup, BackupDamaged, BackupTooOld, BackupOfNewerVersion, BackupOfNewerServer,
    ToolsTooOld, WrongKey, StillServing, NotToldYet: every database is then as it was; or
    DatabaseFailed: those not yielded are.
    """
    manifest = read(backup)
    key = _key(identity)
    for service, dsn in dsns.items():
        _check(backup, manifest, service, now)
        saved = manifest.databases[service]
        check_restore(saved.server, saved.tools, server_version(service, dsn))
        if who := ask(service, dsn, "sessions"):
            raise StillServing(service=service, who=", ".join(who.splitlines()))
        if not lose_unsent and (unsent := int(ask(service, dsn, "unsent"))):
            raise NotToldYet(service=service, n=unsent)
    for service, dsn in dsns.items():
        file = backup / manifest.databases[service].file
        _load(service, dsn, file, key, manifest.saved_at)
        yield service


def _check(backup: Path, manifest: Manifest, service: str, now: datetime) -> None:
    saved = manifest.databases.get(service)
    if saved is None:
        raise NoBackup(folder=backup)
    if (age := now - manifest.saved_at) > LONGEST_KEPT:
        raise BackupTooOld(days=age.days, most=LONGEST_KEPT.days)
    ours = {f"{m.origin}/{m.name}" for m in migrations.for_service(f"services.{service}")}
    if newer := set(saved.migrations) - ours:
        raise BackupOfNewerVersion(migrations=", ".join(sorted(newer)))
    file = backup / saved.file
    if not file.is_file() or _digest(file) != saved.sha256:
        raise BackupDamaged(file=file)


def _dump(service: str, dsn: str, folder: Path, recipient: str) -> Saved:
    known = tuple(ask(service, dsn, "applied").splitlines())
    path = _private(folder / f"{service}.sql.gz.age")
    command = [tool("pg_dump"), "--format=plain", "--no-owner", "--compress=gzip:3"]
    with (
        subprocess.Popen(
            command, env=environment(dsn), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as dump,
        path.open("wb") as file,
    ):
        assert dump.stdout is not None
        said = _Gathered(dump.stderr)
        sealed = _Hashing(file)
        pyrage.encrypt_io(dump.stdout, sealed, [pyrage.x25519.Recipient.from_str(recipient)])
        if dump.wait():
            raise DatabaseFailed(service=service, said=said.text)
        file.flush()
        os.fsync(file.fileno())
    return Saved(
        file=path.name,
        bytes=sealed.count,
        sha256=sealed.digest.hexdigest(),
        server=server_version(service, dsn),
        tools=tool_version("pg_dump"),
        migrations=known,
    )


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
        said = _Gathered(psql.stderr)
        try:
            psql.stdin.write((_SQL / "restore_begin.sql").read_bytes())
            with _opened(file, key) as dump:
                shutil.copyfileobj(dump, psql.stdin, _PIECE)
            # Only now is the dump known to be whole: what is not committed is undone.
            psql.stdin.write((_SQL / "restore_end.sql").read_bytes())
            psql.stdin.flush()
        except BrokenPipeError:
            pass  # psql has stopped at an error, which it says.
        except BaseException:
            psql.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                psql.stdin.close()
        if psql.wait():
            raise DatabaseFailed(service=service, said=said.text)


class _Hashing(io.RawIOBase):
    """Counts and digests what is written through it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.count += len(data)
        return self._file.write(data)


class _Gathered:
    """A pipe read by a thread of its own, so that its writer never waits."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        self._pipe, self._data = pipe, b""
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        self._data = self._pipe.read()

    @property
    def text(self) -> str:
        self._thread.join()
        return " ".join(self._data.decode(errors="replace").split())[:500]


@contextmanager
def _opened(file: Path, key: "pyrage.x25519.Identity") -> Iterator[gzip.GzipFile]:
    """The dump inside an encrypted file. Raises WrongKey when it is left, at the latest."""
    reading, writing = os.pipe()
    refused: list[Exception] = []

    def decrypt() -> None:
        with file.open("rb") as sealed, os.fdopen(writing, "wb") as pipe:
            try:
                pyrage.decrypt_io(sealed, pipe, [key])
            except BrokenPipeError:
                pass  # Nobody reads any more, and says why.
            except (OSError, pyrage.DecryptError) as error:
                refused.append(error)

    thread = Thread(target=decrypt, daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as pipe, gzip.open(pipe) as dump:
            yield dump
    finally:
        thread.join()
    if refused:
        raise WrongKey from refused[0]


def _key(identity: str) -> "pyrage.x25519.Identity":
    """age's files say more in lines that begin with #."""
    lines = [line for line in identity.splitlines() if line and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0].strip())
    except (IndexError, pyrage.IdentityError) as error:
        raise WrongKey from error


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _durable(path: Path, text: str) -> None:
    with _private(path).open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """What was named in it stays so when the power fails."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path
