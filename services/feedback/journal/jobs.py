"""The clock edge: sign the journal when it has grown."""

from services.feedback.journal import use_cases
from services.feedback.journal.rules.checkpoints import Signer
from services.runtime.service import Service


def register(service: Service, signer: Signer, every_seconds: float) -> None:
    async def sign_checkpoint() -> None:
        async with service.database.transaction() as conn:
            await use_cases.sign_checkpoint(conn, service.clock, signer)

    service.every(every_seconds, "sign_checkpoint", sign_checkpoint)
