"""Anonymous credentials: campaigns knows who asks and never sees for what.

It signs a blinded request, so it cannot recognise the credential that comes out of it; and it signs
one request per participation, so nobody speaks twice.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.campaigns.credentials import store
from services.campaigns.credentials.rules import other_than_kept
from services.campaigns.credentials.store import SealedKey
from services.campaigns.invitations import store as answers
from services.campaigns.invitations.rules import NotParticipating
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection
from services.runtime.refusal import Refusal


@dataclass(frozen=True)
class Asking:
    """Somebody who has the link of an invitation, and their blinded request."""

    invitation_id: UUID
    member_id: UUID
    request: bytes


async def record_requests(
    conn: Connection, clock: Clock, project_id: UUID, asking: Sequence[Asking]
) -> list[Refusal | None]:
    """Let these participants have these requests signed; only then may the signatures leave.

    None, or why this one may not: NotFound, NotParticipating and the refusals of
    `Standing.must_be_given`. No hint and no event: nobody is told when.
    """
    standings = await store.lock_standings(
        conn, [one.invitation_id for one in asking], [one.member_id for one in asking]
    )
    hashes = [hashlib.sha256(one.request).digest() for one in asking]
    refusals: list[Refusal | None] = []
    firsts: dict[UUID, bytes] = {}
    for place, (one, hashed) in enumerate(zip(asking, hashes, strict=True)):
        refusal = None
        try:
            if place not in standings:
                await answers.invitation_of(conn, one.invitation_id, one.member_id)
                raise NotParticipating
            if standings[place].must_be_given(project_id, hashed, clock.today()):
                firsts.setdefault(one.invitation_id, hashed)
        except Refusal as said:
            refusal = said
        refusals.append(refusal)
    kept = await store.keep_requests(conn, firsts)
    return [
        refusal or other_than_kept(kept.get(one.invitation_id, hashed), hashed)
        for one, hashed, refusal in zip(asking, hashes, refusals, strict=True)
    ]


async def read_key(conn: Connection, project_id: UUID) -> SealedKey:
    """Raises NotFound: no such project, or not published."""
    return await store.project_key(conn, project_id)
