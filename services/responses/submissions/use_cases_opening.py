"""Open sealed responses: together, shuffled, under random ids."""

from dataclasses import replace
from random import Random
from uuid import UUID

from services.responses.collections import store as collections
from services.responses.collections.rules import Collection, CollectionPhase
from services.responses.collections.use_cases import hint, publish_collections
from services.responses.submissions import rules_answers, rules_credentials, sealing, store
from services.responses.submissions.rules_opening import Opening, decide_opening
from services.responses.submissions.sealing import Response
from services.responses.submissions.store import NewContribution
from services.runtime.clock import Clock
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Connection


async def open_responses(
    conn: Connection, clock: Clock, randomness: Random, encryptor: Encryptor, project_id: UUID
) -> int:
    """Open a project's responses as far as allowed, and end its collection, once it is over.

    Returns the number of opened responses; `randomness` must not be predictable."""
    collection = await collections.lock_collection(conn, project_id)
    if collection.state != CollectionPhase.READY or not collection.project_is_over:
        return 0
    counts = (await collections.count_responses(conn, [project_id]))[project_id]
    opening = decide_opening(collection, counts)
    responses: list[Response] = []
    if opening is not Opening.WAIT:
        responses = await _unseal(conn, encryptor, collection, opening)
    if responses:
        randomness.shuffle(responses)
        echoes = rules_credentials.echo_hashes([response.echo for response in responses])
        contributions = [
            _contribution(response, echo, randomness)
            for response, echo in zip(responses, echoes, strict=True)
        ]
        await store.delete_sealed_responses(conn, project_id)
        await store.insert_contributions(conn, project_id, contributions, clock.today())
        collection = replace(collection, opened_on=clock.today())
        await collections.update_collection(conn, collection)
        await hint(conn, clock, "contribution", project_id)
    await _end(conn, clock, collection)
    return len(responses)


async def _unseal(
    conn: Connection, encryptor: Encryptor, collection: Collection, opening: Opening
) -> list[Response]:
    boxes = await store.list_sealed_responses(conn, collection.project_id)
    responses = [sealing.unseal(encryptor, collection.project_id, box) for box in boxes]
    all_agreed = all(response.agreed_below_floor for response in responses)
    return [] if opening is Opening.OPEN_IF_ALL_AGREED and not all_agreed else responses


def _contribution(response: Response, echo: bytes | None, randomness: Random) -> NewContribution:
    return NewContribution(
        UUID(int=randomness.getrandbits(128), version=4),
        response.questionnaire_version,
        response.answers,
        rules_answers.free_text(response.answers),
        echo,
    )


async def _end(conn: Connection, clock: Clock, collection: Collection) -> None:
    ended = replace(collection, state=CollectionPhase.ENDED, version=collection.version + 1)
    await collections.update_collection(conn, ended)
    await publish_collections(conn, clock, [ended])
