"""Verification of the transparency journal agrees with the journal and detects each fault."""

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.charter_check.transparency import PublicJournal, journal_verifies
from services.feedback.journal.rules.checkpoints import Signer
from services.feedback.journal.rules.entries import Entry
from services.feedback.journal.rules.journal_file import checkpoint_line, entry_line
from services.feedback.journal.rules.merkle import Frontier, leaf_hash

SIGNER = Signer("panel.example.org/journal", Ed25519PrivateKey.generate())


def published(entries: int, *signed: int) -> PublicJournal:
    tree, lines, bodies = Frontier(), [], []
    for number in range(entries + 1):
        if number in signed:
            lines.append(checkpoint_line(SIGNER.sign(number, tree.root())))
        if number < entries:
            body = Entry("decision", "", 1, {"reason": "Oui."}).body(number, date(2026, 11, 24))
            bodies.append(body)
            lines.append(entry_line(body))
            tree.append(leaf_hash(body.encode()))
    return PublicJournal(b"".join(lines), bodies, SIGNER.verifier.public)


@pytest.mark.parametrize("entries", range(20))
def test_a_journal_as_it_was_signed_holds(entries: int) -> None:
    assert journal_verifies(published(entries, *range(entries + 1))) == (entries, 0)
    assert journal_verifies(published(entries, entries)) == (entries, 0)


WHOLE = published(8, 3, 8)
LINES = WHOLE.file.splitlines(keepends=True)
OTHER = Ed25519PrivateKey.generate().public_key().public_bytes_raw()


@pytest.mark.parametrize(
    ("journal", "wrong"),
    [
        (replace(WHOLE, file=WHOLE.file.replace(b"Oui", b"Non", 1)), 3),
        (replace(WHOLE, file=b"".join(LINES[:-2] + LINES[-1:])), 2),
        (replace(WHOLE, key=OTHER), 2),
        (replace(WHOLE, file=b""), 8),
        (replace(WHOLE, entries=[*WHOLE.entries[:7], "changed behind the signature"]), 1),
        (published(8, 3), 5),
    ],
    ids=["altered", "dropped", "another key", "no file", "not what is stored", "not covered"],
)
def test_a_journal_that_is_not_the_signed_one_does_not(journal: PublicJournal, wrong: int) -> None:
    assert journal_verifies(journal) == (8, wrong)
