"""Verification of the transparency journal's public file, with code and a key of its own.

The key is the operator's, not the one that the service publishes.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deploy.charter_check.database import fetch, fetch_row
from deploy.charter_check.panel import Panel

if TYPE_CHECKING:
    from deploy.charter_check.database import Connection

SIGNED_WITHIN_SECONDS = 10.0
_EVERY_SECONDS = 0.15


@dataclass(frozen=True)
class PublicJournal:
    """The public file, the database's entries, and the raw Ed25519 public key."""

    file: bytes = b""
    entries: Sequence[str] = ()
    key: bytes = bytes(32)


async def fetch_journal(panel: Panel, feedback: "Connection") -> PublicJournal:
    """Read the journal, once its present entries are signed, or should have been."""
    length = (await fetch_row(feedback, "journal_length"))["entries"]
    with contextlib.suppress(TimeoutError):  # an entry without a signature is counted as wrong
        async with asyncio.timeout(SIGNED_WITHIN_SECONDS):
            while ((await fetch_row(feedback, "journal_length"))["signed"] or 0) < length:  # noqa: ASYNC110
                await asyncio.sleep(_EVERY_SECONDS)
    bodies = [row["body"] for row in await fetch(feedback, "journal_bodies")][:length]
    async with httpx.AsyncClient(trust_env=False, verify=panel.tls, timeout=60) as client:
        response = await client.get(f"{panel.public_site}/journal.jsonl")
    return PublicJournal(
        response.content if response.is_success else b"", bodies, panel.journal_key
    )


def journal_verifies(journal: PublicJournal) -> tuple[int, int]:
    """Count entries, and those altered, unsigned or missing, with invalid checkpoints."""
    leaves: list[bytes] = []
    texts: list[str] = []
    covered, wrong = 0, 0

    @cache
    def root(start: int, end: int) -> bytes:
        """Merkle tree hash of leaves[start:end] (RFC 6962 §2.1)."""
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
    wrong += sum(body != text for body, text in zip(journal.entries, texts, strict=False))
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
