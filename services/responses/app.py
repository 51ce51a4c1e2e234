"""Wiring of responses: its routers, event handlers, jobs and measures."""

import random
from collections.abc import Iterable

from services.responses import recovery
from services.responses.collections import api as collections_api
from services.responses.collections import consumers
from services.responses.collections import store as collections
from services.responses.documents.document_store import Shelves
from services.responses.proposals import api as proposals_api
from services.responses.proposals import use_cases_synthesis
from services.responses.readings import api as readings_api
from services.responses.readings import pages as attention_page
from services.responses.results import api as results_api
from services.responses.settings import ResponsesSettings
from services.responses.submissions import answer_page, jobs, pages
from services.responses.submissions.intake import Postbox
from services.runtime.crypto.encryption import Encryptor
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: ResponsesSettings) -> Service:
    service = Service("responses", settings)
    encryptor = Encryptor(settings.answer_keys.get_secret_value())
    chance = random.SystemRandom()  # what shuffles words must not be predictable
    postbox = Postbox(service.database, service.clock, chance, encryptor)
    shelves = Shelves(settings.document_store)
    credentials_url = f"{settings.campaigns_url}/credentials"
    consumers.register(service)
    jobs.register(service, chance, encryptor, settings.open_every_seconds)
    for router in (
        collections_api.router(service, shelves),
        readings_api.router(service, chance),
        proposals_api.router(service),
        results_api.router(service),
        pages.router(service.database, service.clock, postbox, shelves, credentials_url),
        answer_page.router(credentials_url),
        attention_page.router(service.database, service.clock),
    ):
        service.api.include_router(router)
    service.allow_large_bodies(
        r"/api/collections/[^/]+/documents|/api/questionnaires/imports|/answer/.+"
    )
    # Read every few seconds, a counter of requests would say when answers came, and so would one of
    # what their page is made of: only staff and machines are counted.
    service.exclude_from_telemetry(r"/(?!(api|health|metrics)(/|$)).*")
    service.on_republish(lambda conn: use_cases_synthesis.republish(conn, service.clock))
    service.on_restore(recovery.recovery(service.clock))
    service.add_metrics(measure)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    counts = await collections.count_collections(conn)
    return [
        Sample("collections", "collections by state", count, {"state": state})
        for state, count in counts.items()
    ]
