"""What an operator configures for responses, beside what every service needs."""

from pydantic import Field, SecretStr, field_validator

from services.runtime.sealing import sealing_keys
from services.runtime.settings import Settings


class ResponsesSettings(Settings):
    campaigns_url: str = Field(
        description="public address of campaigns, where the answer page gets credentials"
    )
    answer_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64 that seal answers until they are opened;"
        " the first encrypts, all decrypt"
    )
    open_every_seconds: float = Field(
        5, gt=0, description="pause between two looks for answers that may be opened"
    )

    @field_validator("answer_keys")
    @classmethod
    def keys_are_complete(cls, keys: SecretStr) -> SecretStr:
        sealing_keys(keys.get_secret_value())
        return keys

    @field_validator("campaigns_url")
    @classmethod
    def no_final_slash(cls, url: str) -> str:
        return url.rstrip("/")
