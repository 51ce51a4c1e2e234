"""Cost of anonymity: issuing a credential against bare RSA signing, redeeming one against bare
verification.

Both in rounds that alternate with the bare operation, so that both see the same machine.
"""

import asyncio
import gc
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from statistics import median
from typing import TypeVar
from uuid import uuid4

import orjson
import psutil
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from services.campaigns.credentials.issuer import CredentialIssuer
from services.campaigns.credentials.rules import BlindedRequest
from services.campaigns.projects.signing_keys import encrypt_key
from services.campaigns.projects.store import insert_project_key
from services.contracts.events.campaigns import DecisionMaker, Mandate, ProjectPhase, ProjectState
from services.contracts.http.questionnaires import FreeText, Questionnaire, Words
from services.responses.collections import use_cases as collections
from services.responses.questionnaires import use_cases as questionnaires
from services.responses.submissions import pages
from services.responses.submissions.intake import ResponseIntake
from services.runtime.clock import FixedClock
from services.runtime.crypto.blind_rsa import (
    SALT_BYTES,
    PrivateKey,
    base64url,
    finalize,
    request_from_seed,
)
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Database
from services.runtime.postgres.queries import Queries, execute, fetch
from tests.benchmarks.measure import Figure, timed

queries = Queries("tests.benchmarks")
T = TypeVar("T")
CLOCK = FixedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
ROUNDS = 20
SENDING = 1_000
REDEEMING_ROUNDS = 5
ANSWER = "Dire la date en premier, puis ce qui manque. " * 5
SEALING_KEYS = '["' + "A" * 43 + '="]'


async def issuing(database: Database, count: int) -> list[Figure]:
    """Measure issuing to `count` participants: signed, recorded and committed.

    Bare signing is the same operation by the same library, on every core and nothing else. The
    rate of the OpenSSL in `cryptography` is given beside it: since 3.3 OpenSSL signs faster with
    3,072 bits on processors that have AVX-512 IFMA.
    """
    project, key = uuid4(), await asyncio.to_thread(PrivateKey.generate)
    encryptor = Encryptor(SEALING_KEYS)
    encrypted = encrypt_key(encryptor, project, key).private
    async with database.transaction() as conn:
        await execute(
            conn, queries.open_project, project=project, today=CLOCK.today(), instant=CLOCK.now()
        )
        people = await fetch(
            conn, queries.participants, project=project, count=count, instant=CLOCK.now()
        )
        await execute(conn, queries.take_part, project=project)
        await insert_project_key(conn, encrypted)
    await execute(database.pool, queries.analyze)
    requests = [request_from_seed(os.urandom(32), key.public).blinded for _ in range(count)]
    issuer = CredentialIssuer(database, CLOCK, encryptor)

    async def issue(request: BlindedRequest) -> None:
        await issuer.issue(project, request)

    applications = [
        BlindedRequest(row["id"], row["member_id"], request)
        for row, request in zip(people, requests, strict=True)
    ]
    await issue(applications[0])  # decrypts the key: once per process
    other = load_der_private_key(key.der(), password=None)  # slow too: in no round
    assert isinstance(other, rsa.RSAPrivateKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA384()), SALT_BYTES)
    bare_seconds = other_seconds = issuing_seconds = 0.0
    for number in range(ROUNDS):
        batch = requests[number::ROUNDS]
        with timed() as bare:
            _on_every_core(key.blind_sign, batch)
        with timed() as by_other:
            _on_every_core(lambda request: other.sign(request, scheme, hashes.SHA384()), batch)
        with timed() as issued:
            await _several(issue, applications[number::ROUNDS], SENDING)
        bare_seconds += bare.seconds
        other_seconds += by_other.seconds
        issuing_seconds += issued.seconds
    rate, raw = count / issuing_seconds, count / bare_seconds
    return [
        Figure(
            "issuing / bare RSA signing",
            rate / raw,
            0.7,
            True,
            "×",
            f"{count:,} credentials: {rate:,.0f} against {raw:,.0f} signatures/s"
            f" ({count / other_seconds:,.0f} by cryptography's own OpenSSL)",
        )
    ]


async def redeeming(database: Database, server: int, count: int) -> list[Figure]:
    """Measure redeeming `count` credentials, from the request body to the committed receipt.

    Counted: reading the body, verifying the credential, checking the answer against its
    questionnaire, sealing it, and PostgreSQL's work for spending and keeping, its commit included.
    Not counted: HTTP. This process and the server of PostgreSQL (`server`, its process id) share
    one core, on which the bare verification runs alone in its turn, so that a second core hides no
    cost. The figure is the median of the rounds; the first one warms up.
    """
    key = await asyncio.to_thread(PrivateKey.generate)
    project = (await taking_answers(database, key)).project_id
    encryptor = Encryptor(SEALING_KEYS)
    intake = ResponseIntake(database, CLOCK, SystemRandom(), encryptor)
    credentials = await asyncio.to_thread(_credentials, key, count)
    bodies = [_body(*credential) for credential in credentials]

    async def redeem(body: bytes) -> None:
        assert (await intake.submit(project, pages.parse_submission(body))).is_first

    rates = []
    gc.freeze()  # as a service does when it starts
    with _on_one_core(server):
        for number in range(REDEEMING_ROUNDS):
            with timed() as bare:
                for prepared, signature in credentials[number::REDEEMING_ROUNDS]:
                    key.public.verify(prepared, signature)
            with timed() as redeemed:
                await _several(redeem, bodies[number::REDEEMING_ROUNDS], SENDING)
            each = count / REDEEMING_ROUNDS
            rates.append((bare.seconds / redeemed.seconds, each / redeemed.seconds))
    ratio, rate = (median(round_rates) for round_rates in zip(*rates[1:], strict=True))
    return [
        Figure(
            "redeeming and sealed write / bare verification",
            ratio,
            0.5,
            True,
            "×",
            f"{count:,} answers on one core: {rate:,.0f} against {rate / ratio:,.0f}/s",
        )
    ]


async def taking_answers(database: Database, key: PrivateKey) -> ProjectState:
    """An open project with one question, whose credentials `key` signs."""
    texts = dict.fromkeys(Mandate.model_fields, "…") | {
        "compensation": None,
        "decision_maker": DecisionMaker(name="M. Bernard", role="director"),
    }
    today = CLOCK.today()
    published = ProjectState(
        version=1,
        project_id=uuid4(),
        state=ProjectPhase.PUBLISHED,
        mandate=Mandate.model_validate(texts),
        recruitment_ends_on=today + timedelta(days=10),
        collection_ends_on=today + timedelta(days=30),
        credential_key=key.public.jwk,
        credentials_issued=None,
        anonymity_floor=5,
    )
    opened = published.model_copy(update={"version": 2, "state": ProjectPhase.OPEN})
    question = FreeText(kind="free_text", id="change", text=Words(fr="Que changer ?"))
    questionnaire = Questionnaire(questions=[question]).model_dump(mode="json")
    async with database.transaction() as conn:
        await collections.apply_project_states(conn, CLOCK, [published])
        await questionnaires.write_questionnaire(conn, CLOCK, published.project_id, questionnaire)
        await questionnaires.make_ready(conn, CLOCK, published.project_id)
        await collections.apply_project_states(conn, CLOCK, [opened])
    return opened


async def end_collection(database: Database, project: ProjectState) -> None:
    """End the collection: no further credential can be issued."""
    collected = project.model_copy(
        update={"version": project.version + 1, "state": ProjectPhase.COLLECTED}
    )
    async with database.transaction() as conn:
        await collections.apply_project_states(conn, CLOCK, [collected])


def _credentials(key: PrivateKey, count: int) -> list[tuple[bytes, bytes]]:
    """Prepared messages and their unblinded signatures, as devices hold them."""

    def obtain(_: int) -> tuple[bytes, bytes]:
        request = request_from_seed(secrets.token_bytes(32), key.public)
        return request.prepared, finalize(key.public, request, key.blind_sign(request.blinded))

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(obtain, range(count)))


def _body(prepared: bytes, signature: bytes) -> bytes:
    return orjson.dumps(
        {
            "prepared": base64url(prepared),
            "signature": base64url(signature),
            "questionnaire_version": 1,
            "answers": {"change": ANSWER},
        }
    )


@contextmanager
def _on_one_core(server: int) -> Iterator[None]:
    """Bind this process and a server with its children to the last of their cores."""
    parent = psutil.Process(server)
    processes = [psutil.Process(), parent, *parent.children(recursive=True)]
    affinities = [(process, process.cpu_affinity()) for process in processes]
    for process in processes:
        process.cpu_affinity([psutil.Process().cpu_affinity()[-1]])
    try:
        yield
    finally:
        for process, cores in affinities:
            if process.is_running():
                process.cpu_affinity(cores)


def _on_every_core(sign: Callable[[bytes], bytes], messages: Iterable[bytes]) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(sign, messages))


async def _several(work: Callable[[T], Awaitable[None]], items: Iterable[T], at_once: int) -> None:
    waiting: Iterator[T] = iter(items)

    async def one_after_another() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one_after_another())
