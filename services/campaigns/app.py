"""Wiring only: what campaigns consumes, serves and does by the clock."""

import re
import secrets
from collections.abc import Iterable

from services.campaigns import api, consumers, jobs
from services.campaigns import maintenance as upkeep
from services.campaigns.credentials import api as credentials
from services.campaigns.credentials.issuer import Keyring
from services.campaigns.invitations import pages
from services.campaigns.recovery import recovery
from services.campaigns.settings import CampaignsSettings
from services.runtime.crypto.encryption import Encryptor
from services.runtime.observability.metrics import Sample
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: CampaignsSettings) -> Service:
    service = Service("campaigns", settings, Traces("campaigns", settings.traces_endpoint))
    clock = service.clock

    async def measure(conn: Connection) -> Iterable[Sample]:
        return await upkeep.measure(conn, clock)

    async def republish(conn: Connection) -> dict[str, int]:
        return await upkeep.republish(conn, clock)

    consumers.register(service)
    jobs.register(service, settings.allocate_every_seconds)
    service.add_metrics(measure)
    service.add_metrics(service.connection_metrics)
    service.on_republish(republish)
    service.on_restore(recovery(clock))
    keyring = Keyring(Encryptor(settings.credential_keys.get_secret_value()))
    links = pages.keys_of(settings.link_public_keys)
    service.api.include_router(api.router(service.database, clock, secrets.token_bytes, keyring))
    service.api.include_router(pages.router(service.database, clock, links, settings.responses_url))
    service.api.include_router(credentials.router(service.database, clock, links, keyring))
    credentials.share_with(service.api, settings.responses_origin)
    # Who fetches a credential answers in the next minutes: its exact time, which nothing else here
    # keeps, would be a way from a member to an answer, whatever else a trace leaves out. A counter
    # that is read every few seconds tells that time too.
    service.exclude_from_telemetry(re.escape(credentials.PATH))
    return service
