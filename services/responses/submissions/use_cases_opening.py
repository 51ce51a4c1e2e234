"""Sealed answers become contributions: together, shuffled, under ids that say nothing."""

from dataclasses import replace
from random import Random
from uuid import UUID

from services.responses.collections import store as collections
from services.responses.collections.daily_clock import Daily
from services.responses.collections.rules import Collection
from services.responses.collections.use_cases import collection_states
from services.responses.submissions import rules_answers as rules
from services.responses.submissions import rules_credentials as credentials
from services.responses.submissions import rules_opening as opening
from services.responses.submissions import sealing as envelopes
from services.responses.submissions import store
from services.responses.submissions.rules_opening import Verdict
from services.responses.submissions.sealing import Letter
from services.responses.submissions.store import Contribution
from services.runtime.clock import Clock
from services.runtime.crypto.encryption import Encryptor
from services.runtime.messaging import outbox
from services.runtime.postgres.database import Connection


async def waiting(conn: Connection) -> list[UUID]:
    return await store.waiting(conn)


async def open_sealed(
    conn: Connection, clock: Clock, chance: Random, encryptor: Encryptor, project_id: UUID
) -> int:
    """Open what may be opened and end the collection, once its project is over. Returns how many
    answers were opened; `chance` must not be predictable."""
    held = await collections.hold_collection(conn, project_id)
    if held.state != "ready" or not held.project_is_over:
        return 0
    counts = (await collections.count_answers(conn, [project_id]))[project_id]
    verdict = opening.verdict(held, counts)
    letters: list[Letter] = []
    if verdict is not Verdict.WAIT:
        letters = await _read(conn, encryptor, held, verdict)
    if letters:
        chance.shuffle(letters)
        marks = credentials.echo_marks([letter.echo for letter in letters])
        found = [
            _contribution(letter, mark, chance) for letter, mark in zip(letters, marks, strict=True)
        ]
        await store.forget_sealed(conn, project_id)
        await store.add_contributions(conn, project_id, found, clock.today())
        held = replace(held, opened_on=clock.today())
        await collections.save_collection(conn, held)
        await outbox.write_hint(conn, Daily(clock), "contribution", project_id)
    await _end(conn, clock, held)
    return len(letters)


async def _read(
    conn: Connection, encryptor: Encryptor, held: Collection, verdict: Verdict
) -> list[Letter]:
    boxes = await store.sealed_answers(conn, held.project_id)
    letters = [envelopes.open_(encryptor, held.project_id, box) for box in boxes]
    if verdict is Verdict.OPEN_IF_ALL_AGREED and not all(letter.agreed for letter in letters):
        return []
    return letters


def _contribution(letter: Letter, echo: bytes | None, chance: Random) -> Contribution:
    return Contribution(
        UUID(int=chance.getrandbits(128), version=4),
        letter.questionnaire_version,
        letter.answers,
        rules.words(letter.answers),
        echo,
    )


async def _end(conn: Connection, clock: Clock, held: Collection) -> None:
    ended = replace(held, state="ended", version=held.version + 1)
    await collections.save_collection(conn, ended)
    await outbox.write_many(conn, Daily(clock), await collection_states(conn, [ended]))
