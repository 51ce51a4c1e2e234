"""The public account under load, from the real service on one core.

PostgreSQL shares that core, so that a second one hides no cost; the readers run on the other cores.
First no page is cached (cold), then all are (warm). Throughput is measured with readers that never
pause; waiting times at the promised rate, with requests at fixed moments, whether or not the
previous ones have been answered.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psutil
from pydantic import SecretStr

from deploy.local.endpoints import Endpoints
from services.contracts.events.campaigns import DecisionMaker, Mandate, ProjectPhase, ProjectState
from services.contracts.events.registry import FiguresState
from services.contracts.events.responses import (
    AttentionFigures,
    CollectionPhase,
    CollectionState,
)
from services.feedback.reports.rules.method import method_of
from services.runtime.postgres.database import Database
from services.runtime.postgres.queries import Queries, execute, fetch
from tests.benchmarks.load import Readers
from tests.benchmarks.measure import Figure

queries = Queries("tests.benchmarks")
PROJECTS, DECISIONS = 1_000, 100_000
PAGES = 10_000
PROMISED = 500
READERS = 16
# Of a hundred pages, how many are of which kind.
MIX = {
    "/": 13,
    "/projects": 5,
    "/projects?state=closed": 3,
    "/projects/{project}": 20,
    "/projects/{project}/report": 20,
    "/decisions": 4,
    "/decisions?outcome={outcome}": 4,
    "/decisions/{decision}": 20,
    "/follow-up": 2,
    "/figures": 2,
    "/journal": 1,
    "/feed.atom": 3,
    "/open-data": 2,
    "/open-data/figures.json": 1,
}


async def public_pages(endpoints: Endpoints, today: date, seed: int = 1) -> list[Figure]:
    chance = Random(seed)
    database = Database(SecretStr(endpoints.dsn("feedback")), limits={})
    await database.start()
    try:
        await fill(database, today)
        projects = [row["project_id"] for row in await fetch(database.pool, queries.reported)]
        decisions = [row["proposal_id"] for row in await fetch(database.pool, queries.decided)]
    finally:
        await database.stop()
    paths = walk(projects, decisions, chance)
    address = urlsplit(endpoints.url("feedback"))
    assert address.hostname
    assert address.port
    served_by = (endpoints.services["feedback"].pid, endpoints.postgres.pid)
    moments = accumulate(chance.expovariate(PROMISED) for _ in paths)
    with on_one_core(*served_by):
        async with Readers(address.hostname, address.port) as readers:
            start = worked(*served_by)
            cold = await readers.as_fast_as_it_goes(paths, READERS)
            between = worked(*served_by)
            warm = await readers.as_fast_as_it_goes(paths, READERS)
            end = worked(*served_by)
            waited = await readers.at_a_rate(paths, moments)
    detail = (
        f"{PROJECTS:,} projects, {DECISIONS:,} decisions; {len(set(paths)):,} pages of"
        f" {warm.bytes / PAGES / 1000:.0f} kB; {1000 * (end - between) / PAGES:.2f} ms of the"
        f" core each; cold: {cold.rate:,.0f} requests/s, {1000 * (between - start) / PAGES:.2f} ms"
    )
    at = f"at {waited.rate:,.0f} requests/s; half within {1000 * waited.percentile(0.5):.1f} ms"
    return [
        Figure("public pages on one core", warm.rate, PROMISED, True, "requests/s", detail),
        Figure("public pages: p95", 1000 * waited.percentile(0.95), 50, False, "ms", at),
    ]


def walk(projects: Sequence[UUID], decisions: Sequence[UUID], chance: Random) -> list[str]:
    """Paths in the order of requests; some projects are read far more often than others."""
    kinds = chance.choices(list(MIX), list(MIX.values()), k=PAGES)
    return [
        kind.format(
            project=projects[int(len(projects) * chance.random() ** 2)],
            decision=chance.choice(decisions),
            outcome=chance.choice(("retained", "partly", "not")),
        )
        for kind in kinds
    ]


def worked(*servers: int) -> float:
    """Processor seconds, which other work on the machine does not change."""
    return sum(sum(process.cpu_times()[:2]) for process in family(*servers))


def family(*servers: int) -> list[psutil.Process]:
    parents = [psutil.Process(server) for server in servers]
    return parents + [child for parent in parents for child in parent.children(recursive=True)]


@contextmanager
def on_one_core(*servers: int) -> Iterator[None]:
    """Bind the servers, with children and threads, to the last core and this process to the others.

    On a machine with a single core they share it.
    """
    affinity = os.sched_getaffinity(0)
    *server_cores, reader_core = sorted(affinity)

    def run_on(cores: Collection[int]) -> None:
        for process in family(*servers):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, cores)

    run_on([reader_core])
    os.sched_setaffinity(0, server_cores or affinity)
    try:
        yield
    finally:
        run_on(affinity)
        os.sched_setaffinity(0, affinity)


async def fill(database: Database, today: date) -> None:
    """Fill the tables as consumers and staff would; every constraint applies."""
    texts = dict.fromkeys(Mandate.model_fields, "Une lettre que chacun comprend. " * 4)
    project = ProjectState(
        version=1,
        project_id=uuid4(),
        state=ProjectPhase.CLOSED,
        mandate=Mandate.model_validate(
            texts
            | {"compensation": None, "decision_maker": DecisionMaker(name="…", role="directrice")}
        ),
        recruitment_ends_on=today,
        collection_ends_on=today + timedelta(days=30),
        asked=600,
        joined=150,
        credentials_issued=120,
        draw_commitments=["9f" * 32],
        draw_seeds=["00" * 32],
    ).model_dump(mode="json", exclude_none=True)
    collection = CollectionState(
        version=1,
        project_id=uuid4(),
        state=CollectionPhase.SYNTHESISED,
        contributions=117,
        unread=0,
        attention=AttentionFigures(
            readings_wanted=1, coverage=1.0, median_seconds=42.0, gini=0.2, median_delay_days=2.0,
            longest_delay_days=9,
        ),
        proposals=[],
    ).model_dump(mode="json", exclude_none=True)  # fmt: skip
    month = FiguresState(
        version=1,
        month="2026-11",
        solicitations=1_100,
        people_solicited=1_100,
        most_for_one_person_in_31_days=1,
        notices=430,
    ).model_dump(mode="json")
    async with database.transaction() as conn:
        await execute(conn, queries.account_projects, count=PROJECTS, project=project, today=today)
        await execute(conn, queries.account_collections, collection=collection)
        await execute(conn, queries.account_proposals, count=DECISIONS)
        await execute(conn, queries.account_list)
        await execute(conn, queries.account_synthesis)
        await execute(conn, queries.account_drafts)
        await execute(conn, queries.account_signatures)
        await execute(conn, queries.account_publications)
        await execute(conn, queries.account_months, figures=month, today=today)
    # The constraints look at each row: without it they would read whole tables.
    await execute(database.pool, queries.analyze)
    async with database.transaction() as conn:
        await execute(conn, queries.account_reports, method=method_of(project, collection))
        await execute(conn, queries.account_decisions)
        await execute(conn, queries.account_follow_up)
        await execute(conn, queries.analyze_account)
    await execute(database.pool, queries.analyze)
