"""Where the answer page of responses, on its own origin, has its request signed.

No staff token: the ticket from the invitation says who asks. Other origins may not read what this
says; the answer page may, and nothing else of this service.
"""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, FastAPI
from joserfc.jwk import KeySet
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from services.campaigns.credentials import use_cases as credentials
from services.campaigns.credentials.issuer import Keyring
from services.campaigns.credentials.store import SealedKey
from services.campaigns.credentials.use_cases import Asking
from services.campaigns.invitations.pages import PURPOSE
from services.contracts.http.credentials import CredentialRequest, CredentialSignature
from services.runtime.clock import Clock
from services.runtime.crypto.blind_rsa import RequestDamaged, base64url, from_base64url
from services.runtime.http.bodies import body_limit
from services.runtime.http.member_links import verify_link
from services.runtime.postgres.database import Database
from services.runtime.postgres.write_batcher import WriteBatcher
from services.runtime.refusal import Refusal

PATH = "/credentials"
LARGEST_BODY_BYTES = 4096
_MOST_TOGETHER = 250


class Desk:
    """Where credentials are given. Requests that arrive together are recorded together."""

    def __init__(self, database: Database, clock: Clock, keyring: Keyring) -> None:
        self._database = database
        self._clock = clock
        self._keyring = keyring
        self._requests = WriteBatcher(self._record, _MOST_TOGETHER)

    async def issue(
        self, project_id: UUID, invitation_id: UUID, member_id: UUID, request: bytes
    ) -> bytes:
        """The blind signature. Raises what `Keyring.sign` raises, and the refusals of
        `credentials.record_requests`."""
        # Signed first, so that a damaged request is not recorded as the one; given out last.
        signature = await self._keyring.sign(project_id, request, self._read_key)
        await self._requests.add(project_id, Asking(invitation_id, member_id, request))
        return signature

    async def _record(self, project_id: UUID, asking: Sequence[Asking]) -> list[Refusal | None]:
        async with self._database.transaction() as conn:
            return await credentials.record_requests(conn, self._clock, project_id, asking)

    async def _read_key(self, project_id: UUID) -> SealedKey:
        async with self._database.read_only() as conn:
            return await credentials.read_key(conn, project_id)


def router(database: Database, clock: Clock, keys: KeySet, keyring: Keyring) -> APIRouter:
    routes = APIRouter(route_class=body_limit(LARGEST_BODY_BYTES))
    desk = Desk(database, clock, keyring)

    @routes.post(PATH)
    async def issue_credential(asked: CredentialRequest) -> CredentialSignature:
        link = verify_link(keys, asked.ticket, PURPOSE, clock.now())
        try:
            request = from_base64url(asked.request)
        except ValueError:
            raise RequestDamaged from None
        signature = await desk.issue(asked.project_id, link.subject_id, link.member_id, request)
        return CredentialSignature(signature=base64url(signature))

    return routes


class _OneSharedPath:
    """Cross-origin rules for `PATH` alone: the rest of the service is not shared."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=[origin],
            allow_methods=["POST"],
            allow_headers=["Content-Type"],
            max_age=3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shared = scope["type"] == "http" and scope["path"] == PATH
        await (self._shared if shared else self._app)(scope, receive, send)


def share_with(app: FastAPI, origin: str) -> None:
    """Let pages of `origin` (scheme, host and port) post to `PATH` and read what it says."""
    app.add_middleware(_OneSharedPath, origin=origin)
