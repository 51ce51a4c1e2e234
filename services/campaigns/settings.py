"""What an operator configures for campaigns, beside what every service needs."""

from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, Json, SecretStr, field_validator

from services.runtime.crypto.encryption import encryption_keys
from services.runtime.settings import TracedSettings, WebAddress


class CampaignsSettings(TracedSettings):
    link_public_keys: Json[list[dict[str, Any]]] = Field(
        description="registry's public keys that sign members' links: JSON list of JWKs"
    )
    credential_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64 that seal the projects' signing keys;"
        " the first encrypts, all decrypt"
    )
    responses_url: WebAddress = Field(
        description="public address of responses, where participants answer; its pages alone may"
        " ask for credentials"
    )
    allocate_every_seconds: float = Field(
        5, gt=0, description="pause between two looks for campaigns that miss people"
    )

    @field_validator("link_public_keys")
    @classmethod
    def links_can_be_verified(cls, jwks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        try:
            for jwk in jwks:
                OKPKey.import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError):
            raise ValueError("must be a JSON list of public keys as JWK") from None
        return jwks

    @field_validator("credential_keys")
    @classmethod
    def keys_are_complete(cls, keys: SecretStr) -> SecretStr:
        encryption_keys(keys.get_secret_value())
        return keys

    @field_validator("responses_url")
    @classmethod
    def no_final_slash(cls, url: str) -> str:
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
