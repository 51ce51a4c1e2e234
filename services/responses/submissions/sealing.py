"""Answers between arrival and opening: encrypted, and padded so that length tells little.

The database, its dumps and its write-ahead log hold these boxes in order of arrival. Without the
key, which is configuration and never in the database, they do not say what was written. Nor how
much: up to about three pages all boxes are alike, as a few sizes would let who holds an early dump
match long contributions with who came when. What is longer shows within a doubling
(docs/privacy.md).

Losing the keys loses what is sealed: what came since the last opening.
"""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import orjson

from services.runtime.crypto.encryption import Encrypted, Encryptor

# A box of this size and its row fill one page of PostgreSQL (8 kB) and need no second table.
_SMALLEST_BYTES = 7_936


@dataclass(frozen=True)
class Letter:
    """One response, without the language in which its page was read.

    `agreed`: it may be opened even below the floor. `echo`: in base64url."""

    questionnaire_version: int
    answers: dict[str, Any]
    agreed: bool
    echo: str | None = None


def close(encryptor: Encryptor, project_id: UUID, letter: Letter) -> Encrypted:
    """JSON does not mind blanks at its end, so they are the padding."""
    plain = orjson.dumps(letter)
    size = _SMALLEST_BYTES
    while size < len(plain):
        size *= 2
    return encryptor.encrypt(plain.ljust(size), project_id)


def open_(encryptor: Encryptor, project_id: UUID, box: Encrypted) -> Letter:
    """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
    held = orjson.loads(encryptor.decrypt(box, project_id))
    # Boxes of an earlier version hold a language too, which goes no further.
    names = {field.name for field in fields(Letter)}
    return Letter(**{name: value for name, value in held.items() if name in names})
