"""Interoperability of notes and keys: test vectors of Go's `golang.org/x/mod/sumdb/note` and of the
C2SP specification."""

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.feedback.journal.rules.checkpoints import (
    BadCheckpoint,
    BadKey,
    Checkpoint,
    SignatureWrong,
    SignedByAnother,
    Signer,
    Verifier,
    open_note,
    read_checkpoint,
)
from services.feedback.journal.rules.merkle import Frontier, leaf_hash

# From the documentation of Go's note package.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb"
    "6KE6RyyBwJnAM=\n"
)
GO_SECOND = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33W"
    "Wd1RvMc+QQ=\n"
)
# From c2sp.org/signed-note.
C2SP_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuw"
    "HjG1Yu72IneyaQM=\n"
)
ORIGIN = "panel.example.org/journal"
SIGNER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
ROOT = sha256(b"root").digest()


def go_signer() -> Signer:
    seed = base64.b64decode(GO_PRIVATE.split("+", 4)[4])[1:]
    return Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed))


def test_a_note_signed_here_equals_the_one_that_go_signs() -> None:
    assert go_signer().sign_text(GO_TEXT) == f"{GO_TEXT}\n{GO_SIGNATURE}"
    assert str(go_signer().verifier) == GO_KEY


@pytest.mark.parametrize(
    ("note", "key", "text"),
    [
        (f"{GO_TEXT}\n{GO_SIGNATURE}", GO_KEY, GO_TEXT),
        (f"{GO_TEXT}\n{GO_SIGNATURE}{GO_SECOND}", GO_KEY, GO_TEXT),
        (f"{GO_TEXT}\n{GO_SECOND}{GO_SIGNATURE}", GO_KEY, GO_TEXT),
        (C2SP_NOTE, C2SP_KEY, "This is an example message.\n"),
    ],
)
def test_notes_of_other_implementations_are_read(note: str, key: str, text: str) -> None:
    assert open_note(note, [Verifier.parse(key)]) == text


@given(st.integers(0, len(GO_KEY) - 1), st.integers(0, len(GO_KEY)))
def test_a_part_of_a_key_is_no_key(start: int, end: int) -> None:
    if GO_KEY[start:end] != GO_KEY:
        with pytest.raises(BadKey):
            Verifier.parse(GO_KEY[start:end])


@given(st.integers(0, len(GO_KEY) - 1))
def test_a_key_with_one_other_character_is_no_key(at: int) -> None:
    mangled = GO_KEY[:at] + chr(ord(GO_KEY[at]) + 1) + GO_KEY[at + 1 :]
    with pytest.raises(BadKey):
        Verifier.parse(mangled)


@pytest.mark.parametrize(
    "key",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "+00000000+AQ==",
    ],
)
def test_keys_of_another_kind_are_refused(key: str) -> None:
    with pytest.raises(BadKey):
        Verifier.parse(key)


@given(st.integers(0, 10**15))
def test_a_checkpoint_is_read_as_it_was_signed(size: int) -> None:
    note = SIGNER.sign(size, ROOT)
    assert read_checkpoint(note, [SIGNER.verifier]) == Checkpoint(ORIGIN, size, ROOT)


@given(st.data())
def test_no_character_of_a_checkpoints_text_can_change(data: st.DataObject) -> None:
    note = SIGNER.sign(1204, ROOT)
    text = note.rpartition("\n\n")[0]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != text[at]))
    with pytest.raises(BadCheckpoint):
        read_checkpoint(note[:at] + other + note[at + 1 :], [SIGNER.verifier])


def test_a_checkpoint_by_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(SignedByAnother):
        read_checkpoint(OTHER.sign(3, ROOT), [SIGNER.verifier])
    assert read_checkpoint(OTHER.sign(3, ROOT), [SIGNER.verifier, OTHER.verifier]).size == 3


def test_a_signature_of_another_text_is_refused() -> None:
    _, _, signature = SIGNER.sign(3, ROOT).rpartition("\n\n")
    with pytest.raises(SignatureWrong):
        read_checkpoint(f"{Checkpoint(ORIGIN, 4, ROOT).text}\n{signature}", [SIGNER.verifier])


def test_a_journals_key_signs_no_other_journal() -> None:
    note = SIGNER.sign_text(Checkpoint("elsewhere.example/journal", 3, ROOT).text)
    with pytest.raises(BadCheckpoint):
        read_checkpoint(note, [SIGNER.verifier])


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n03\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n-3\n{base64.b64encode(ROOT).decode()}\n",
        f"{ORIGIN}\n3\n{base64.b64encode(ROOT[:31]).decode()}\n",
        f"{ORIGIN}\n3\nnot base64\n",
        f"{ORIGIN}\n3\n",
        f"{ORIGIN}\n3\n{base64.b64encode(ROOT).decode()}\nmore\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadCheckpoint):
        read_checkpoint(SIGNER.sign_text(text), [SIGNER.verifier])


@pytest.mark.parametrize(
    "note", ["", "\n\n", "text\n", f"{GO_TEXT}\n— x y\n", f"{GO_TEXT}\n- PeterNeumann AAAA\n"]
)
def test_a_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(BadCheckpoint):
        read_checkpoint(note, [SIGNER.verifier])


def test_a_tree_and_its_checkpoint_are_those_that_go_verifies() -> None:
    """By `tlog.TreeHash` and `note.Open` of golang.org/x/mod."""
    tree = Frontier()
    tree.extend(leaf_hash(b"entry %d" % number) for number in range(1234))
    note = SIGNER.sign(tree.size, tree.root())
    assert note.startswith(f"{ORIGIN}\n1234\nHtDZpGwnCBMUTXrAmG8gsoEnP1Xghkksce7453O4eSU=\n\n— ")
    assert read_checkpoint(note, [SIGNER.verifier]).root == tree.root()
