"""Request of the response page to campaigns, across origins: one blind signature."""

from uuid import UUID

from pydantic import Field

from services.contracts.http import Command, View


class CredentialRequest(Command):
    """The ticket identifies the participant; the blinded request hides the credential."""

    ticket: str = Field(max_length=2048, description="the signed token of the invitation's link")
    project_id: UUID
    request: str = Field(
        min_length=512, max_length=683, description="blinded message, base64url without padding"
    )


class CredentialSignature(View):
    signature: str = Field(description="blind signature, base64url without padding")
