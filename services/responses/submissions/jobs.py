"""The clock edge: sealed answers are opened, collections ended. One transaction for each."""

from random import Random

from services.responses.submissions import use_cases_opening as opening
from services.runtime.crypto.encryption import Encryptor
from services.runtime.service import Service


def register(service: Service, chance: Random, encryptor: Encryptor, every_seconds: float) -> None:
    async def open_sealed() -> None:
        async with service.database.read_only() as conn:
            waiting = await opening.waiting(conn)
        for project_id in waiting:
            async with service.database.transaction() as conn:
                await opening.open_sealed(conn, service.clock, chance, encryptor, project_id)

    service.every(every_seconds, "open_sealed", open_sealed)
