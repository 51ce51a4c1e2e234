"""A participant answers: proved by a credential, once, and sealed at once.

Nothing here may be logged: not what is sent, not the credential, not when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from uuid import UUID

from services.contracts.http.responses import Contribution
from services.responses.collections import rules as collections
from services.responses.collections.rules import Collection
from services.responses.submissions import rules_answers as rules
from services.responses.submissions import rules_credentials as credentials
from services.responses.submissions import sealing as envelopes
from services.responses.submissions import store
from services.responses.submissions.store import Ballot
from services.runtime.clock import Clock
from services.runtime.crypto.blind_rsa import PublicKey, SignatureRefused, base64url
from services.runtime.crypto.encryption import Encryptor
from services.runtime.postgres.database import Connection
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class OtherVersion(Refusal):
    sentence = Text(
        fr="Cette réponse a été écrite pour une autre version du questionnaire.",
        en="This answer was written for another version of the questionnaire.",
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
class Kept:
    """`first`: this response was not there before."""

    receipt: str
    first: bool


def prove(collection: Collection, sent: Contribution) -> bytes:
    """The hash of the credential, whose signature was checked; about 50 µs, less than handing it to
    a thread costs. Raises CredentialMalformed, ForeignCredential, NotYetOpen."""
    prepared, signature = credentials.decoded(sent.prepared), credentials.decoded(sent.signature)
    if len(prepared) != credentials.PREPARED_BYTES:
        raise credentials.CredentialMalformed
    if collection.credential_key is None:
        raise collections.NotYetOpen
    try:
        _key(collection.credential_key["n"], collection.credential_key["e"]).verify(
            prepared, signature
        )
    except SignatureRefused:
        raise ForeignCredential from None
    return credentials.token_hash(prepared)


def seal(
    collection: Collection,
    sent: Contribution,
    token_hash: bytes,
    clock: Clock,
    encryptor: Encryptor,
) -> Ballot:
    """Raises NotYetOpen, AnswersOver, OtherVersion, AnswersRefused, UnknownQuestion,
    CredentialMalformed (its echo)."""
    collections.refuse_unless_open(collection, clock.today())
    if sent.questionnaire_version != collection.questionnaire_version:
        raise OtherVersion
    assert collection.questionnaire is not None
    letter = envelopes.Letter(
        sent.questionnaire_version,
        rules.checked(collection.questionnaire, sent.answers),
        sent.agree_below_floor,
        credentials.checked_echo(sent.echo),
    )
    return Ballot(token_hash, envelopes.close(encryptor, collection.project_id, letter))


async def keep(
    conn: Connection, chance: Random, project_id: UUID, ballots: Sequence[Ballot]
) -> list[Kept | Refusal]:
    """What became of each, in their order. A credential that is spent keeps its first response,
    whatever comes with it later."""
    held = await store.hold_open(conn, project_id)
    if not (held and held.state == "ready" and collections.is_collecting(held.project_state)):
        return [collections.AnswersEnded() for _ in ballots]
    firsts: dict[bytes, Ballot] = {}
    for ballot in ballots:
        firsts.setdefault(ballot.token_hash, ballot)
    shuffled = sorted(firsts.values(), key=lambda _: chance.random())
    fresh = await store.keep_answers(conn, project_id, shuffled)
    kept: list[Kept | Refusal] = []
    for ballot in ballots:
        kept.append(Kept(credentials.receipt(ballot.token_hash), ballot.token_hash in fresh))
        fresh.discard(ballot.token_hash)
    return kept


async def is_spent(conn: Connection, project_id: UUID, token_hash: bytes) -> bool:
    return await store.is_counted(conn, project_id, token_hash, token_hash)


async def echoes(conn: Connection, project_id: UUID) -> dict[str, list[str]]:
    """In base64url, by what became of the contribution: counted, read, personal_cases."""
    lists: dict[str, list[str]] = {"counted": [], "read": [], "personal_cases": []}
    for echo, fate in await store.echoes(conn, project_id):
        lists[fate].append(base64url(echo))
    return lists


async def is_counted(conn: Connection, project_id: UUID, receipt: str) -> bool:
    """Raises ReceiptMalformed."""
    return await store.is_counted(conn, project_id, *credentials.hashes_of(receipt))


@lru_cache(maxsize=1_000)
def _key(modulus: str, exponent: str) -> PublicKey:
    return PublicKey.from_jwk({"kty": "RSA", "n": modulus, "e": exponent})
