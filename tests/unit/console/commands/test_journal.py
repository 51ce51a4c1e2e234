"""`panel journal verify` needs the file and the public key, and says in words what it found."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console.commands.journal import KINDS as WORDS
from panel import main
from services.feedback.journal.rules.checkpoints import Signer
from services.feedback.journal.rules.entries import KINDS, Entry
from services.feedback.journal.rules.journal_file import checkpoint_line, entry_line
from services.feedback.journal.rules.merkle import Frontier, leaf_hash

SIGNER = Signer("panel.example.org/journal", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer("panel.example.org/journal", Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
KEY = str(SIGNER.verifier)


def write_journal(
    folder: Path, entries: int, signed: int | None = None, reason: str = "Oui."
) -> Path:
    """A journal of `entries`, of which the first `signed` are covered."""
    tree, lines = Frontier(), []
    for number in range(entries):
        entry = Entry("decision", "", 1, {"reason": reason, "proposal_id": str(number)})
        body = entry.body(number, date(2026, 11, 24))
        lines.append(entry_line(body))
        tree.append(leaf_hash(body.encode()))
        if number + 1 == (signed or entries):
            note = SIGNER.sign(tree.size, tree.root())
            lines.append(checkpoint_line(note))
            (folder / "seen.txt").write_text(note, encoding="utf-8")
    file = folder / "journal.jsonl"
    file.write_bytes(b"".join(lines))
    return file


def verify(
    capsys: pytest.CaptureFixture[str], file: Path, *more: str, key: str = KEY, lang: str = "en"
) -> tuple[int, str, str]:
    status = main.run(["journal", "verify", str(file), "--key", key, "--lang", lang, *more])
    out, err = capsys.readouterr()
    return status, " ".join(out.split()), " ".join(err.split())


def test_an_intact_journal_is_said_to_be_intact_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_journal(tmp_path, 5)
    status, out, _ = verify(capsys, file)
    assert status == 0
    assert "The journal is intact: 5 entries, from 2026-11-24 to 2026-11-24" in out
    assert "5 decision" in out
    assert "nobody can know whether newer entries are missing" in out
    assert "Journal intact : 5 inscriptions" in verify(capsys, file, lang="fr")[1]
    (tmp_path / "key.txt").write_text(f"{KEY}\n")
    assert verify(capsys, file, key=str(tmp_path / "key.txt"))[0] == 0


def test_programs_are_answered_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_journal(tmp_path, 5)
    status, out, _ = verify(capsys, file, "--json")
    assert (status, json.loads(out)["entries"]) == (0, 5)
    assert json.loads(out)["kinds"] == {"decision": 5}


def test_a_journal_that_continues_what_was_seen_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_journal(tmp_path, 3)
    earlier = tmp_path / "earlier.txt"
    (tmp_path / "seen.txt").rename(earlier)
    file = write_journal(tmp_path, 8)
    status, out, _ = verify(capsys, file, "--checkpoint", str(earlier))
    assert (status, "It continues what you had seen" in out) == (0, True)
    rewritten = write_journal(tmp_path, 8, reason="Jamais promis.")
    status, _, err = verify(capsys, rewritten, "--checkpoint", str(earlier))
    assert (status, "history was rewritten" in err) == (2, True)
    cut = write_journal(tmp_path, 2)
    status, _, err = verify(capsys, cut, "--checkpoint", str(earlier))
    assert (status, "covered 3 entries; this file has only 2" in err) == (2, True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [lines[0], *lines[2:]], "Line 2: entry 1 was expected"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "Line 1: entry 0 was expected"),
        (
            lambda lines: [lines[0].replace(b"Oui", b"Non"), *lines[1:]],
            "Line 6: these are not the entries that were signed",
        ),
        (lambda lines: [*lines[:4], *lines[5:]], "covers 5 entries; 4 come before it"),
        (lambda lines: lines[:-1], "no checkpoint: nothing in it is signed"),
        (lambda lines: [*lines, b"x"], "Line 7: neither an entry nor a checkpoint"),
    ],
)
def test_the_first_thing_that_is_wrong_is_said_and_the_status_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: object, sentence: str
) -> None:
    file = write_journal(tmp_path, 5)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(change(lines)))  # type: ignore[operator]
    status, out, err = verify(capsys, file)
    assert (status, out) == (2, "")
    assert sentence in err


def test_entries_that_no_signature_covers_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = verify(capsys, write_journal(tmp_path, 5, signed=3))
    assert status == 2
    assert "Entries 3 to 4 come after the last checkpoint: no signature covers them." in err


def test_another_key_no_key_and_no_file_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_journal(tmp_path, 2)
    status, _, err = verify(capsys, file, key=str(OTHER.verifier))
    assert (status, "None of the given keys has signed this checkpoint" in err) == (2, True)
    status, _, err = verify(capsys, file, key=KEY[:-4])
    assert (status, "This public key cannot be read" in err) == (2, True)
    status, _, err = verify(capsys, tmp_path / "none.jsonl")
    assert (status, "This file cannot be read" in err) == (2, True)


def test_a_file_is_shown_without_a_stack_and_cannot_speak_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_journal(tmp_path, 3, reason="[red]Non\x1b[31m")
    assert main.run(["journal", "show", str(file), "--last", "2", "--lang", "en"]) == 0
    out, _ = capsys.readouterr()
    assert out.count("decision") == 2
    assert "[red]Non" in out
    assert "\x1b[31m" not in out


def test_every_kind_of_entry_has_its_words() -> None:
    assert set(WORDS) == set(KINDS)


def test_verifying_touches_neither_servers_nor_network(tmp_path: Path) -> None:
    """Nothing that speaks to one is even loaded."""
    file = write_journal(tmp_path, 3)
    program = (
        "import sys; from panel.main import run;"
        f"assert run(['journal', 'verify', {str(file)!r}, '--key', {KEY!r}]) == 0;"
        "loaded = {'httpx', 'asyncpg', 'aiokafka', 'fastapi'} & set(sys.modules);"
        "assert not loaded, loaded"
    )
    completed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert completed.returncode == 0, completed.stderr
