"""Settings of a deployment's backups, from its environment."""

import os

import pyrage
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.settings import DatabaseUri, Environment, from_environment


class BackupSettings(Environment):
    """Databases of a deployment, each with the role that owns it, and the keys of its backups."""

    model_config = SettingsConfigDict(env_prefix="PANEL_BACKUP_")

    recipient: str = Field(description="age public key, to which backups are encrypted")
    identity: SecretStr | None = Field(
        None, description="age identity that opens them, to restore; where none is, nobody can"
    )
    registry_dsn: DatabaseUri = Field(
        description="PostgreSQL connection URI of the role that owns registry's tables"
    )
    campaigns_dsn: DatabaseUri = Field(description="the same of campaigns")
    responses_dsn: DatabaseUri = Field(description="the same of responses")
    feedback_dsn: DatabaseUri = Field(description="the same of feedback")

    @classmethod
    def from_variables(cls) -> "BackupSettings | None":
        """Read the settings from the environment; None if it has no PANEL_BACKUP_ variable.

        Raises WrongSettings.
        """
        if not any(name.startswith("PANEL_BACKUP_") for name in os.environ):
            return None
        return from_environment(cls)

    @field_validator("recipient")
    @classmethod
    def recipient_is_a_key(cls, recipient: str) -> str:
        try:
            pyrage.x25519.Recipient.from_str(recipient)
        except pyrage.RecipientError:
            raise ValueError("must be an age public key, age1…") from None
        return recipient

    def dsns(self) -> dict[str, str]:
        return {
            name.removesuffix("_dsn"): getattr(self, name).get_secret_value()
            for name in type(self).model_fields
            if name.endswith("_dsn")
        }
