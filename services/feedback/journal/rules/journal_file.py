"""The journal as a file that anybody can keep and verify, with nothing but a public key.

One line for each entry, in the order of their numbers from 0, and one for each checkpoint, right
after the last entry it promises:

    {"entry":{"number":0,"on":"2026-11-24","kind":"mandate",…}}
    {"checkpoint":"panel.example.org/journal\\n1\\n…\\n\\n— panel.example.org/journal …\\n"}

What is hashed of an entry are the bytes between `{"entry":` and the last `}` of its line, as they
are: nothing is parsed and written again. Every byte of every entry is thereby under a signature.
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
    """In constant memory, whatever the file is; a line that is too long comes in pieces."""
    return iter(lambda: file.readline(LARGEST_LINE_BYTES), b"")


class JournalBroken(Refusal):
    """The first thing that is wrong; nothing after it was looked at."""

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
        fr="Ligne {line} : l'inscription {number} était attendue, une autre est là. Une inscription"
        " a été modifiée, retirée, ajoutée, doublée ou déplacée.",
        en="Line {line}: entry {number} was expected, another one is there. An entry was altered,"
        " dropped, inserted, doubled or moved.",
    )


class EntriesMissing(JournalBroken):
    sentence = Text(
        fr="Ligne {line} : ce point de contrôle promet {size} inscriptions, {number} le précèdent.",
        en="Line {line}: this checkpoint promises {size} entries; {number} come before it.",
    )


class EntriesAltered(JournalBroken):
    """Between the checkpoint before, which still holds, and this one."""

    sentence = Text(
        fr="Ligne {line} : les inscriptions signées ne sont pas celles-ci. Parmi les numéros"
        " {first} à {last}, au moins une a été modifiée.",
        en="Line {line}: the entries that were signed are not these. At least one of numbers"
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

    def say(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data, why=self.why.say(language))


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
        fr="Le point de contrôle vu auparavant promettait d'autres inscriptions 0 à {last} :"
        " l'histoire a été réécrite.",
        en="The checkpoint seen earlier promised other entries 0 to {last}: history was rewritten.",
    )
    way_out = Text(
        fr="Gardez les deux : ensemble, ils le prouvent à n'importe qui.",
        en="Keep both: together they prove it to anybody.",
    )


class HistoryCut(JournalBroken):
    sentence = Text(
        fr="Le point de contrôle vu auparavant promettait {size} inscriptions ; ce fichier n'en a"
        " que {number}.",
        en="The checkpoint seen earlier promised {size} entries; this file has only {number}.",
    )
    way_out = HistoryRewritten.way_out


@dataclass
class Verified:
    """What was found to hold. `kinds` counts entries; days are those of the first and the last."""

    entries: int = 0
    checkpoints: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first_on: str | None = None
    last_on: str | None = None
    newest: Checkpoint | None = None
    seen: int = 0


def verify(
    lines: Iterable[bytes], verifiers: Sequence[Verifier], seen: Sequence[Checkpoint] = ()
) -> Verified:
    """That every entry is the one that was signed, in its place, and none is missing.

    `seen`: checkpoints kept from earlier; the journal must begin with what they promised.
    Raises a JournalBroken for the first thing that is wrong."""
    keys = list(verifiers)
    promised: dict[int, set[bytes]] = {}
    for one in seen:
        promised.setdefault(one.size, set()).add(one.root)
    found = Verified(seen=len(seen))
    tree = Frontier()
    covered, last_line = -1, 0
    _compare(promised, tree)
    for last_line, line in enumerate(lines, 1):
        number = tree.size
        if line.startswith(_ENTRY) and line.endswith(_END):
            body = line[len(_ENTRY) : -len(_END)]
            if not body.startswith(b'{"number":%d,' % number):
                raise EntryOutOfPlace(line=last_line, number=number)
            _count(found, body, last_line, number)
            tree.append(leaf_hash(body))
            if promised:
                _compare(promised, tree)
        elif line.startswith(_CHECKPOINT) and line.endswith(_END):
            newest = _checkpoint(line, keys, last_line, number)
            if newest.size != number:
                raise EntriesMissing(line=last_line, size=newest.size, number=number)
            if newest.root != tree.root():
                raise EntriesAltered(line=last_line, first=max(covered, 0), last=number - 1)
            found.newest, covered = newest, number
            found.checkpoints += 1
        else:
            raise LineUnreadable(line=last_line, number=number)
    found.entries = tree.size
    if promised:
        raise HistoryCut(size=min(promised), number=tree.size)
    if found.newest is None:
        raise NothingSigned
    if covered < tree.size:
        raise EntriesUncovered(first=covered, last=tree.size - 1)
    return found


def _compare(promised: dict[int, set[bytes]], tree: Frontier) -> None:
    if (roots := promised.pop(tree.size, None)) is not None and roots != {tree.root()}:
        raise HistoryRewritten(last=tree.size - 1)


def _count(found: Verified, body: bytes, line: int, number: int) -> None:
    try:
        entry = orjson.loads(body)
        found.kinds[entry["kind"]] += 1
        found.last_on = str(entry["on"])
    except (ValueError, KeyError, TypeError):
        raise LineUnreadable(line=line, number=number) from None
    if number == 0:
        found.first_on = found.last_on


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
