"""Verification of a journal of a million entries on one core.

The file has the form of `/journal.jsonl`, with a checkpoint for each thousand entries.
"""

import asyncio
import tempfile
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.feedback.journal.rules.checkpoints import Signer
from services.feedback.journal.rules.entries import Entry
from services.feedback.journal.rules.journal_file import (
    checkpoint_line,
    entry_line,
    lines_of,
    verify,
)
from services.feedback.journal.rules.merkle import Frontier, leaf_hash
from tests.benchmarks.measure import Figure, timed

SIGNED_EVERY = 1_000
PROMISED_SECONDS = 30.0
_DAY = date(2026, 11, 24)
_REASON = "Quatre appels sur dix viennent de là : la date sera dite à la première ligne. " * 3


async def verification(entries: int) -> list[Figure]:
    return await asyncio.to_thread(_verification, entries)


def _verification(entries: int) -> list[Figure]:
    signer = Signer("panel.example.org/journal", Ed25519PrivateKey.generate())
    with tempfile.TemporaryDirectory(prefix="panel-journal-") as directory:
        file = Path(directory) / "journal.jsonl"
        _write(file, signer, entries)
        with timed() as watch, file.open("rb") as lines:
            start = time.process_time()
            verified = verify(lines_of(lines), [signer.verifier])
            busy = time.process_time() - start
        with timed() as bare, file.open("rb") as lines:
            for line in lines:
                sha256(line).digest()
        size = file.stat().st_size
    assert verified.entries == entries
    detail = (
        f"{entries:,} entries and {verified.checkpoints:,} checkpoints, {size / 1e6:,.0f} MB,"
        f" {busy:.1f} s of one core; hashing each line alone takes {bare.seconds:.1f} s"
    )
    promised = PROMISED_SECONDS * entries / 1_000_000
    return [Figure("journal verified", watch.seconds, promised, False, "s", detail)]


def _write(file: Path, signer: Signer, entries: int) -> None:
    tree = Frontier()
    with file.open("wb") as out:
        for number in range(entries):
            body = _entry(number).body(number, _DAY)
            out.write(entry_line(body))
            tree.append(leaf_hash(body.encode()))
            if tree.size % SIGNED_EVERY == 0 or tree.size == entries:
                out.write(checkpoint_line(signer.sign(tree.size, tree.root())))


def _entry(number: int) -> Entry:
    """A published decision, as most entries are."""
    subject = sha256(number.to_bytes(8, "big")).hexdigest()
    content = {
        "project_id": subject[:32],
        "proposal_id": subject[32:],
        "proposal_version": 1,
        "outcome": "retained",
        "reason": _REASON,
        "decided_by": {"name": "M. Bernard", "role": "directeur"},
        "decided_on": _DAY.isoformat(),
        "next_step": "Récrire le premier paragraphe",
        "due_on": "2027-04-01",
        "owner": "Service du courrier",
    }
    return Entry("decision", subject[32:], 1, content)
