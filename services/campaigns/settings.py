"""What an operator configures for campaigns, beside what every service needs."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, Json, SecretStr, field_validator

from services.runtime.sealing import sealing_keys
from services.runtime.settings import TracedSettings


class CampaignsSettings(TracedSettings):
    link_public_keys: Json[list[dict[str, Any]]] = Field(
        description="registry's public keys that sign members' links: JSON list of JWKs"
    )
    credential_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64 that seal the projects' signing keys;"
        " the first encrypts, all decrypt"
    )
    responses_url: str = Field(
        description="public address of responses, where participants answer; its pages alone may"
        " ask for credentials"
    )
    allocate_every_seconds: float = Field(
        5, gt=0, description="pause between two looks for campaigns that miss people"
    )

    @field_validator("credential_keys")
    @classmethod
    def keys_are_complete(cls, keys: SecretStr) -> SecretStr:
        sealing_keys(keys.get_secret_value())
        return keys

    @field_validator("responses_url")
    @classmethod
    def is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must be an http or https address")
        return url.rstrip("/")

    @property
    def responses_origin(self) -> str:
        """As browsers write it in Origin: scheme, host, and the port unless it is the usual one."""
        parts = urlsplit(self.responses_url)
        usual = {"http": 80, "https": 443}[parts.scheme]
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        port = "" if parts.port in (None, usual) else f":{parts.port}"
        return f"{parts.scheme}://{host}{port}"
