"""What an operator configures for campaigns, beside what every service needs."""

from typing import Any

from pydantic import Field, Json

from services.runtime.settings import Settings


class CampaignsSettings(Settings):
    link_public_keys: Json[list[dict[str, Any]]] = Field(
        description="registry's public keys that sign members' links: JSON list of JWKs"
    )
    allocate_every_seconds: float = Field(
        5, gt=0, description="pause between two looks for campaigns that miss people"
    )
