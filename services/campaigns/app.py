"""Wiring of campaigns: events consumed, HTTP served, work scheduled."""

import re
import secrets
from collections.abc import Iterable

from services.campaigns import maintenance
from services.campaigns.credentials import api as credentials
from services.campaigns.credentials.issuer import CredentialIssuer
from services.campaigns.draws import jobs as draw_jobs
from services.campaigns.invitations import pages
from services.campaigns.launches import api as launches
from services.campaigns.ledger import api as ledger
from services.campaigns.ledger import consumers as delivery_consumers
from services.campaigns.members import api as members
from services.campaigns.members import consumers as member_consumers
from services.campaigns.participations import api as participations
from services.campaigns.projects import api as projects
from services.campaigns.projects import jobs as project_jobs
from services.campaigns.recovery import recovery
from services.campaigns.reports import consumers as report_consumers
from services.campaigns.reports import jobs as report_jobs
from services.campaigns.settings import CampaignsSettings
from services.runtime.crypto.encryption import Encryptor
from services.runtime.observability.metrics import Sample
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: CampaignsSettings) -> Service:
    service = Service("campaigns", settings, Traces("campaigns", settings.traces_endpoint))
    database, clock = service.database, service.clock
    encryptor = Encryptor(settings.credential_keys.get_secret_value())
    links = settings.link_keys

    async def measure(conn: Connection) -> Iterable[Sample]:
        return await maintenance.measure(conn, clock)

    async def republish(conn: Connection) -> dict[str, int]:
        return await maintenance.republish(conn, clock)

    # A restored database consumes them again in this order: outcomes before departures.
    for consumers in (delivery_consumers, member_consumers, report_consumers):
        consumers.register(service)

    project_jobs.register(service)
    report_jobs.register(service)
    draw_jobs.register(service, settings.allocate_every_seconds)

    for router in (
        projects.router(database, clock, encryptor),
        participations.router(database, clock),
        launches.router(database, clock, secrets.token_bytes),
        ledger.router(database, clock),
        members.router(database, clock),
        pages.router(database, clock, links, settings.responses_url),
        credentials.router(clock, links, CredentialIssuer(database, clock, encryptor)),
    ):
        service.api.include_router(router)
    credentials.allow_origin(service.api, settings.responses_origin)
    # A participant who fetches a credential responds within minutes: its exact time, which is
    # stored nowhere else, would link a member to a response even if a trace held nothing more. A
    # counter that is scraped every few seconds reveals that time too.
    service.exclude_from_telemetry(re.escape(credentials.PATH))

    service.add_metrics(measure)
    service.add_metrics(service.connection_metrics)
    service.on_republish(republish)
    service.on_restore(recovery(clock))
    return service
