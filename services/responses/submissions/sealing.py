"""Sealed responses: encrypted and padded from submission until they are opened together.

The database, its dumps and its write-ahead log hold responses in order of arrival. Without the key,
which is configuration and never in the database, they do not show what a response says. Padding
hides how long it is: up to about three pages all sealed responses have the same size, as a few
sizes would let the holder of an early dump match long contributions with the time of their
arrival. Longer ones show their length within a factor of two (docs/privacy.md).

If the keys are lost, every response received since the last opening is lost.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.runtime.crypto.encryption import Encrypted, Encryptor

# With its row, a box of this size fills one page of PostgreSQL (8 kB) and needs no TOAST table.
_SMALLEST_BYTES = 7_936


@dataclass(frozen=True)
class Response:
    """The form content that a participant submits, without the language of the page.

    `agreed_below_floor`: it may be opened even if fewer participate than the anonymity floor.
    `echo`: in base64url."""

    questionnaire_version: int
    answers: dict[str, Any]
    agreed_below_floor: bool
    echo: str | None = None


def seal(encryptor: Encryptor, project_id: UUID, response: Response) -> Encrypted:
    """Pad with trailing blanks, which JSON ignores, then encrypt."""
    plaintext = orjson.dumps(response)
    size = _SMALLEST_BYTES
    while size < len(plaintext):
        size *= 2
    return encryptor.encrypt(plaintext.ljust(size), project_id)


def unseal(encryptor: Encryptor, project_id: UUID, box: Encrypted) -> Response:
    """Raises KeyError for a key that is not configured, InvalidTag for a changed row."""
    return Response(**orjson.loads(encryptor.decrypt(box, project_id)))
