"""What an operator configures for campaigns, beside what every service needs."""

from typing import Any

from pydantic import Field

from services.runtime.settings import Settings as CommonSettings


class Settings(CommonSettings):
    link_public_keys: list[dict[str, Any]] = Field(
        description="registry's public keys (JSON list of JWKs) that members' links are signed with"
    )
    allocate_every_seconds: float = Field(
        5, gt=0, description="pause between two looks for campaigns that miss people"
    )
