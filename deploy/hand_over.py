"""Hand each container its own keys, owned by its user, and nothing else.

Usage: python -m deploy.hand_over SECRETS VOLUMES      (the job `keys` of deploy/compose.yaml)

It may run while containers use their keys: each file is replaced as a whole, so that a reader gets
the old key or the new one.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.kafka.acls import SERVICES, SETUP

_PANEL = (10001, 10001)
_ROOT = (0, 0)
# Optional secrets that an operator adds beside those of bootstrap, and the doctor needs as well.
_MAIL_PASSWORD = "smtp_password"  # noqa: S105  a file's name

Chown = Callable[[Path, int, int], None]


@dataclass(frozen=True)
class Share:
    """Keys of one container: file name in its volume → file in the folder of secrets."""

    volume: str
    owner: tuple[int, int]
    files: dict[str, Path]


def shares(secrets: Path) -> Iterator[Share]:
    for name in (*SERVICES, SETUP, "proxy"):
        yield Share(name, _PANEL, _all_of(secrets / name))
    authority = {"authority": secrets / "registry" / "authority"}
    password = secrets / "registry" / _MAIL_PASSWORD
    yield Share(
        "doctor",
        _PANEL,
        {name: secrets / name / "database_dsn" for name in SERVICES}
        | authority
        | {"kafka_password": secrets / SETUP / "kafka_password"}
        | ({_MAIL_PASSWORD: password} if password.exists() else {}),
    )
    yield Share(
        "backup",
        _ROOT,
        {name: secrets / SETUP / name for name in SERVICES}
        | authority
        | {"recipient": secrets / "backup" / "recipient"},
    )
    yield Share("kafka", (1000, 1000), _all_of(secrets / "kafka"))
    yield Share("postgres", (999, 999), _all_of(secrets / "postgres"))
    yield Share("grafana", (472, 0), _all_of(secrets / "grafana"))


def hand_over(secrets: Path, volumes: Path, chown: Chown = os.chown) -> None:
    for share in shares(secrets):
        folder = volumes / share.volume
        for name, source in share.files.items():
            _replace(folder / name, source.read_bytes(), share.owner, chown)
        for path in folder.iterdir():
            if path.name not in share.files:
                path.unlink()
        chown(folder, *share.owner)


def _replace(path: Path, content: bytes, owner: tuple[int, int], chown: Chown) -> None:
    draft = path.with_name(f".{path.name}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.chmod(0o400)
    chown(draft, *owner)
    draft.replace(path)


def _all_of(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in folder.iterdir()}


def main() -> int:
    if len(sys.argv) != 3:
        print("usage: python -m deploy.hand_over SECRETS VOLUMES", file=sys.stderr)
        return 64
    secrets, volumes = map(Path, sys.argv[1:])
    try:
        hand_over(secrets, volumes)
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: run deploy/bootstrap first.", file=sys.stderr)
        return 66
    return 0


if __name__ == "__main__":
    sys.exit(main())
