"""Record of credential requests: campaigns knows the participant and never sees the credential.

It signs a blinded request, so it cannot recognise the credential that is made from it, and one
request per participation, so that nobody responds twice.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from services.campaigns.credentials import store
from services.campaigns.credentials.rules import BlindedRequest, other_request_refusal
from services.campaigns.invitations.store import find_invitation
from services.campaigns.participations.rules import NotParticipating
from services.runtime.clock import Clock
from services.runtime.postgres.database import Connection
from services.runtime.refusal import Refusal


async def record_requests(
    conn: Connection, clock: Clock, project_id: UUID, requests: Sequence[BlindedRequest]
) -> list[Refusal | None]:
    """Record the requests; their signatures may leave only after the commit.

    For each None, or its refusal: NotFound, NotParticipating and those of
    `Applicant.is_first_request`. No hint and no event: the moment stays unknown.
    """
    applicants = await store.lock_applicants(conn, requests)
    hashes = [hashlib.sha256(request.request).digest() for request in requests]
    refusals: list[Refusal | None] = []
    first_hashes: dict[UUID, bytes] = {}
    for index, (request, request_hash) in enumerate(zip(requests, hashes, strict=True)):
        try:
            if index not in applicants:
                await find_invitation(conn, request.invitation_id, request.member_id)
                raise NotParticipating
            if applicants[index].is_first_request(project_id, request_hash, clock.today()):
                first_hashes.setdefault(request.invitation_id, request_hash)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            refusals.append(None)
    stored = await store.upsert_credentials(conn, first_hashes)
    return [
        refusal
        or other_request_refusal(stored.get(request.invitation_id, request_hash), request_hash)
        for request, request_hash, refusal in zip(requests, hashes, refusals, strict=True)
    ]
