"""Wiring of registry: people, and the messages sent to them."""

import json

from joserfc.jwk import OKPKey

from services.registry import recovery
from services.registry.deliveries import api as deliveries_api
from services.registry.deliveries import consumers as deliveries_consumers
from services.registry.deliveries import jobs as deliveries_jobs
from services.registry.deliveries import metrics as deliveries_metrics
from services.registry.deliveries.sender import Sender
from services.registry.deliveries.smtp import MailServer
from services.registry.erasures import api as erasures_api
from services.registry.erasures import consumers as erasures_consumers
from services.registry.erasures import jobs as erasures_jobs
from services.registry.figures import jobs as figures_jobs
from services.registry.imports import api as imports_api
from services.registry.member_space import pages
from services.registry.members import api as members_api
from services.registry.members import jobs as members_jobs
from services.registry.members.contact_encryption import ContactEncryptor
from services.registry.messages import consumers as messages_consumers
from services.registry.messages.links import MemberLinks
from services.registry.messages.renderer import MessageRenderer
from services.registry.settings import RegistrySettings
from services.runtime.http.member_links import link_keys
from services.runtime.observability.tracing import Traces
from services.runtime.service import Service


def build(settings: RegistrySettings) -> Service:
    service = Service("registry", settings, Traces("registry", settings.traces_endpoint))
    encryptor = ContactEncryptor(
        settings.contact_keys.get_secret_value(), settings.lookup_key.get_secret_value()
    )
    key = OKPKey.import_key(json.loads(settings.link_signing_key.get_secret_value()))
    links = MemberLinks(key, settings.registry_url, settings.campaigns_url)
    renderer = MessageRenderer(settings.mail_from, links)
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_timeout_seconds,
        settings.smtp_username,
        settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )
    sender = Sender(service.database, service.clock, encryptor, renderer, server, settings.senders)
    public_keys = link_keys(json.dumps(key.as_dict(private=False)))

    deliveries_consumers.register(service)
    erasures_consumers.register(service)
    messages_consumers.register(service)
    erasures_jobs.register(service)
    deliveries_jobs.register(service)
    members_jobs.register(service)
    figures_jobs.register(service)
    service.background("sender", sender.run)
    service.api.include_router(imports_api.router(service, encryptor))
    service.api.include_router(erasures_api.router(service))
    service.api.include_router(members_api.router(service))
    service.api.include_router(deliveries_api.router(service))
    service.api.include_router(pages.router(service, public_keys, links))
    service.allow_large_bodies(imports_api.PATH)
    service.on_republish(lambda conn: recovery.republish(conn, service.clock))
    service.on_restore(recovery.recovery(service.clock))
    service.add_metrics(service.connection_metrics)
    deliveries_metrics.register(service, sender)
    return service
