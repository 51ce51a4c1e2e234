"""Wiring of registry: people, and the messages sent to them."""

import json
from collections import Counter
from collections.abc import Iterable

from joserfc.jwk import OKPKey

from services.registry import api, consumers, jobs, pages, store, use_cases
from services.registry.domain import Class, Reason
from services.registry.messages import Letters
from services.registry.recovery import recovery
from services.registry.replies import Cause
from services.registry.sender import Sender
from services.registry.settings import RegistrySettings
from services.registry.smtp import MailServer
from services.registry.vault import Vault
from services.runtime.http.member_links import link_keys
from services.runtime.observability.metrics import Sample
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: RegistrySettings) -> Service:
    service = Service("registry", settings, Traces("registry", settings.traces_endpoint))
    vault = Vault(settings.contact_keys.get_secret_value(), settings.lookup_key.get_secret_value())
    key = OKPKey.import_key(json.loads(settings.link_signing_key.get_secret_value()))
    letters = Letters(settings.mail_from, key, settings.registry_url, settings.campaigns_url)
    server = MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_timeout_seconds,
        settings.smtp_username,
        settings.smtp_password.get_secret_value() if settings.smtp_password else None,
    )
    sender = Sender(service.database, service.clock, vault, letters, server, settings.senders)

    consumers.register(service)
    jobs.register(service, vault)
    service.background("sender", sender.run)
    service.api.include_router(api.router(service, vault))
    service.allow_large_bodies(r"/api/members/imports")
    public = json.dumps(key.as_dict(private=False))
    service.api.include_router(pages.router(service, link_keys(public), letters))
    service.on_republish(lambda conn: use_cases.republish(conn, service.clock))
    service.on_restore(recovery(service.clock))
    service.add_metrics(measure)
    service.add_metrics(service.connection_metrics)

    async def sending(_: Connection) -> Iterable[Sample]:
        outside = "attempts begun outside 8:00 to 20:00 where the member lives, since start"
        refusals = "replies that refused a message, by cause, since start"
        trouble = "seconds since when the mail server is away or refuses one message after another"
        return [
            Sample("sender_failures", "unexpected errors while sending", sender.failures),
            Sample("attempts_outside_hours", outside, sender.outside_hours),
            Sample("mail_trouble_seconds", trouble, sender.brake.trouble_seconds),
            *(
                Sample("mail_refusals", refusals, sender.refusals[cause], {"cause": cause})
                for cause in Cause
            ),
        ]

    service.add_metrics(sending)

    async def erasures(conn: Connection) -> Iterable[Sample]:
        unconfirmed = await store.count_unacknowledged(conn)
        text = "erased members whom campaigns has not confirmed to have forgotten"
        return [Sample("erasures_unacknowledged", text, unconfirmed)]

    service.add_metrics(erasures)
    return service


async def measure(conn: Connection) -> Iterable[Sample]:
    samples = [
        Sample("members", "members by status", count, {"status": status})
        for status, count in (await store.count_members(conn)).items()
    ]
    too_soon = 0
    deliveries: Counter[tuple[str, str]] = Counter()
    for count in await store.count_deliveries(conn):
        deliveries[count.state, count.reason or ""] += count.orders
        if count.reason == Reason.TOO_SOON and count.class_ == Class.SOLICITATION:
            too_soon = count.orders
    samples += [
        Sample(
            "deliveries",
            "send orders by where their delivery stands",
            orders,
            {"state": state, "reason": reason},
        )
        for (state, reason), orders in deliveries.items()
    ]
    samples.append(Sample("contact_lock_refusals", "solicitations refused as too soon", too_soon))
    return samples
