"""What an operator configures for feedback, beside what every service needs."""

from pydantic import Field, field_validator

from services.runtime.settings import Settings


class FeedbackSettings(Settings):
    public_url: str = Field(
        description="public address of the public account, in reports' links and feeds"
    )
    decide_within_days: int = Field(
        60,
        ge=1,
        description="days after the end of a collection by which every proposal is to be decided",
    )

    @field_validator("public_url")
    @classmethod
    def no_final_slash(cls, url: str) -> str:
        return url.rstrip("/")
