"""HTTP models of responses: for staff, and for the response page."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from services.contracts.events.responses import CollectionPhase
from services.contracts.http import Strict, View
from services.contracts.http.questionnaires import Identifier, Questionnaire, Words


class DocumentView(View):
    """A document to test, cleaned. `url` is one path for everybody, on responses' origin."""

    id: UUID
    title: str
    media_type: Literal["application/pdf", "image/png", "image/jpeg", "text/html"]
    size: int = Field(description="bytes, after cleaning")
    pages: int | None = Field(None, description="of a PDF")
    url: str
    text: str | None = Field(
        None,
        description="what passages count in: `Passage.start` and `end` are places in it, in Unicode"
        " code points; absent where there is nothing to mark, as in an image",
    )


class CollectionView(View):
    """`sealed` responses wait to be opened together; `contributions` are open to readers."""

    project_id: UUID
    version: int
    title: str
    state: CollectionPhase
    questionnaire_version: int = Field(0, description="0 while there is none; frozen once ready")
    questionnaire: Questionnaire | None
    preview_path: str = Field(
        "", description="page that shows the questionnaire as members will see it"
    )
    ends_on: date | None = None
    anonymity_floor: int = 5
    credentials_issued: int | None = Field(
        None, description="known once collected; rounded down to a multiple of five"
    )
    answers_received: int = 0
    sealed: int = 0
    contributions: int = 0


class NotImported(View):
    """An element of an imported file that questionnaires do not support."""

    place: str = Field(description="the item's name in the imported file")
    reason: Words


class ImportedQuestionnaire(View):
    """A proposal to correct and save: importing saves nothing."""

    questionnaire: Questionnaire | None = Field(description="absent when no question was usable")
    not_imported: list[NotImported]


class AnswerPhase(StrEnum):
    NOT_YET = "not_yet"
    OPEN = "open"
    OVER = "over"


class DecidedBy(View):
    name: str
    role: str


class AnswerSheet(View):
    """Content of the response page, the same bytes for every member of a project.

    The page must check the unblinded signature with `credential_key`, never with a key that came
    with the signature: that defeats a signer who gives each member a key of their own.
    """

    project_id: UUID
    preview: bool = Field(False, description="preview for staff: nothing can be sent")
    state: AnswerPhase
    title: str
    why: str
    purpose: str
    decision_maker: DecidedBy
    personal_cases: Words = Field(description="contact for a personal situation")
    ends_on: date = Field(description="last day on which responses are accepted, in Paris")
    anonymity_floor: int = Field(description="below so many credentials nothing is opened")
    credential_key: dict[str, Any] | None = Field(description="public key, as a JWK")
    credentials_url: str = Field(description="address at which campaigns signs requests")
    questionnaire_version: int
    questionnaire: Questionnaire
    documents: list[DocumentView]


class Contribution(Strict):
    """Response that the response page sends once. `answers` maps question ids to
    `questionnaires.Answer`; questions that were not asked (their condition) or not answered are
    left out."""

    prepared: str = Field(description="RFC 9474 prepared message, 64 bytes in base64url")
    signature: str = Field(description="unblinded signature, in base64url")
    questionnaire_version: int
    language: Literal["fr", "en"] | None = Field(
        None,
        deprecated=True,
        description="accepted and not stored: it could identify a person",
    )
    answers: dict[Identifier, Any]
    echo: str | None = Field(
        None,
        description="16 bytes in base64url, derived from the seed on the device: by it the author's"
        " device alone recognises this contribution",
    )
    agree_below_floor: bool = Field(
        False, description="may be opened even if fewer take part than the floor"
    )


class Echoes(View):
    """Status of every open contribution of a project, each in one list, by the SHA-256 of its echo,
    in base64url. The same for everybody: a device searches for its own, so that a request reveals
    nothing about its sender; and as only the device has the echo itself, nobody can claim
    another's contribution by copying from here."""

    counted: list[str] = Field(description="open, and not read yet")
    read: list[str]
    personal_cases: list[str] = Field(description="read, and about a personal situation")


class Received(View):
    """`counted`: whether a response is stored under this receipt, which identifies nobody."""

    receipt: str = Field(description="first 50 bits of the SHA-256 of `prepared`, in base32, lower")
    counted: bool = True
