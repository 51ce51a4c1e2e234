"""The clock edge: the journal is signed when it has grown."""

from services.feedback.journal import use_cases as journal
from services.feedback.journal.rules.checkpoints import Signer
from services.runtime.service import Service


def register(service: Service, signer: Signer, every_seconds: float) -> None:
    async def sign_checkpoint() -> None:
        async with service.database.transaction() as conn:
            await journal.sign_checkpoint(conn, service.clock, signer)

    service.every(every_seconds, "sign_checkpoint", sign_checkpoint)
