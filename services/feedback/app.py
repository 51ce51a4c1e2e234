"""Wiring of feedback: decisions, reports, follow-up, and what everybody may read of them."""

from collections.abc import Iterable
from datetime import timedelta

from services.feedback.journal import jobs
from services.feedback.journal import pages as journal_files
from services.feedback.projects import consumers
from services.feedback.projects import store as standings
from services.feedback.public_account.pages import routes as public_account
from services.feedback.recovery import recovery
from services.feedback.reports import api
from services.feedback.reports import use_cases as reports
from services.feedback.settings import FeedbackSettings
from services.runtime.observability.metrics import Sample
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: FeedbackSettings) -> Service:
    service = Service("feedback", settings, Traces("feedback", settings.traces_endpoint))
    clock = service.clock

    async def measure(conn: Connection) -> Iterable[Sample]:
        within = timedelta(days=settings.decide_within_days)
        late = await standings.count_overdue(conn, clock.today() - within)
        return [
            *(
                Sample("projects", "projects by state", count, {"state": state})
                for state, count in (await standings.count_projects(conn)).items()
            ),
            Sample("decisions_overdue", "proposals without a signed decision in time", late),
        ]

    async def republish(conn: Connection) -> dict[str, int]:
        return await reports.republish(conn, clock, settings.public_url)

    signer = settings.journal_signer
    consumers.register(service)
    jobs.register(service, signer, settings.sign_every_seconds)
    service.api.include_router(api.router(service, settings))
    service.api.include_router(journal_files.router(service.database, signer.verifier))
    public_account.register(service, settings)
    service.add_metrics(measure)
    service.add_metrics(service.connection_metrics)
    service.on_republish(republish)
    service.on_restore(recovery())
    return service
