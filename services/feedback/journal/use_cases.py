"""Appending to the journal, correcting it and signing it.

`record` comes last in the caller's transaction: it locks the journal's head, so that numbers have
no gap and follow the order of the commits.
"""

from collections.abc import Sequence
from datetime import date

import structlog

from services.feedback.journal import store
from services.feedback.journal.rules import entries as rules
from services.feedback.journal.rules.checkpoints import Signer
from services.feedback.journal.rules.entries import Entry, EntryKind, RecordedVersion
from services.feedback.journal.rules.merkle import Frontier, leaf_hash
from services.feedback.journal.store import HashedEntry, SignedCheckpoint
from services.runtime.clock import Clock
from services.runtime.http.staff_tokens import Staff
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection

log = structlog.get_logger()


async def record(
    conn: Connection, clock: Clock, entries: Sequence[Entry], recorded_by: str | None = None
) -> list[int]:
    """Append the entries that the journal lacks; returns their numbers. Replays append nothing."""
    if not await _unrecorded(conn, entries):
        return []
    tree = await store.lock_head(conn)
    return await _append(conn, clock, tree, await _unrecorded(conn, entries), recorded_by)


async def correct(conn: Connection, clock: Clock, author: Staff, number: int, reason: str) -> int:
    """Append a correction of an entry, which itself stays. Returns the correction's number.

    Raises NothingToCorrect, CorrectionWithoutReason."""
    if not reason.strip():
        raise rules.CorrectionWithoutReason
    tree = await store.lock_head(conn)
    if not 0 <= number < tree.size:
        raise rules.NothingToCorrect(number=number)
    subject = str(number)
    content = {"corrects": number, "reason": reason.strip()}
    first = Entry(EntryKind.CORRECTION, subject, 1, content)
    last = (await store.find_recorded_versions(conn, [first])).get((first.kind, subject))
    correction = Entry(EntryKind.CORRECTION, subject, last.version + 1 if last else 1, content)
    (appended,) = await _append(conn, clock, tree, [correction], author.name)
    return appended


async def sign_checkpoint(conn: Connection, clock: Clock, signer: Signer) -> bool:
    """Sign the whole journal if it has grown since the last checkpoint; whether it has."""
    tree = await store.find_head(conn)
    last = await store.find_newest_checkpoint(conn)
    if last is not None and last.size >= tree.size:
        return False
    note = signer.sign(tree.size, tree.root())
    await store.insert_checkpoint(conn, tree.size, note, clock.today())
    return True


async def newest_checkpoint(conn: Connection) -> SignedCheckpoint:
    """Raises NotSignedYet."""
    checkpoint = await store.find_newest_checkpoint(conn)
    if checkpoint is None:
        raise rules.NotSignedYet
    return checkpoint


async def _unrecorded(conn: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """In their order, compared with one another too: two entries may share a subject."""
    recorded = await store.find_recorded_versions(conn, entries) if entries else {}
    unrecorded = []
    for entry in entries:
        subject = entry.kind, entry.subject
        if entry.is_newer_than(recorded.get(subject)):
            unrecorded.append(entry)
            recorded[subject] = RecordedVersion(entry.version, entry.digest)
    return unrecorded


async def _append(
    conn: Connection,
    clock: Clock,
    tree: Frontier,
    entries: Sequence[Entry],
    recorded_by: str | None,
) -> list[int]:
    """Append to a locked head, which is written first, as a trigger counts entries against it."""
    if not entries:
        return []
    first, today = tree.size, clock.today()
    hashed = [_hash(entry, number, today) for number, entry in enumerate(entries, first)]
    tree.extend(entry.leaf for entry in hashed)
    await store.update_head(conn, tree)
    await store.insert_entries(conn, first, hashed, recorded_by)
    await outbox.write_hint(conn, clock, "journal", str(tree.size - 1))
    for entry in entries:
        if entry.kind == EntryKind.DRAW_CONTRADICTED:
            log.error("draw_contradicted", **entry.content)
    return list(range(first, tree.size))


def _hash(entry: Entry, number: int, on: date) -> HashedEntry:
    body = entry.body(number, on)
    return HashedEntry(entry, body, leaf_hash(body.encode()))
