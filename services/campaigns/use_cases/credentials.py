"""Anonymous credentials: campaigns knows who asks and never sees for what.

It signs a blinded request, so it cannot recognise the credential that comes out of it; and it signs
one request per participation, so nobody speaks twice.
"""

import hashlib
from uuid import UUID

from services.campaigns.domain.answers import NotParticipating
from services.campaigns.domain.credentials import must_be_the_same
from services.campaigns.store import answers
from services.campaigns.store import credentials as store
from services.campaigns.store.credentials import SealedKey
from services.runtime.clock import Clock
from services.runtime.db import Connection


async def record_request(
    conn: Connection,
    clock: Clock,
    invitation_id: UUID,
    member_id: UUID,
    project_id: UUID,
    request: bytes,
) -> None:
    """Let this participant have this request signed; only then may the signature leave.

    No hint and no event: nobody is told when. Raises NotFound, NotParticipating and the refusals of
    `Standing.must_be_given`.
    """
    standing = await store.lock_standing(conn, invitation_id, member_id)
    if standing is None:
        await answers.invitation_of(conn, invitation_id, member_id)
        raise NotParticipating
    request_hash = hashlib.sha256(request).digest()
    if standing.must_be_given(project_id, request_hash, clock.today()):
        must_be_the_same(await store.keep_request(conn, invitation_id, request_hash), request_hash)


async def read_key(conn: Connection, project_id: UUID) -> SealedKey:
    """Raises NotFound: no such project, or not published."""
    return await store.project_key(conn, project_id)
