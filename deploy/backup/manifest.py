"""`manifest.json`: the contents of a backup, and the age at which a backup is deleted."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.runtime.refusal import Refusal
from services.runtime.text import Text

# Backups are deleted by age, so that an erased member does not live on in them
# (docs/design.md, Erasure and restore).
LONGEST_KEPT = timedelta(days=35)
MANIFEST = "manifest.json"


class NoBackup(Refusal):
    sentence = Text(
        fr="Il n'y a pas de sauvegarde lisible dans {folder}.",
        en="There is no backup that can be read in {folder}.",
    )


class Saved(BaseModel):
    """One database's dump."""

    model_config = ConfigDict(frozen=True)

    file: str
    bytes: int
    sha256: str
    server: str
    """Version of the server that was backed up."""
    tools: str
    """Version of the pg_dump that wrote the dump."""
    migrations: tuple[str, ...]


class Manifest(BaseModel):
    """Contents of a backup; no dump is older than `saved_at`."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    saved_at: AwareDatetime
    databases: dict[str, Saved]


def read_manifest(backup: Path) -> Manifest:
    """Read the manifest of a backup. Raises NoBackup."""
    try:
        return Manifest.model_validate_json((backup / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise NoBackup(folder=backup) from error
