"""Credentials: a hash of the one request that was signed for each participation."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.campaigns.credentials.rules import Applicant, BlindedRequest
from services.campaigns.participations.rules import ParticipationState
from services.campaigns.projects.rules import Phase
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch

queries = Queries("services.campaigns.credentials")


async def lock_applicants(
    conn: Connection, requests: Sequence[BlindedRequest]
) -> dict[int, Applicant]:
    """Applicants by the place of their request; missing: no participation of that member."""
    invitation_ids = [request.invitation_id for request in requests]
    await execute(conn, queries.lock_projects_of_applicants, invitation_ids=invitation_ids)
    rows = await fetch(
        conn,
        queries.lock_applicants,
        invitation_ids=invitation_ids,
        member_ids=[request.member_id for request in requests],
    )
    return {
        row["place"] - 1: Applicant(
            project_id=row["project_id"],
            participation=ParticipationState(row["participation"]),
            project_state=Phase(row["project_state"]),
            collection_ends_on=row["collection_ends_on"],
            issuing_stopped=row["issuing_stopped"],
            request_hash=row["request_hash"],
        )
        for row in rows
    }


async def upsert_credentials(
    conn: Connection, request_hashes: Mapping[UUID, bytes]
) -> dict[UUID, bytes]:
    """Stored hashes by invitation: each the given one or that of an earlier request."""
    rows = await fetch(
        conn,
        queries.upsert_credentials,
        invitation_ids=list(request_hashes),
        request_hashes=list(request_hashes.values()),
    )
    return {row["invitation_id"]: row["request_hash"] for row in rows}
