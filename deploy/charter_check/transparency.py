"""The transparency journal as the judge reads it: the public file, verified with code of its own.

The key is the one that the stack was given, not the one that the service shows.
"""

import base64
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

import asyncpg
import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deploy.demo.waiting import TookTooLong, until
from deploy.local.endpoints import Endpoints
from deploy.local.errors import TRUSTED
from deploy.local.keys import keys_in
from services.runtime.postgres.database import Queries
from services.runtime.text import Text

sql = Queries("deploy.charter_check")
SIGNED_WITHIN = 10.0
_NOT_SIGNED = Text(fr="le journal n'est pas signé", en="the journal is not signed")


@dataclass(frozen=True)
class PublicJournal:
    """file: as anybody gets it. entries: what the database holds. key: raw Ed25519."""

    file: bytes = b""
    entries: Sequence[str] = ()
    key: bytes = bytes(32)


async def read(
    endpoints: Endpoints, feedback: "asyncpg.Connection[asyncpg.Record]"
) -> PublicJournal:
    """Once what was there when asked has been signed, or should have been."""
    upto = await feedback.fetchrow(sql.journal_length)
    assert upto is not None

    async def signed() -> bool:
        now = await feedback.fetchrow(sql.journal_length)
        return now is not None and (now["signed"] or 0) >= upto["entries"]

    with contextlib.suppress(TookTooLong):  # what no signature covers is counted as wrong
        await until(signed, _NOT_SIGNED, SIGNED_WITHIN)
    held = [row["body"] for row in await feedback.fetch(sql.journal_bodies)][: upto["entries"]]
    async with httpx.AsyncClient(trust_env=False, verify=TRUSTED, timeout=60) as client:
        answer = await client.get(f"{endpoints.url('feedback')}/journal.jsonl")
    file = answer.content if answer.is_success else b""
    public = keys_in(endpoints.data_dir).journal.as_dict(private=False)["x"]
    return PublicJournal(file, held, base64.urlsafe_b64decode(f"{public}=="))


def journal_verifies(journal: PublicJournal) -> tuple[int, int]:
    """Entries looked at; and those that differ, are not covered or are not in the file, with the
    checkpoints that do not hold."""
    leaves: list[bytes] = []
    texts: list[str] = []
    covered, wrong = 0, 0

    @cache
    def root(start: int, end: int) -> bytes:
        """RFC 6962 §2.1, of the leaves from start to before end."""
        if end - start == 1:
            return leaves[start]
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return sha256(b"\x01" + root(start, middle) + root(middle, end)).digest()

    for line in journal.file.split(b"\n")[:-1]:
        if line.startswith(b'{"entry":'):
            text = line[len(b'{"entry":') : -1]
            wrong += json.loads(text)["number"] != len(texts)
            texts.append(text.decode())
            leaves.append(sha256(b"\x00" + text).digest())
            continue
        covered = len(leaves)
        expected = root(0, covered) if covered else sha256().digest()
        wrong += not _holds(json.loads(line)["checkpoint"], journal.key, covered, expected)
    wrong += len(texts) - covered
    wrong += sum(held != text for held, text in zip(journal.entries, texts, strict=False))
    wrong += max(0, len(journal.entries) - len(texts))
    return max(len(texts), len(journal.entries)), wrong


def _holds(note: str, key: bytes, size: int, root: bytes) -> bool:
    text, _, signature = note.rpartition("\n\n")
    signed = base64.b64decode(signature.split()[-1])[4:]
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, f"{text}\n".encode())
    except InvalidSignature:
        return False
    _, promised, digest = text.split("\n")
    return (promised, digest) == (str(size), base64.b64encode(root).decode())
