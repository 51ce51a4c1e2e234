"""Wiring of responses: its routers, event handlers, jobs and measures."""

import random
from collections.abc import Iterable

from services.responses.collections import api as collections_api
from services.responses.collections import consumers
from services.responses.collections import store as collections
from services.responses.documents import api as documents_api
from services.responses.documents import pages as document_pages
from services.responses.documents.document_store import DocumentStore
from services.responses.proposals import api as proposals_api
from services.responses.proposals.use_cases_synthesis import republish
from services.responses.questionnaires import api as questionnaires_api
from services.responses.readings import api as readings_api
from services.responses.readings import pages as attention_pages
from services.responses.recovery import recovery
from services.responses.results import api as results_api
from services.responses.settings import ResponsesSettings
from services.responses.submissions import jobs, response_page
from services.responses.submissions import pages as submission_pages
from services.responses.submissions.intake import ResponseIntake
from services.runtime.crypto.encryption import Encryptor
from services.runtime.observability.metrics import Sample
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: ResponsesSettings) -> Service:
    service = Service("responses", settings)
    encryptor = Encryptor(settings.answer_keys.get_secret_value())
    randomness = random.SystemRandom()  # the order of shuffled responses must not be predictable
    intake = ResponseIntake(service.database, service.clock, randomness, encryptor)
    document_store = DocumentStore(settings.bucket)
    credentials_url = f"{settings.campaigns_url}/credentials"
    consumers.register(service)
    jobs.register(service, randomness, encryptor, settings.open_every_seconds)
    for router in (
        collections_api.router(service),
        questionnaires_api.router(service),
        documents_api.router(service, document_store),
        readings_api.router(service, randomness),
        proposals_api.router(service),
        results_api.router(service),
        submission_pages.router(service.database, service.clock, intake, credentials_url),
        document_pages.router(service.database, document_store),
        response_page.router(credentials_url),
        attention_pages.router(service.database, service.clock),
    ):
        service.api.include_router(router)
    service.allow_large_bodies(
        r"/api/collections/[^/]+/documents|/api/questionnaires/imports|/answer/.+"
    )
    # Scraped every few seconds, a counter of requests would show when responses came; so would one
    # of the files of their page. Only requests of staff and machines are counted.
    service.exclude_from_telemetry(r"/(?!(api|health|metrics)(/|$)).*")
    service.on_republish(lambda conn: republish(conn, service.clock))
    service.on_restore(recovery(service.clock))
    service.add_metrics(measure)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    counts = await collections.count_collections(conn)
    return [
        Sample("collections", "collections by state", count, {"state": state})
        for state, count in counts.items()
    ]
