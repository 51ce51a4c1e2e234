"""The reading list at 50,000 contributions: list, search, and the next to read."""

import secrets
import time
from collections.abc import Awaitable, Callable
from random import Random
from uuid import UUID

from services.contracts.http.common import Role
from services.responses.readings import use_cases as readings
from services.responses.readings import views
from services.responses.readings.store import ContributionQuery
from services.responses.submissions import sealing
from services.responses.submissions import store as submissions
from services.responses.submissions.store import SealedResponse
from services.responses.submissions.use_cases_opening import open_responses
from services.runtime.crypto.blind_rsa import PrivateKey
from services.runtime.crypto.encryption import Encryptor
from services.runtime.http.staff_tokens import Staff
from services.runtime.postgres.database import Database
from tests.benchmarks.measure import Figure, timed
from tests.benchmarks.responses import CLOCK, SEALING_KEYS, end_collection, taking_answers

CONTRIBUTIONS = 50_000
ASKED = 100
PAGE = 50
_BATCH = 1_000
_READER = Staff("bench", "Bench", frozenset({Role.ANALYSIS}))
_WORDS = [
    "lettre",
    "date",
    "délai",
    "papier",
    "ligne",
    "guichet",
    "téléphone",
    "clair",
    "illisible",
    "payer",
    "montant",
    "agent",
    "dossier",
    "pièce",
    "joindre",
    "signer",
    "attendre",
    "comprendre",
    "phrase",
    "exemple",
]


async def pages(database: Database, seed: int = 1) -> list[Figure]:
    """Measure the 95th percentile of a hundred pages, from the statement to JSON, per query."""
    chance = Random(seed)
    collecting = await taking_answers(database, PrivateKey.generate())
    project = collecting.project_id
    encryptor = Encryptor(SEALING_KEYS)
    for _ in range(CONTRIBUTIONS // _BATCH):
        async with database.transaction() as conn:
            responses = [_response(encryptor, project, chance) for _ in range(_BATCH)]
            await submissions.insert_responses(conn, project, responses)
    await end_collection(database, collecting)
    with timed() as opened:
        async with database.transaction() as conn:
            count = await open_responses(conn, CLOCK, chance, encryptor, project)
    assert count == CONTRIBUTIONS
    await database.pool.execute("ANALYZE")

    async def find(search: str | None) -> str:
        async with database.transaction() as conn:
            query = ContributionQuery(
                search=search, unread_only=False, include_hidden=False, after=None, limit=PAGE
            )
            page = await readings.search_contributions(conn, CLOCK, _READER, project, query)
        return views.contribution_page(page).model_dump_json()

    async def next_(_: str) -> str:
        async with database.transaction() as conn:
            contribution = await readings.next_reading(conn, CLOCK, chance, _READER, project)
        return views.next_reading(contribution).model_dump_json()

    async def listed(_: str) -> str:
        return await find(None)

    detail = f"{CONTRIBUTIONS:,} contributions, opened in {opened.seconds:.1f} s"
    pages: tuple[tuple[str, Callable[[str], Awaitable[str]]], ...] = (
        ("listing", listed),
        ("searching", find),
        ("next to read", next_),
    )
    return [
        Figure(f"{name}, p95 of a page", await _p95(request, chance), 100, False, "ms", detail)
        for name, request in pages
    ]


async def _p95(request: Callable[[str], Awaitable[str]], chance: Random) -> float:
    """95th percentile in milliseconds, over frequent words, rare ones, and both together."""
    seconds = []
    for number in range(ASKED):
        frequent, rare = chance.choice(_WORDS), f"mot{chance.randrange(5_000)}"
        search = (frequent, rare, f"{frequent} {rare}")[number % 3]
        start = time.perf_counter()
        await request(search)
        seconds.append(1_000 * (time.perf_counter() - start))
    return sorted(seconds)[int(0.95 * ASKED)]


def _response(encryptor: Encryptor, project: UUID, chance: Random) -> SealedResponse:
    sentence = " ".join(chance.choices(_WORDS, k=chance.randint(5, 120)))
    text = f"{sentence} mot{chance.randrange(5_000)}"
    response = sealing.Response(1, {"change": text}, agreed_below_floor=False)
    return SealedResponse(secrets.token_bytes(32), sealing.seal(encryptor, project, response))
