"""Settings of feedback, beside those of every service."""

import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, SecretStr, field_validator

from services.feedback.journal.rules.checkpoints import Signer, is_name
from services.runtime.settings import TracedSettings, WebAddress
from services.runtime.text import Language


class FeedbackSettings(TracedSettings):
    public_url: WebAddress = Field(
        description="public address of the public account, in reports' links and feeds"
    )
    decide_within_days: int = Field(
        60,
        ge=1,
        description="days after the end of a collection by which every proposal is to be decided",
    )
    journal_key: SecretStr = Field(
        description="Ed25519 private key as JWK, signs the journal's checkpoints"
    )
    journal_origin: str = Field(
        description="name of the journal, for good: an address without scheme, such as"
        " panel.example.org/journal"
    )
    sign_every_seconds: float = Field(
        60, gt=0, description="seconds between two checks whether the journal has grown"
    )

    content_language: Language = Field(
        "fr",
        description="language of mandates, proposals and decisions, for screen readers",
    )
    responses_url: WebAddress | None = Field(
        None,
        description="public address of responses, whose pages show how contributions were read",
    )

    @property
    def journal_signer(self) -> Signer:
        return Signer(self.journal_origin, _private_key(self.journal_key))

    @field_validator("public_url", "responses_url")
    @classmethod
    def no_final_slash(cls, url: str | None) -> str | None:
        return url and url.rstrip("/")

    @field_validator("journal_key")
    @classmethod
    def key_is_ed25519(cls, key: SecretStr) -> SecretStr:
        _private_key(key)
        return key

    @field_validator("journal_origin")
    @classmethod
    def origin_is_a_name(cls, origin: str) -> str:
        if not is_name(origin):
            raise ValueError("must have neither spaces nor plus signs")
        return origin


def _private_key(jwk: SecretStr) -> Ed25519PrivateKey:
    try:
        key = OKPKey.import_key(json.loads(jwk.get_secret_value())).private_key
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("must be an Ed25519 private key as JWK") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("must be an Ed25519 private key as JWK")
    return key
