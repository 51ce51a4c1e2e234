"""The file and the public key reveal any entry that was altered, dropped, inserted, duplicated or
moved, and any history rewritten since an earlier checkpoint."""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st

from services.feedback.journal.rules import journal_file
from services.feedback.journal.rules.checkpoints import Signer, read_checkpoint
from services.feedback.journal.rules.entries import Entry
from services.feedback.journal.rules.journal_file import (
    CheckpointRefused,
    EntriesAltered,
    EntriesMissing,
    EntriesUncovered,
    EntryOutOfPlace,
    HistoryCut,
    HistoryRewritten,
    JournalBroken,
    LineUnreadable,
    NothingSigned,
    Verified,
    checkpoint_line,
    entry_line,
    verify,
)
from services.feedback.journal.rules.merkle import Frontier, leaf_hash

SIGNER = Signer("panel.example.org/journal", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer("panel.example.org/journal", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEYS = [SIGNER.verifier]
DAY = date(2026, 11, 24)


def body(number: int, reason: str = "Trop cher.") -> str:
    return Entry("decision", str(number), 1, {"reason": reason}).body(number, DAY)


def journal(
    entries: int, checkpoints: Sequence[int] = (), signer: Signer = SIGNER, reason: str = "Oui."
) -> list[bytes]:
    """A journal as exported, signed at these sizes and at the end."""
    tree, lines = Frontier(), []
    signed = {*checkpoints, entries}
    for number in range(entries + 1):
        if number in signed:
            lines.append(checkpoint_line(signer.sign(number, tree.root())))
        if number < entries:
            text = body(number, reason)
            lines.append(entry_line(text))
            tree.append(leaf_hash(text.encode()))
    return lines


def checked(lines: Sequence[bytes], *earlier_notes: str) -> Verified:
    return verify(lines, KEYS, [read_checkpoint(note, KEYS) for note in earlier_notes])


def notes(lines: Sequence[bytes]) -> list[str]:
    return [json.loads(line)["checkpoint"] for line in lines if b'{"checkpoint"' in line]


journals = st.builds(
    journal, st.integers(1, 20), st.lists(st.integers(0, 20), max_size=4), st.just(SIGNER)
)


def entries_of(lines: Sequence[bytes]) -> list[int]:
    return [at for at, line in enumerate(lines) if line.startswith(b'{"entry":')]


@given(journals)
def test_a_journal_as_it_was_signed_is_intact(lines: list[bytes]) -> None:
    verified = checked(lines)
    assert verified.entries == len(entries_of(lines))
    assert verified.checkpoints == len(lines) - verified.entries
    assert verified.kinds["decision"] == verified.entries
    assert (verified.first_on, verified.last_on) == ("2026-11-24", "2026-11-24")


def test_an_empty_journal_is_intact_once_signed() -> None:
    assert checked(journal(0)).entries == 0
    with pytest.raises(NothingSigned):
        checked([])


@given(journals, st.data())
def test_an_entry_altered_in_any_byte_is_detected(lines: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(entries_of(lines)))
    line = bytearray(lines[at])
    position = data.draw(st.integers(0, len(line) - 1))
    line[position] ^= data.draw(st.integers(1, 255))
    lines[at] = bytes(line)
    # Split again as a file is read: an altered byte may split a line or join two.
    whole = b"".join(lines).splitlines(keepends=True)
    with pytest.raises(JournalBroken):
        checked(whole)


@given(journals, st.data())
def test_an_entry_with_bytes_put_in_or_taken_out_is_detected(
    lines: list[bytes], data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(entries_of(lines)))
    line = lines[at]
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    changed = line[:start] + data.draw(st.binary(max_size=6)) + line[end:]
    assume(changed != line)
    lines[at] = changed
    with pytest.raises(JournalBroken):
        checked(b"".join(lines).splitlines(keepends=True))


@given(journals, st.data())
def test_a_dropped_entry_is_detected(lines: list[bytes], data: st.DataObject) -> None:
    del lines[data.draw(st.sampled_from(entries_of(lines)))]
    with pytest.raises(JournalBroken):
        checked(lines)


@given(journals, st.data())
def test_a_doubled_entry_is_detected(lines: list[bytes], data: st.DataObject) -> None:
    line = lines[data.draw(st.sampled_from(entries_of(lines)))]
    lines.insert(data.draw(st.integers(0, len(lines))), line)
    with pytest.raises(JournalBroken):
        checked(lines)


@given(journals, st.data(), st.text(max_size=10), st.booleans())
def test_an_inserted_entry_is_detected_also_when_all_are_renumbered(
    lines: list[bytes], data: st.DataObject, reason: str, renumbered: bool
) -> None:
    at = data.draw(st.integers(0, len(lines)))
    number = len(entries_of(lines[:at]))
    lines.insert(at, entry_line(body(number, reason)))
    if renumbered:
        for number, index in enumerate(entries_of(lines)):
            entry = json.loads(lines[index])["entry"]
            lines[index] = entry_line(body(number, entry["reason"]))
    with pytest.raises(JournalBroken):
        checked(lines)


@given(journals, st.data())
def test_entries_in_another_order_are_detected_also_with_the_right_numbers(
    lines: list[bytes], data: st.DataObject
) -> None:
    places = entries_of(lines)
    for number, index in enumerate(places):
        lines[index] = entry_line(body(number, f"raison {number}"))
    tree = Frontier()
    tree.extend(leaf_hash(lines[index][9:-2]) for index in places)
    signed = checkpoint_line(SIGNER.sign(len(places), tree.root()))
    original = [lines[index] for index in places] + [signed]
    assert checked(original).entries == len(places)
    order = data.draw(st.permutations(range(len(places))))
    assume(order != sorted(order))
    with pytest.raises(JournalBroken):
        checked([original[index] for index in order] + [signed])
    moved = [entry_line(body(number, f"raison {index}")) for number, index in enumerate(order)]
    with pytest.raises(EntriesAltered):
        checked([*moved, signed])


@given(journals, st.data())
def test_an_earlier_checkpoint_of_a_longer_journal_reveals_a_cut(
    lines: list[bytes], data: st.DataObject
) -> None:
    cut = lines[: data.draw(st.integers(0, len(lines) - 1))]
    with pytest.raises(JournalBroken):
        checked(cut, notes(lines)[-1])


def test_the_first_fault_is_reported_with_its_line_and_number() -> None:
    lines = journal(6, [3])
    altered = [*lines[:2], lines[2].replace(b"Oui", b"Non"), *lines[3:]]
    with pytest.raises(EntriesAltered) as wrong:
        checked(altered)
    assert wrong.value.data == {"line": 4, "first": 0, "last": 2}
    with pytest.raises(EntriesAltered) as wrong:
        checked([*lines[:5], lines[5].replace(b"Oui", b"Non"), *lines[6:]])
    assert wrong.value.data == {"line": 8, "first": 3, "last": 5}
    with pytest.raises(EntryOutOfPlace) as wrong2:
        checked([*lines[:1], *lines[2:]])
    assert wrong2.value.data == {"line": 2, "number": 1}
    with pytest.raises(EntriesMissing) as wrong3:
        checked([*lines[:6], *lines[7:]])
    assert wrong3.value.data == {"line": 7, "size": 6, "number": 5}
    with pytest.raises(LineUnreadable) as wrong4:
        checked([*lines[:3], b"{}\n", *lines[3:]])
    assert wrong4.value.data == {"line": 4, "number": 3}
    with pytest.raises(LineUnreadable):
        checked([*lines[:-1], lines[-1][:-1]])


def test_entries_that_no_signature_covers_are_refused_and_reported() -> None:
    lines = [*journal(3), entry_line(body(3)), entry_line(body(4))]
    with pytest.raises(EntriesUncovered) as wrong:
        checked(lines)
    assert wrong.value.data == {"first": 3, "last": 4}
    assert "Entries 3 to 4 come after the last checkpoint" in wrong.value.message("en")


def test_a_journal_signed_by_another_key_is_refused() -> None:
    with pytest.raises(CheckpointRefused) as wrong:
        checked(journal(3, signer=OTHER))
    assert "None of the given keys has signed" in wrong.value.message("en")
    assert "Aucune des clés données" in wrong.value.message("fr")


def test_a_key_that_was_changed_is_given_with_the_one_before() -> None:
    lines = journal(3)
    tree = Frontier()
    tree.extend(leaf_hash(lines[index][9:-2]) for index in entries_of(lines))
    text = body(3)
    tree.append(leaf_hash(text.encode()))
    lines += [entry_line(text), checkpoint_line(OTHER.sign(4, tree.root()))]
    with pytest.raises(CheckpointRefused):
        checked(lines)
    assert verify(lines, [SIGNER.verifier, OTHER.verifier]).entries == 4


def test_an_earlier_checkpoint_reveals_a_rewritten_history() -> None:
    earlier_notes = notes(journal(8, [5]))
    anew = journal(12, reason="Jamais promis.")
    assert checked(anew).entries == 12
    for note in earlier_notes:
        with pytest.raises(HistoryRewritten):
            checked(anew, note)
    with pytest.raises(HistoryCut) as cut:
        checked(journal(5), *earlier_notes)
    assert cut.value.data == {"size": 8, "number": 5}
    assert checked(journal(12, [3]), *earlier_notes).earlier_checkpoints == 2


def test_checkpoints_that_contradict_each_other_cannot_both_hold() -> None:
    with pytest.raises(HistoryRewritten):
        checked(journal(5), notes(journal(5))[0], notes(journal(5, reason="Non."))[0])


def test_exactly_the_bytes_between_the_braces_are_hashed() -> None:
    """A few lines in any language can verify it."""
    lines = journal(1)
    leaf = sha256(b"\x00" + lines[0][len(b'{"entry":') : -len(b"}\n")]).digest()
    assert read_checkpoint(notes(lines)[0], KEYS).root == leaf
    assert json.loads(lines[0])["entry"]["number"] == 0
    # The same JSON in another notation has other bytes.
    spaced = json.dumps(json.loads(lines[0])).encode() + b"\n"
    with pytest.raises(JournalBroken):
        checked([spaced, *lines[1:]])


def test_a_file_is_read_in_constant_memory() -> None:
    class Endless:
        """A line that never ends."""

        requests = 0

        def readline(self, size: int) -> bytes:
            self.requests += 1
            return b"x" * size

    endless = Endless()
    with pytest.raises(LineUnreadable):
        verify(journal_file.lines_of(endless), KEYS)  # type: ignore[arg-type]
    assert endless.requests == 1
