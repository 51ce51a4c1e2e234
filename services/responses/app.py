"""Wiring of responses: questionnaires, the answer page, and what participants write."""

import random
from collections.abc import Iterable

from services.responses import api, consumers, jobs, pages
from services.responses.pages.postbox import Postbox
from services.responses.settings import ResponsesSettings
from services.responses.shelves import Shelves
from services.responses.store import collections
from services.responses.use_cases import synthesis
from services.responses.use_cases.recovery import recovery
from services.runtime.crypto.encryption import Sealer
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: ResponsesSettings) -> Service:
    service = Service("responses", settings)
    sealer = Sealer(settings.answer_keys.get_secret_value())
    chance = random.SystemRandom()  # what shuffles words must not be predictable
    postbox = Postbox(service.database, service.clock, chance, sealer)
    shelves = Shelves(settings.document_store)
    consumers.register(service)
    jobs.register(service, chance, sealer, settings.open_every_seconds)
    service.api.include_router(api.router(service, shelves, chance))
    service.takes_large_bodies(
        r"/api/collections/[^/]+/documents|/api/questionnaires/imports|/answer/.+"
    )
    service.api.include_router(
        pages.router(
            service.database,
            service.clock,
            postbox,
            shelves,
            f"{settings.campaigns_url}/credentials",
        )
    )
    # Read every few seconds, a counter of requests would say when answers came, and so would one of
    # what their page is made of: only staff and machines are counted.
    service.leaves_no_trace(r"/(?!(api|health|metrics)(/|$)).*")
    service.republished_by(lambda conn: synthesis.republish(conn, service.clock))
    service.recovers_by(recovery(service.clock))
    service.measured_by(measure)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    counts = await collections.count_collections(conn)
    return [
        Sample("collections", "collections by state", count, {"state": state})
        for state, count in counts.items()
    ]
