"""What the journal says: what was promised and what was done, and only what is public anyway."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson

from services.runtime.refusal import Refusal
from services.runtime.text import Text

KINDS = (
    "mandate",
    "decision_maker",
    "ended_early",
    "draw_committed",
    "draw_revealed",
    "draw_contradicted",
    "decision",
    "report",
    "follow_up",
    "correction",
)


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
        fr="Une correction dit ce qui est faux et pourquoi.",
        en="A correction says what is wrong and why.",
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
    """Something to be told of `subject`, at a `version` that grows with each thing told of it.

    A version that is not newer than what was told of the subject, or says the same, tells nothing.
    """

    kind: str
    subject: str
    version: int
    content: dict[str, Any]

    @property
    def digest(self) -> bytes:
        return sha256(orjson.dumps(self.content, option=orjson.OPT_SORT_KEYS)).digest()

    def tells_more_than(self, last: "Told | None") -> bool:
        return last is None or (self.version > last.version and self.digest != last.digest)

    def body(self, number: int, on: date) -> str:
        """The exact text whose bytes are hashed and signed: one line, number and day first."""
        said = {"number": number, "on": on.isoformat(), "kind": self.kind} | self.content
        return orjson.dumps(said).decode()


@dataclass(frozen=True)
class Told:
    """The newest that was told of a subject."""

    version: int
    digest: bytes
