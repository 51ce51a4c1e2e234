"""Submit a response: check its credential, seal it, and store it once per credential.

Nothing of this may be logged: not the response, not the credential, not the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from uuid import UUID

from services.contracts.http.responses import Contribution
from services.responses.collections.rules import Collection, CollectionPhase, is_collecting
from services.responses.submissions import rules, rules_answers, rules_credentials, sealing, store
from services.responses.submissions.store import SealedResponse
from services.runtime.clock import Clock
from services.runtime.crypto.blind_rsa import PublicKey, SignatureRefused, base64url
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Connection
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class OtherVersion(Refusal):
    sentence = Text(
        fr="Cette réponse a été écrite pour une autre version du questionnaire.",
        en="This response was written for another version of the questionnaire.",
    )
    way_out = Text(
        fr="Rechargez la page : ce que vous avez écrit est toujours sur votre appareil.",
        en="Reload the page: what you wrote is still on your device.",
    )


class ForeignCredential(SignatureRefused):
    """Forged, or signed for another project: their keys differ."""

    way_out = Text(
        fr="Ouvrez le lien reçu pour ce projet ; ce que vous avez écrit est toujours sur votre"
        " appareil.",
        en="Open the link you received for this project; what you wrote is still on your device.",
    )


@dataclass(frozen=True)
class Submitted:
    """`is_first`: no response had come with this credential before."""

    receipt: str
    is_first: bool


def check_credential(collection: Collection, submission: Contribution) -> bytes:
    """Verify the credential's signature and return the credential's hash.

    It takes about 50 µs, less than handing it to a thread would. Raises CredentialMalformed,
    ForeignCredential, NotYetOpen."""
    prepared = rules_credentials.decode(submission.prepared)
    signature = rules_credentials.decode(submission.signature)
    if len(prepared) != rules_credentials.PREPARED_BYTES:
        raise rules_credentials.CredentialMalformed
    if collection.credential_key is None:
        raise rules.NotYetOpen
    try:
        _public_key(collection.credential_key["n"], collection.credential_key["e"]).verify(
            prepared, signature
        )
    except SignatureRefused:
        raise ForeignCredential from None
    return rules_credentials.token_hash(prepared)


def seal_response(
    collection: Collection,
    submission: Contribution,
    token_hash: bytes,
    clock: Clock,
    encryptor: Encryptor,
) -> SealedResponse:
    """Check the answers and encrypt them.

    Raises NotYetOpen, SubmissionsOver, OtherVersion, AnswersRefused, UnknownQuestion, and
    CredentialMalformed for a malformed echo."""
    rules.refuse_unless_open(collection, clock.today())
    if submission.questionnaire_version != collection.questionnaire_version:
        raise OtherVersion
    assert collection.questionnaire is not None
    response = sealing.Response(
        submission.questionnaire_version,
        rules_answers.check_answers(collection.questionnaire, submission.answers),
        submission.agree_below_floor,
        rules_credentials.checked_echo(submission.echo),
    )
    return SealedResponse(token_hash, sealing.seal(encryptor, collection.project_id, response))


async def submit_responses(
    conn: Connection, randomness: Random, project_id: UUID, responses: Sequence[SealedResponse]
) -> list[Submitted | Refusal]:
    """Store responses in random order; the results are in the given order.

    A spent credential keeps its first response, whatever comes with it later."""
    states = await store.share_collection(conn, project_id)
    if not (
        states and states.state == CollectionPhase.READY and is_collecting(states.project_state)
    ):
        return [rules.CollectionEnded() for _ in responses]
    first_by_credential: dict[bytes, SealedResponse] = {}
    for response in responses:
        first_by_credential.setdefault(response.token_hash, response)
    shuffled = sorted(first_by_credential.values(), key=lambda _: randomness.random())
    newly_spent = await store.insert_responses(conn, project_id, shuffled)
    results: list[Submitted | Refusal] = []
    for response in responses:
        receipt = rules_credentials.receipt(response.token_hash)
        results.append(Submitted(receipt, response.token_hash in newly_spent))
        newly_spent.discard(response.token_hash)
    return results


async def is_spent(conn: Connection, project_id: UUID, token_hash: bytes) -> bool:
    return await store.is_spent(conn, project_id, token_hash, token_hash)


async def is_received(conn: Connection, project_id: UUID, receipt: str) -> bool:
    """Whether a response with this receipt is stored. Raises ReceiptMalformed."""
    return await store.is_spent(conn, project_id, *rules_credentials.hash_range(receipt))


async def list_echoes(conn: Connection, project_id: UUID) -> dict[str, list[str]]:
    """In base64url, by outcome of the contribution: counted, read, personal_cases."""
    echoes: dict[str, list[str]] = {"counted": [], "read": [], "personal_cases": []}
    for echo, outcome in await store.list_echoes(conn, project_id):
        echoes[outcome].append(base64url(echo))
    return echoes


@lru_cache(maxsize=1_000)
def _public_key(modulus: str, exponent: str) -> PublicKey:
    return PublicKey.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
