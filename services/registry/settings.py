"""Settings of registry. Keys come from the environment, never from a file."""

import base64
import binascii
import json

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, SecretStr, field_validator

from services.runtime.crypto.encryption import encryption_keys
from services.runtime.settings import Environment, Port, TracedSettings, WebAddress


class MailSettings(Environment):
    smtp_host: str = Field(description="mail server, the operator's smart host")
    smtp_port: Port = Field(description="its port")
    smtp_username: str | None = Field(None, description="user name at the mail server")
    smtp_password: SecretStr | None = Field(None, description="password of that user name")
    smtp_timeout_seconds: float = Field(
        30, gt=0, le=50, description="longest wait for one reply of the mail server"
    )
    mail_from: str = Field(description="sender of every message, e.g. panel@example.gouv.fr")


class RegistrySettings(MailSettings, TracedSettings):
    contact_keys: SecretStr = Field(
        description="JSON list of AES-256 keys in base64; the first encrypts, all decrypt"
    )
    lookup_key: SecretStr = Field(description="HMAC key in base64, for look-ups by address")
    link_signing_key: SecretStr = Field(description="Ed25519 private key as JWK, signs links")
    registry_url: WebAddress = Field(description="public address of this service, for links")
    campaigns_url: WebAddress = Field(description="public address of campaigns, for links")
    senders: int = Field(4, ge=1, description="messages sent at the same time by one process")

    @field_validator("contact_keys")
    @classmethod
    def keys_are_complete(cls, keys: SecretStr) -> SecretStr:
        encryption_keys(keys.get_secret_value())
        return keys

    @field_validator("lookup_key")
    @classmethod
    def lookup_key_is_long_enough(cls, key: SecretStr) -> SecretStr:
        try:
            long_enough = len(base64.b64decode(key.get_secret_value())) >= 32
        except binascii.Error:
            long_enough = False
        if not long_enough:
            raise ValueError("must be base64 of at least 32 bytes")
        return key

    @field_validator("link_signing_key")
    @classmethod
    def links_can_be_signed(cls, jwk: SecretStr) -> SecretStr:
        try:
            key = OKPKey.import_key(json.loads(jwk.get_secret_value()))
        except (JoseError, ValueError, TypeError, KeyError):
            key = None
        if key is None or key.curve_name != "Ed25519" or not key.is_private:
            raise ValueError("must be an Ed25519 private key as JWK") from None
        return jwk

    @field_validator("registry_url", "campaigns_url")
    @classmethod
    def no_final_slash(cls, url: str) -> str:
        return url.rstrip("/")
