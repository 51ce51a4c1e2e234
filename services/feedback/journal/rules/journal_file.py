"""The journal as a file that anybody can keep and verify, with nothing but a public key.

One line for each entry, in the order of their numbers from 0, and one for each checkpoint, right
after the last entry it covers:

    {"entry":{"number":0,"on":"2026-11-24","kind":"mandate",…}}
    {"checkpoint":"panel.example.org/journal\\n1\\n…\\n\\n— panel.example.org/journal …\\n"}

The hash of an entry covers the bytes between `{"entry":` and the last `}` of its line, unparsed:
every byte of every entry is thereby under a signature.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import orjson

from services.feedback.journal.rules.checkpoints import (
    BadCheckpoint,
    Checkpoint,
    Verifier,
    read_checkpoint,
)
from services.feedback.journal.rules.merkle import Frontier, leaf_hash
from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

LARGEST_LINE_BYTES = 4_000_000
_ENTRY, _CHECKPOINT, _END = b'{"entry":', b'{"checkpoint":', b"}\n"


def entry_line(body: str) -> bytes:
    return _ENTRY + body.encode() + _END


def checkpoint_line(note: str) -> bytes:
    return _CHECKPOINT + json.dumps(note, ensure_ascii=False).encode() + _END


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, in constant memory; a line that is too long comes in pieces."""
    return iter(lambda: file.readline(LARGEST_LINE_BYTES), b"")


class JournalBroken(Refusal):
    """The first fault of the file; the rest is not checked."""

    sentence = Text(fr="Ce journal n'est pas intact.", en="This journal is not intact.")


class LineUnreadable(JournalBroken):
    sentence = Text(
        fr="Ligne {line} : ni une inscription ni un point de contrôle, ou une ligne coupée."
        " L'inscription {number} était attendue.",
        en="Line {line}: neither an entry nor a checkpoint, or a line cut off."
        " Entry {number} was expected.",
    )


class EntryOutOfPlace(JournalBroken):
    sentence = Text(
        fr="Ligne {line} : l'inscription {number} était attendue, une autre est à sa place. Une"
        " inscription a été modifiée, retirée, ajoutée, dupliquée ou déplacée.",
        en="Line {line}: entry {number} was expected, another one is in its place. An entry was"
        " altered, dropped, inserted, duplicated or moved.",
    )


class EntriesMissing(JournalBroken):
    sentence = Text(
        fr="Ligne {line} : ce point de contrôle couvre {size} inscriptions, {number} le précèdent.",
        en="Line {line}: this checkpoint covers {size} entries; {number} come before it.",
    )


class EntriesAltered(JournalBroken):
    """An entry between the previous checkpoint, which still holds, and this one was altered."""

    sentence = Text(
        fr="Ligne {line} : ces inscriptions ne sont pas celles qui ont été signées. Au moins une"
        " des inscriptions {first} à {last} a été modifiée.",
        en="Line {line}: these are not the entries that were signed. At least one of the entries"
        " {first} to {last} was altered.",
    )


class CheckpointRefused(JournalBroken):
    def __init__(self, line: int, number: int, why: BadCheckpoint) -> None:
        super().__init__(line=line, number=number)
        self.why = why

    sentence = Text(
        fr="Ligne {line}, après {number} inscriptions : {why}",
        en="Line {line}, after {number} entries: {why}",
    )

    def message(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data, why=self.why.message(language))


class NothingSigned(JournalBroken):
    sentence = Text(
        fr="Ce fichier n'a aucun point de contrôle : rien n'y est signé.",
        en="This file has no checkpoint: nothing in it is signed.",
    )


class EntriesUncovered(JournalBroken):
    sentence = Text(
        fr="Les inscriptions {first} à {last} suivent le dernier point de contrôle : aucune"
        " signature ne les couvre.",
        en="Entries {first} to {last} come after the last checkpoint: no signature covers them.",
    )
    way_out = Text(
        fr="Demandez le journal de nouveau : un nouveau point de contrôle les couvre peut-être.",
        en="Ask for the journal again: a newer checkpoint may cover them.",
    )


class HistoryRewritten(JournalBroken):
    sentence = Text(
        fr="Le point de contrôle vu auparavant couvrait d'autres inscriptions 0 à {last} :"
        " l'histoire a été réécrite.",
        en="The checkpoint seen earlier covered other entries 0 to {last}: history was rewritten.",
    )
    way_out = Text(
        fr="Gardez les deux : ensemble, ils le prouvent à n'importe qui.",
        en="Keep both: together they prove it to anybody.",
    )


class HistoryCut(JournalBroken):
    sentence = Text(
        fr="Le point de contrôle vu auparavant couvrait {size} inscriptions ; ce fichier n'en a"
        " que {number}.",
        en="The checkpoint seen earlier covered {size} entries; this file has only {number}.",
    )
    way_out = HistoryRewritten.way_out


@dataclass
class Verified:
    """The result of a verification: `kinds` counts entries; days are of the first and the last."""

    entries: int = 0
    checkpoints: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first_on: str | None = None
    last_on: str | None = None
    newest: Checkpoint | None = None
    earlier_checkpoints: int = 0


def verify(
    lines: Iterable[bytes], verifiers: Sequence[Verifier], earlier: Sequence[Checkpoint] = ()
) -> Verified:
    """Verify that every entry is the one that was signed, in its place, and that none is missing.

    `earlier`: checkpoints kept from before; the journal must begin with the entries they cover.
    Raises a JournalBroken for the first fault."""
    keys = list(verifiers)
    roots_by_size: dict[int, set[bytes]] = {}
    for checkpoint in earlier:
        roots_by_size.setdefault(checkpoint.size, set()).add(checkpoint.root)
    verified = Verified(earlier_checkpoints=len(earlier))
    tree = Frontier()
    covered, last_line = -1, 0
    _compare(roots_by_size, tree)
    for last_line, line in enumerate(lines, 1):
        number = tree.size
        if line.startswith(_ENTRY) and line.endswith(_END):
            body = line[len(_ENTRY) : -len(_END)]
            if not body.startswith(b'{"number":%d,' % number):
                raise EntryOutOfPlace(line=last_line, number=number)
            _count(verified, body, last_line, number)
            tree.append(leaf_hash(body))
            if roots_by_size:
                _compare(roots_by_size, tree)
        elif line.startswith(_CHECKPOINT) and line.endswith(_END):
            newest = _checkpoint(line, keys, last_line, number)
            if newest.size != number:
                raise EntriesMissing(line=last_line, size=newest.size, number=number)
            if newest.root != tree.root():
                raise EntriesAltered(line=last_line, first=max(covered, 0), last=number - 1)
            verified.newest, covered = newest, number
            verified.checkpoints += 1
        else:
            raise LineUnreadable(line=last_line, number=number)
    verified.entries = tree.size
    if roots_by_size:
        raise HistoryCut(size=min(roots_by_size), number=tree.size)
    if verified.newest is None:
        raise NothingSigned
    if covered < tree.size:
        raise EntriesUncovered(first=covered, last=tree.size - 1)
    return verified


def _compare(roots_by_size: dict[int, set[bytes]], tree: Frontier) -> None:
    """Raises HistoryRewritten where an earlier checkpoint of this size has another root."""
    if (roots := roots_by_size.pop(tree.size, None)) is not None and roots != {tree.root()}:
        raise HistoryRewritten(last=tree.size - 1)


def _count(verified: Verified, body: bytes, line: int, number: int) -> None:
    try:
        entry = orjson.loads(body)
        verified.kinds[entry["kind"]] += 1
        verified.last_on = str(entry["on"])
    except (ValueError, KeyError, TypeError):
        raise LineUnreadable(line=line, number=number) from None
    if number == 0:
        verified.first_on = verified.last_on


def _checkpoint(line: bytes, keys: list[Verifier], at: int, number: int) -> Checkpoint:
    try:
        note = orjson.loads(line[len(_CHECKPOINT) : -len(_END)])
    except ValueError:
        raise LineUnreadable(line=at, number=number) from None
    if not isinstance(note, str):
        raise LineUnreadable(line=at, number=number)
    try:
        return read_checkpoint(note, keys)
    except BadCheckpoint as why:
        raise CheckpointRefused(at, number, why) from why
