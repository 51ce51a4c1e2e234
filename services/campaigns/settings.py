"""Settings of campaigns alone, beside those of every service."""

import json
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from pydantic import Field, Json, SecretStr, field_validator

from services.runtime.crypto.encryption import encryption_keys
from services.runtime.http.member_links import link_keys
from services.runtime.settings import TracedSettings, WebAddress


class CampaignsSettings(TracedSettings):
    link_public_keys: Json[list[dict[str, Any]]] = Field(
        description="registry's public keys that sign members' links: JSON list of JWKs"
    )
    credential_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64 that encrypt the projects' signing keys;"
        " the first encrypts, all decrypt"
    )
    responses_url: WebAddress = Field(
        description="public address of responses, where participants respond; its pages alone may"
        " request credentials"
    )
    allocate_every_seconds: float = Field(
        5, gt=0, description="pause between two allocations to campaigns with a gap"
    )

    @field_validator("link_public_keys")
    @classmethod
    def link_keys_are_public_jwks(cls, jwks: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
    def link_keys(self) -> KeySet:
        return link_keys(*(json.dumps(key) for key in self.link_public_keys))

    @property
    def responses_origin(self) -> str:
        """Origin as browsers write it: scheme, host, and the port unless it is the default."""
        parts = urlsplit(self.responses_url)
        default = {"http": 80, "https": 443}[parts.scheme]
        host = (parts.hostname or "").lower()
        host = f"[{host}]" if ":" in host else host
        port = "" if parts.port in (None, default) else f":{parts.port}"
        return f"{parts.scheme}://{host}{port}"
