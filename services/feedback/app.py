"""Wiring of feedback: which subject registers which edge."""

from collections.abc import Iterable
from datetime import timedelta

from services.feedback.decisions import api as decisions_api
from services.feedback.follow_up import api as follow_up_api
from services.feedback.journal import api as journal_api
from services.feedback.journal import jobs as journal_jobs
from services.feedback.journal import pages as journal_pages
from services.feedback.projects import api as projects_api
from services.feedback.projects import consumers as project_consumers
from services.feedback.projects.store import count_overdue, count_projects
from services.feedback.public_account import api as public_account_api
from services.feedback.public_account import consumers as figures_consumers
from services.feedback.public_account.pages import routes as public_account_pages
from services.feedback.recovery import recovery
from services.feedback.reports import api as reports_api
from services.feedback.reports import use_cases as reports
from services.feedback.settings import FeedbackSettings
from services.runtime.observability.metrics import Sample
from services.runtime.observability.tracing import Traces
from services.runtime.postgres.database import Connection
from services.runtime.service import Service


def build(settings: FeedbackSettings) -> Service:
    service = Service("feedback", settings, Traces("feedback", settings.traces_endpoint))
    signer = settings.journal_signer

    async def measure(conn: Connection) -> Iterable[Sample]:
        period = timedelta(days=settings.decide_within_days)
        overdue = await count_overdue(conn, service.clock.today() - period)
        return [
            *(
                Sample("projects", "projects by state", count, {"state": state})
                for state, count in (await count_projects(conn)).items()
            ),
            Sample("decisions_overdue", "proposals without a signed decision in time", overdue),
        ]

    async def republish(conn: Connection) -> dict[str, int]:
        return await reports.republish(conn, service.clock, settings.public_url)

    for consumers in (project_consumers, figures_consumers):
        consumers.register(service)
    journal_jobs.register(service, signer, settings.sign_every_seconds)
    for router in (
        projects_api.router(service, settings),
        decisions_api.router(service, settings),
        follow_up_api.router(service, settings),
        reports_api.router(service, settings),
        public_account_api.router(service),
        journal_api.router(service),
        journal_pages.router(service.database, signer.verifier),
    ):
        service.api.include_router(router)
    public_account_pages.register(service, settings)
    service.add_metrics(measure)
    service.add_metrics(service.connection_metrics)
    service.on_republish(republish)
    service.on_restore(recovery())
    return service
