"""Job that opens sealed responses and ends collections: one transaction for each project."""

from random import Random

from services.responses.submissions import store
from services.responses.submissions.use_cases_opening import open_responses
from services.runtime.crypto.encryption import Encryptor
from services.runtime.service import Service


def register(
    service: Service, randomness: Random, encryptor: Encryptor, every_seconds: float
) -> None:
    async def open_sealed() -> None:
        async with service.database.read_only() as conn:
            project_ids = await store.list_projects_to_open(conn)
        for project_id in project_ids:
            async with service.database.transaction() as conn:
                await open_responses(conn, service.clock, randomness, encryptor, project_id)

    service.every(every_seconds, "open_sealed", open_sealed)
