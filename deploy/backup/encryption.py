"""Encryption of dumps with age: the key that encrypts cannot decrypt."""

import gzip
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

import pyrage

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class WrongKey(Refusal):
    sentence = Text(
        fr="Cette clé n'ouvre pas la sauvegarde.", en="This key does not open the backup."
    )
    way_out = Text(
        fr="Rien n'a été changé. Il faut l'identité age pour laquelle elle a été faite.",
        en="Nothing was changed. It takes the age identity that the backup was made for.",
    )


def new_identity() -> tuple[str, str]:
    """Generate a key pair: (secret identity, public recipient), in age's text form."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(identity: str) -> str:
    """Derive the public key of an identity. Raises WrongKey."""
    return str(read_identity(identity).to_public())


class HashingWriter(io.RawIOBase):
    """Writer that counts and hashes the bytes that pass through it."""

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


@contextmanager
def opened(file: Path, key: "pyrage.x25519.Identity") -> Iterator[gzip.GzipFile]:
    """Decrypt and decompress a file as a stream. Raises WrongKey, at the latest at its end."""
    reading, writing = os.pipe()
    refused: list[Exception] = []

    def decrypt() -> None:
        with file.open("rb") as sealed, os.fdopen(writing, "wb") as pipe:
            try:
                pyrage.decrypt_io(sealed, pipe, [key])
            except BrokenPipeError:
                pass  # The reader has failed, and reports its own error.
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


def read_identity(identity: str) -> "pyrage.x25519.Identity":
    """Parse an identity file, whose comments begin with #. Raises WrongKey."""
    lines = [line for line in identity.splitlines() if line and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(lines[0].strip())
    except (IndexError, pyrage.IdentityError) as error:
        raise WrongKey from error
