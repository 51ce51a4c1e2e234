"""Keys of a local stack, made once in its data directory, readable by its owner only.

In production each of them comes from the operator's configuration.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey

from deploy import backup

AES_BYTES = 32


@dataclass(frozen=True)
class Keys:
    """contact, lookup, credential and answer: base64; link, issuer, journal: Ed25519 key pairs."""

    contact: str
    lookup: str
    credential: str
    answer: str
    link: OKPKey
    issuer: OKPKey
    journal: OKPKey

    @property
    def link_private(self) -> str:
        return json.dumps(self.link.as_dict(private=True))

    @property
    def link_public(self) -> str:
        return json.dumps(self.link.as_dict(private=False))

    @property
    def journal_private(self) -> str:
        return json.dumps(self.journal.as_dict(private=True))


def keys_in(data_dir: Path) -> Keys:
    """The data directory's keys; those that do not exist yet are made."""
    folder = data_dir / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keys(
        contact=_read_or_make(folder / "contact.key", _random),
        lookup=_read_or_make(folder / "lookup.key", _random),
        credential=_read_or_make(folder / "credential.key", _random),
        answer=_read_or_make(folder / "answer.key", _random),
        link=OKPKey.import_key(json.loads(_read_or_make(folder / "link.jwk", _pair))),
        issuer=OKPKey.import_key(json.loads(_read_or_make(folder / "issuer.jwk", _pair))),
        journal=OKPKey.import_key(json.loads(_read_or_make(folder / "journal.jwk", _pair))),
    )


def backup_keys(data_dir: Path) -> tuple[str, str]:
    """(secret identity, public recipient) of the directory's backups; made on first use."""
    folder = data_dir / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = _read_or_make(folder / "backup.age", lambda: backup.new_identity()[0])
    return identity, backup.recipient_of(identity)


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(AES_BYTES)).decode()


def _pair() -> str:
    key = OKPKey.generate_key(
        "Ed25519", {"use": "sig", "alg": "Ed25519"}, private=True, auto_kid=True
    )
    return json.dumps(key.as_dict(private=True))


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(make())
        draft.rename(path)
    return path.read_text()
