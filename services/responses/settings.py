"""Settings of responses, beside those of every service."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from services.runtime.crypto.encryption import encryption_keys
from services.runtime.settings import Settings, WebAddress


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3-compatible object store; `url` ends with its name."""

    url: str
    region: str
    key: str
    secret: SecretStr


class ResponsesSettings(Settings):
    campaigns_url: WebAddress = Field(
        description="public address of campaigns, where the answer page gets credentials"
    )
    answer_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64 that seal responses until they are opened;"
        " the first encrypts, all decrypt"
    )
    open_every_seconds: float = Field(
        5, gt=0, description="pause between two checks for responses that may be opened"
    )
    document_store_url: str | None = Field(
        None,
        description="S3-compatible store of documents: its address, a slash, and the bucket;"
        " absent: PostgreSQL",
    )
    document_store_region: str = Field("us-east-1", description="region, as the store names it")
    document_store_key: str | None = Field(None, description="access key id of the store")
    document_store_secret: SecretStr | None = Field(None, description="secret of that key")

    @model_validator(mode="after")
    def document_store_is_complete(self) -> Self:
        parts = (self.document_store_url, self.document_store_key, self.document_store_secret)
        if any(parts) and not all(parts):
            raise ValueError("PANEL_DOCUMENT_STORE_URL, _KEY and _SECRET are given together")
        if self.document_store_url is not None:
            url = urlsplit(self.document_store_url)
            bucket = url.path.strip("/")
            if url.scheme not in ("https", "http") or not bucket or "/" in bucket:
                raise ValueError("PANEL_DOCUMENT_STORE_URL must look like https://host/bucket")
            if url.scheme == "http" and self.mode != "local":
                raise ValueError("PANEL_DOCUMENT_STORE_URL must be https in production")
        return self

    @property
    def bucket(self) -> Bucket | None:
        url, region = self.document_store_url, self.document_store_region
        key, secret = self.document_store_key, self.document_store_secret
        return Bucket(url, region, key, secret) if url and key and secret else None

    @field_validator("answer_keys")
    @classmethod
    def keys_are_complete(cls, keys: SecretStr) -> SecretStr:
        encryption_keys(keys.get_secret_value())
        return keys

    @field_validator("campaigns_url")
    @classmethod
    def no_final_slash(cls, url: str) -> str:
        return url.rstrip("/")
