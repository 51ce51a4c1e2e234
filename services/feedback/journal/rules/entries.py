"""Entries of the journal: promises and acts, with content that is public elsewhere already."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

import orjson

from services.runtime.refusal import Refusal
from services.runtime.text import Text


class EntryKind(StrEnum):
    MANDATE = "mandate"
    DECISION_MAKER = "decision_maker"
    ENDED_EARLY = "ended_early"
    DRAW_COMMITTED = "draw_committed"
    DRAW_REVEALED = "draw_revealed"
    # A revealed seed whose hash is not the commitment that was published.
    DRAW_CONTRADICTED = "draw_contradicted"
    DECISION = "decision"
    REPORT = "report"
    FOLLOW_UP = "follow_up"
    CORRECTION = "correction"


KINDS = tuple(kind.value for kind in EntryKind)


class NothingToCorrect(Refusal):
    status = 404
    sentence = Text(
        fr="Le journal n'a pas d'inscription {number}.", en="The journal has no entry {number}."
    )
    way_out = Text(
        fr="« panel journal show » les montre avec leurs numéros.",
        en="“panel journal show” lists them with their numbers.",
    )


class CorrectionWithoutReason(Refusal):
    status = 422
    sentence = Text(
        fr="Une correction doit dire ce qui est faux et pourquoi.",
        en="A correction must say what is wrong and why.",
    )
    way_out = Text(fr="Écrivez le motif.", en="Write the reason.")


class NotSignedYet(Refusal):
    status = 404
    sentence = Text(
        fr="Le journal n'a pas encore de point de contrôle signé.",
        en="The journal has no signed checkpoint yet.",
    )
    way_out = Text(fr="Réessayez dans un instant.", en="Try again in a moment.")


@dataclass(frozen=True)
class Entry:
    """A statement about `subject`, at a `version` that grows with each statement about it."""

    kind: str
    subject: str
    version: int
    content: dict[str, Any]

    @property
    def digest(self) -> bytes:
        return sha256(orjson.dumps(self.content, option=orjson.OPT_SORT_KEYS)).digest()

    def is_newer_than(self, last: "RecordedVersion | None") -> bool:
        """Whether the journal lacks it: a replay has an old version, a repetition the same text."""
        return last is None or (self.version > last.version and self.digest != last.digest)

    def body(self, number: int, on: date) -> str:
        """The exact text whose bytes are hashed and signed: one line, number and day first."""
        fields = {"number": number, "on": on.isoformat(), "kind": str(self.kind)} | self.content
        return orjson.dumps(fields).decode()


@dataclass(frozen=True)
class RecordedVersion:
    """The newest entry about a subject."""

    version: int
    digest: bytes


def commits_to(commitment: str, seed: str) -> bool:
    """Whether the seed was fixed before the draw: the commitment is its SHA-256, both in hex."""
    try:
        return sha256(bytes.fromhex(seed)).hexdigest() == commitment
    except ValueError:
        return False
